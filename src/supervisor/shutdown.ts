// How the main process ends: after its workers have stopped, or after a successor has taken over. Clients
// get their last answers first, files are written, and no worker is left behind.

import { RunState } from "../../config/schema/messages.ts";
import { loggerOf } from "../observe/log/log.ts";
import type { Drain, LeavingWorker } from "./workers/drain.ts";

/** How long stopped workers may take to end before they are killed, in milliseconds. */
const LEAVE_MS = 2_000;

/** What ending the main process takes. */
export interface ShutdownParts {
  readonly fleet: { beginStopping(): void };
  readonly pool: {
    targets(): readonly { runState: RunState }[];
    processes(): readonly LeavingWorker[];
  };
  /** Workers of earlier main processes that have not ended yet. */
  readonly adoption: { readonly workers: readonly LeavingWorker[] };
  readonly drain: Drain;
  /** The command socket. */
  readonly clients: () => { stopAccepting(): void; closeClients(): Promise<void> };
  readonly service: { stopping(): void };
  readonly save: { close(): Promise<void> } | null;
  readonly audit: { flushed(): Promise<void> };
  /** How long a soft stop may take, in milliseconds; 0 means for ever. */
  readonly softStopMs: number;
  /** Stops every worker at once; resolves when each has answered, ended or not answered in time. */
  readonly stopAtOnce: () => Promise<unknown>;
}

/** The end of the main process. */
export class Shutdown {
  readonly #parts: ShutdownParts;
  readonly #log = loggerOf("supervisor");
  readonly #finished = Promise.withResolvers<void>();
  readonly #replaced = Promise.withResolvers<void>();
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #state: "running" | "stopping" | "ending" = "running";

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  /** Whether no end was asked for yet. */
  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Resolves when the main process may exit. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Resolves when a successor has taken over. */
  get replaced(): Promise<void> {
    return this.#replaced.promise;
  }

  /** No worker is replaced any more, and all are marked as stopping. A soft stop has its deadline from here. */
  begin(): void {
    const { fleet, pool, service, softStopMs } = this.#parts;
    if (this.#state === "running") {
      this.#state = "stopping";
      service.stopping();
      if (softStopMs > 0) this.#deadline = setTimeout(() => this.#onDeadline(), softStopMs);
    }
    fleet.beginStopping();
    for (const worker of pool.targets()) worker.runState = RunState.STOPPING;
  }

  /** All workers are done: the clients are disconnected and the main process ends. */
  complete(): void {
    if (this.#state === "ending") return;
    this.#state = "ending";
    clearTimeout(this.#deadline);
    // The answer to the request that stops this process is written to its client first.
    setTimeout(() => void this.#disconnect().finally(() => this.#finished.resolve()), 0);
  }

  /** A successor has taken over: clients are disconnected, workers are drained, `finish` is called last. */
  handOver(finish: () => Promise<void>): void {
    if (this.#state === "ending") return;
    this.#state = "ending";
    const { fleet, pool, drain, audit } = this.#parts;
    const workers = pool.processes();
    fleet.beginStopping();
    this.#replaced.resolve();
    // The answer to the request that brought the successor is written to its client first.
    setTimeout(() => {
      const clients = this.#parts.clients();
      clients.stopAccepting();
      void Promise.all([clients.closeClients(), drain(workers)])
        .then(finish)
        .then(() => audit.flushed())
        .finally(() => this.#finished.resolve());
    }, 0);
  }

  /** Exchanges that a soft stop still waits for are cut. */
  #onDeadline(): void {
    this.#log.warn("What is under way {seconds} s after the soft stop is cut", {
      seconds: this.#parts.softStopMs / 1000,
    });
    void this.#parts.stopAtOnce().then(() => this.complete());
  }

  async #disconnect(): Promise<void> {
    const { pool, adoption, save, audit } = this.#parts;
    const clients = this.#parts.clients();
    clients.stopAccepting();
    const remaining = [...pool.processes(), ...adoption.workers];
    const timer = setTimeout(() => remaining.forEach((worker) => worker.kill()), LEAVE_MS);
    await Promise.all(remaining.map(({ ended }) => ended));
    clearTimeout(timer);
    await save?.close();
    await audit.flushed();
    await clients.closeClients();
  }
}
