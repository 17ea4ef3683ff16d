// The workers of this main process: how many there should be, which ones there are, and a new one
// in the place of each that dies. Ids count up and are never used twice.

import { MAX_STOPPED_WORKERS_LISTED, STOPPED_WORKER_LISTED_MS } from "../../../config/defaults.ts";
import { RunState, type WorkerInfo } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { RestartBackoff } from "./restart_backoff.ts";
import type { WorkerDeath } from "./death.ts";
import type { WorkerProcess } from "./process.ts";

/** What a pool is made of. */
export interface PoolOptions {
  /** Workers kept running. */
  readonly count: number;
  readonly automaticRestart: boolean;
  /** Starts a worker and hands it the state; throws when the program cannot be run. */
  readonly launch: (id: number) => WorkerProcess;
  /** Told of a worker that ended without having been asked to. */
  readonly onLost: (worker: WorkerProcess, death: WorkerDeath) => void;
  /** Told of a worker in the place of a dead one. */
  readonly onRelaunched: (worker: WorkerProcess) => void;
  /** Milliseconds that only rise; those of the process unless given. */
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
  /** Workers whose place another has taken; they finish what they have begun. */
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

  /** Ids go on where those of an earlier main process have ended. */
  continueFrom(nextId: number): void {
    this.#nextId = nextId;
  }

  /** Launches every worker; throws when the program cannot be run. */
  start(): void {
    for (const slot of this.#slots) slot.worker = this.#options.launch(this.#nextId++);
  }

  /** Workers that can be sent requests, those being stopped included, those that were replaced not. */
  targets(): WorkerProcess[] {
    return this.processes().filter((worker) =>
      worker.phase !== "greeting" && !this.#leaving.has(worker)
    );
  }

  /** Workers that were replaced and finish what they have begun. */
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

  /** The successor has the place now, the other one leaves. False when the successor is gone. */
  completeReplacement(worker: WorkerProcess): boolean {
    const slot = this.#slotOf(worker);
    if (slot === undefined || slot.successor === null) return false;
    this.#leaving.add(worker);
    worker.runState = RunState.STOPPING;
    slot.worker = slot.successor;
    slot.successor = null;
    return true;
  }

  /** The successor is of no use: it leaves, and the other one keeps its place. */
  abandonReplacement(successor: WorkerProcess): void {
    const slot = this.#slots.find((candidate) => candidate.successor === successor);
    if (slot === undefined) return;
    slot.successor = null;
    this.#leaving.add(successor);
    successor.runState = RunState.STOPPING;
  }

  /** Every worker process there is, those that do not take requests yet included. */
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
    // A place that stays empty is told as long as it is.
    const missed = this.#slots.flatMap(({ worker, ended }) =>
      worker === null && ended !== null ? [ended] : []
    );
    const stopped = new Set([...missed, ...this.#stopped.map(({ info }) => info)]);
    return [...stopped, ...live].sort((a, b) => a.id - b.id);
  }

  /** Workers end because they are asked to from now on, and none is replaced. */
  stopRestarting(): void {
    this.#stopping = true;
    for (const slot of this.#slots) {
      if (slot.timer !== null) clearTimeout(slot.timer);
      slot.timer = null;
    }
  }

  /** Takes a worker out that has ended, and plans its successor. */
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

  /** A worker that dies while its successor starts is succeeded at once. */
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
