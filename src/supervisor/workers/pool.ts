// The set of workers: one place for each configured worker, and a new worker in the place of one that ended. Ids count
// up and are never used twice.

import { MAX_STOPPED_WORKERS_LISTED, STOPPED_WORKER_LISTED_MS } from "../../../config/defaults.ts";
import { RunState, type WorkerInfo } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { RestartBackoff } from "./restart_backoff.ts";
import type { WorkerDeath } from "./death.ts";
import type { WorkerProcess } from "./process.ts";

/** What a pool is made of. */
export interface PoolOptions {
  /** Number of workers. */
  readonly count: number;
  readonly automaticRestart: boolean;
  /** Starts a worker and sends it the state; throws when the program cannot be run. */
  readonly launch: (id: number) => WorkerProcess;
  /** Called for a worker that ended although main had not asked it to. */
  readonly onLost: (worker: WorkerProcess, death: WorkerDeath) => void;
  /** Called for a worker in the place of one that ended. */
  readonly onRelaunched: (worker: WorkerProcess) => void;
  /** A monotonic clock in milliseconds; that of the process by default. */
  readonly now?: () => number;
}

interface StoppedWorker {
  readonly info: WorkerInfo;
  readonly since: number;
}

interface Slot {
  worker: WorkerProcess | null;
  /** The worker that is to take the place of {@link worker}; it takes requests already. */
  successor: WorkerProcess | null;
  /** The last worker that had the place, once it has ended. */
  ended: WorkerInfo | null;
  readonly backoff: RestartBackoff;
  timer: ReturnType<typeof setTimeout> | null;
}

/** The set of workers. */
export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #slots: Slot[];
  /** Workers that were replaced and are draining. */
  readonly #leaving = new Set<WorkerProcess>();
  readonly #now: () => number;
  #stopped: StoppedWorker[] = [];
  readonly #log = loggerOf("supervisor::pool");
  #nextId = 0;
  #stopping = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#slots = Array.from({ length: options.count }, () => ({
      worker: null,
      successor: null,
      ended: null,
      backoff: new RestartBackoff(),
      timer: null,
    }));
  }

  /** The id of the next worker, which no worker has had. */
  get nextId(): number {
    return this.#nextId;
  }

  /** The ids of an earlier main process are not used again. */
  continueFrom(nextId: number): void {
    this.#nextId = nextId;
  }

  /** Launches every worker; throws when the program cannot be run. */
  start(): void {
    for (const slot of this.#slots) slot.worker = this.#options.launch(this.#nextId++);
  }

  /** Workers that take requests: also those being stopped, not those that were replaced. */
  targets(): WorkerProcess[] {
    return this.processes().filter((worker) =>
      worker.phase !== "greeting" && !this.#leaving.has(worker)
    );
  }

  /** Workers that were replaced and are draining. */
  leaving(): WorkerProcess[] {
    return [...this.#leaving];
  }

  /**
   * Starts a worker that is to take the place of a running one; `null` when that one has no place, or
   * a successor already. Throws when the program cannot be run.
   */
  beginReplacement(worker: WorkerProcess): WorkerProcess | null {
    const slot = this.#slotOf(worker);
    if (slot === undefined || slot.successor !== null || this.#stopping) return null;
    slot.successor = this.#options.launch(this.#nextId++);
    return slot.successor;
  }

  /** The successor has the place now, and the other worker is draining. `false` when the successor has ended. */
  completeReplacement(worker: WorkerProcess): boolean {
    const slot = this.#slotOf(worker);
    if (slot === undefined || slot.successor === null) return false;
    this.#leaving.add(worker);
    worker.runState = RunState.STOPPING;
    slot.worker = slot.successor;
    slot.successor = null;
    return true;
  }

  /** The successor is dismissed, and the other worker keeps its place. */
  abandonReplacement(successor: WorkerProcess): void {
    const slot = this.#slots.find((candidate) => candidate.successor === successor);
    if (slot === undefined) return;
    slot.successor = null;
    this.#leaving.add(successor);
    successor.runState = RunState.STOPPING;
  }

  /** Every worker process, also those that do not take requests yet. */
  processes(): WorkerProcess[] {
    const placed = this.#slots.flatMap(({ worker, successor }) => [worker, successor]);
    return [...placed.filter((worker) => worker !== null), ...this.#leaving];
  }

  /** Whether every worker there should be carries traffic. */
  get isWhole(): boolean {
    return this.#slots.every(({ worker }) => worker?.phase === "serving");
  }

  /** Every worker there is and the few that have ended in the last minutes, by id. */
  list(): WorkerInfo[] {
    const since = this.#now() - STOPPED_WORKER_LISTED_MS;
    this.#stopped = this.#stopped.filter((worker) => worker.since > since);
    const live = this.processes().map(({ id, pid, phase, runState }) => ({
      id,
      pid,
      run_state: phase === "greeting" ? RunState.NOT_ANSWERING : runState,
    }));
    // The last worker of an empty place is listed as long as the place is empty.
    const missed = this.#slots.flatMap(({ worker, ended }) =>
      worker === null && ended !== null ? [ended] : []
    );
    const stopped = new Set([...missed, ...this.#stopped.map(({ info }) => info)]);
    return [...stopped, ...live].sort((a, b) => a.id - b.id);
  }

  /** From now on workers end because main asks them to, and none is replaced. */
  stopRestarting(): void {
    this.#stopping = true;
    for (const slot of this.#slots) {
      if (slot.timer !== null) clearTimeout(slot.timer);
      slot.timer = null;
    }
  }

  /** Removes a worker that has ended, and schedules its successor. */
  ended(worker: WorkerProcess, death: WorkerDeath): void {
    const slot = this.#slotOf(worker);
    const isExpected = this.#stopping || this.#leaving.delete(worker);
    if (slot === undefined && !isExpected) return;
    const info = { id: worker.id, pid: worker.pid, run_state: RunState.STOPPED };
    this.#stopped.push({ info, since: this.#now() });
    if (this.#stopped.length > MAX_STOPPED_WORKERS_LISTED) this.#stopped.shift();
    if (slot !== undefined) {
      slot.ended = info;
      this.#leavePlace(slot, worker);
    }
    if (isExpected) return;
    this.#log.error("Worker {id} (pid {pid}) {text}", {
      id: worker.id,
      pid: worker.pid,
      text: death.text,
    });
    this.#options.onLost(worker, death);
    const isEmpty = slot !== undefined && slot.worker === null;
    if (isEmpty && this.#options.automaticRestart) this.#planRestart(slot, death.livedMs);
  }

  #slotOf(worker: WorkerProcess): Slot | undefined {
    return this.#slots.find((slot) => slot.worker === worker || slot.successor === worker);
  }

  /** When a worker ends while its successor starts, the successor has the place at once. */
  #leavePlace(slot: Slot, worker: WorkerProcess): void {
    if (slot.successor !== worker) slot.worker = slot.successor;
    slot.successor = null;
  }

  #planRestart(slot: Slot, livedMs: number): void {
    const delay = slot.backoff.next(livedMs);
    slot.timer = setTimeout(() => this.#restart(slot), delay);
  }

  #restart(slot: Slot): void {
    slot.timer = null;
    const id = this.#nextId++;
    try {
      slot.worker = this.#options.launch(id);
      this.#options.onRelaunched(slot.worker);
    } catch (error) {
      this.#log.error("Cannot launch worker {id}: {error}", { id, error });
      this.#planRestart(slot, 0);
    }
  }
}
