// The workers of this main process. Each one is given the whole state first and is watched; its answers
// go to the fan-out. The pool decides how many workers there are and when one is replaced.

import { encode } from "../../../config/codec/protobuf.ts";
import { type Config, serverConfig } from "../../../config/file/load.ts";
import {
  type Event,
  EventKind,
  Request,
  ResponseStatus,
  type WorkerResponse,
} from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { spawnPiped } from "../../io/process/child.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { BEAT_MS, LAST_MEASUREMENTS_ID, UNOPENED_ID } from "../../protocol/control/worker_life.ts";
import type { EventHub } from "../command_socket/events.ts";
import type { FanOut } from "../commands/fan_out.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import { MainCounters } from "../metrics/counters.ts";
import { deliverValues, DELIVERY_ID } from "../protected/delivery.ts";
import type { ProtectedFences } from "../protected/fences.ts";
import type { ProbeValues } from "../protected/probe_values.ts";
import type { ProcessLog } from "../process_log.ts";
import type { ProcessSettings } from "../process_settings.ts";
import { currentImage, runningImage, selfCommand } from "../self_command.ts";
import type { WorkerDeath } from "./death.ts";
import { WorkerPool } from "./pool.ts";
import { WorkerProcess } from "./process.ts";

const INITIAL_STATUS = "INITIAL-STATUS-";
const STATUS: Request = { request_type: { kind: "status", value: {} } };

/** What a fleet takes. */
export interface FleetParts {
  readonly config: Config;
  /** The build every worker must run. */
  readonly build: string;
  readonly log: ProcessLog;
  readonly state: ConfigState;
  readonly settings: ProcessSettings;
  readonly probeValues: ProbeValues;
  readonly fences: ProtectedFences;
  readonly fanOut: FanOut;
  readonly retained: RetainedCounts;
  readonly events: EventHub;
  /** Called with every event of a worker. */
  readonly onWorkerEvent: (workerId: number, event: Event) => void;
  /** Called whenever a worker has the state, or has ended. */
  readonly onMembersChanged: () => void;
}

/** All workers of this main process. */
export class WorkerFleet {
  readonly pool: WorkerPool;
  readonly counters: MainCounters;
  readonly #parts: FleetParts;
  readonly #log = loggerOf("supervisor::fleet");
  /** Workers that have not taken in their initial state yet, with how that is reported. */
  readonly #starting = new Map<number, (problem: string | null) => void>();
  #beat: ReturnType<typeof setInterval> | undefined;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    const { config } = parts;
    this.pool = new WorkerPool({
      count: config.worker_count,
      automaticRestart: config.worker_automatic_restart,
      launch: (id) => this.#launch(id),
      onLost: (worker, death) => this.#onLost(worker, death),
      onRelaunched: (worker) => this.#onRelaunched(worker),
    });
    this.counters = new MainCounters(() => this.pool.processes().length);
  }

  /** Launches every worker; resolves when each has the state, with the reasons of those that have not. */
  async start(): Promise<string[]> {
    this.pool.start();
    this.#beat = setInterval(() => {
      for (const worker of this.pool.processes()) worker.look();
    }, BEAT_MS);
    const problems = await Promise.all(
      this.pool.processes().map((worker) => this.started(worker)),
    );
    return problems.filter((problem) => problem !== null);
  }

  /**
   * Resolves when a worker that was just launched has the whole state, with the reason when it has not:
   * it ended, or it cannot serve a part of the state.
   */
  started({ id }: { readonly id: number }): Promise<string | null> {
    return new Promise((resolve) => this.#starting.set(id, resolve));
  }

  /** No worker is watched or replaced any more; one that has not sent its build yet is killed. */
  beginStopping(): void {
    clearInterval(this.#beat);
    this.pool.stopRestarting();
    for (const worker of this.pool.processes()) {
      if (worker.phase === "greeting") worker.kill();
    }
  }

  #launch(id: number): WorkerProcess {
    const { config, build } = this.#parts;
    const { command, args } = selfCommand(runningImage(currentImage(), Deno.pid), [
      "worker",
      "--id",
      String(id),
      "--command-socket",
      config.command_socket,
      "--soft-stop-ms",
      String(config.soft_stop_timeout * 1000),
    ]);
    return new WorkerProcess(
      id,
      spawnPiped(command, args),
      { maxMessage: config.max_command_buffer_size, build },
      {
        onGreeted: (worker) => void this.#onGreeted(worker),
        onResponse: (from, response) => this.#onResponse(from, response),
        onEnded: (from, death) => this.#onEnded(from, death),
      },
    );
  }

  /** A worker that began amid a change with values would have a part of it. */
  async #onGreeted(worker: WorkerProcess): Promise<void> {
    if (this.#parts.fences.isBusy) await this.#parts.fences.idle();
    this.#begin(worker);
  }

  #begin(worker: WorkerProcess): void {
    const { config, log, state, settings } = this.#parts;
    const requests = [...state.dump(), ...settings.values()];
    worker.begin(
      { ...serverConfig(config), log_level: log.filter },
      { requests: requests.map((content, i) => ({ id: `SAVE-${i}`, content })) },
    );
    if (!deliverValues(this.#parts, [worker])) {
      this.#log.error("Worker {id} cannot be given header values", { id: worker.id });
    }
    worker.send(INITIAL_STATUS + worker.id, encode(Request, STATUS));
  }

  #onResponse(worker: WorkerProcess, response: WorkerResponse): void {
    const content = response.content?.content_type;
    if (content?.kind === "event") {
      this.#parts.onWorkerEvent(worker.id, content.value);
    } else if (response.id === INITIAL_STATUS + worker.id) {
      this.#onStarted(worker, response);
    } else if (response.id.startsWith(DELIVERY_ID)) {
      this.#onDelivered(worker, response);
    } else if (response.id === LAST_MEASUREMENTS_ID) {
      if (content?.kind === "worker_metrics") this.#parts.retained.record(worker.id, content.value);
    } else if (response.id === UNOPENED_ID) {
      if (content?.kind === "unopened_listeners") worker.unopened = content.value.listeners;
    } else if (!this.#parts.fanOut.receive(worker.id, response)) {
      this.#log.warn("Worker {id}: nobody waits for the answer to {request}", {
        id: worker.id,
        request: response.id,
      });
    }
  }

  #onDelivered({ id }: WorkerProcess, { status, message }: WorkerResponse): void {
    if (status === ResponseStatus.OK) return;
    this.#log.error("Worker {id} refuses header values: {message}", { id, message });
  }

  #onStarted(worker: WorkerProcess, { status, message }: WorkerResponse): void {
    const { id } = worker;
    const isSound = status === ResponseStatus.OK && message === "";
    if (!isSound) this.#log.error("Worker {id}: {message}", { id, message });
    worker.phase = "serving";
    this.#parts.onMembersChanged();
    this.#resolveStart(id, isSound ? null : `Worker ${id}: ${message}`);
  }

  #onEnded(worker: WorkerProcess, death: WorkerDeath): void {
    this.#parts.onMembersChanged();
    this.#resolveStart(worker.id, `Worker ${worker.id} ${death.text}`);
    this.pool.ended(worker, death);
    this.#parts.retained.ended(worker.id);
    this.#parts.fanOut.workerLost(worker.id, `Worker ${worker.id} ${death.text}`);
  }

  #onLost({ id, pid }: WorkerProcess, { cause, text }: WorkerDeath): void {
    this.counters.died(cause);
    this.#parts.events.emit(`worker ${id} (pid ${pid}) ${text}`, { kind: EventKind.WORKER_KILLED });
  }

  #onRelaunched({ id, pid }: WorkerProcess): void {
    this.counters.relaunched++;
    this.#parts.events.emit(`worker ${id} (pid ${pid})`, { kind: EventKind.WORKER_RELAUNCHED });
  }

  #resolveStart(id: number, problem: string | null): void {
    this.#starting.get(id)?.(problem);
    this.#starting.delete(id);
  }
}
