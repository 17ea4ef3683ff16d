// Adopting workers whose main process has ended. They go on serving and connect to the command socket of
// this main process. Once every worker of its own carries traffic, they hand over their listeners and are
// drained.

import { formatAddress } from "../../../config/values/address.ts";
import type { AdoptWorker, Response, WorkerResponse } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { AdoptedWorker } from "./adopted.ts";
import type { Client, ClientStream } from "../command_socket/client_session.ts";
import type { WorkerTargets } from "../commands/fan_out.ts";
import type { ListenerHandOver } from "../listeners/hand_over.ts";
import type { SharedListener } from "../listeners/steps.ts";
import { failure, ok } from "../command_socket/responses.ts";
import { eachListener } from "../listeners/shared.ts";
import { drain, type DrainParts } from "./drain.ts";

/** Ids of adopted workers begin here, far from those of this main process. */
const FIRST_ID = 1_000_000;

/** Interval of the look whether the own workers carry traffic, in milliseconds. */
const LOOK_MS = 50;

/** Most listeners of one adopted worker. */
const MAX_LISTENERS = 4096;

/** What adopting workers takes. */
export interface AdoptionParts extends DrainParts {
  /** The workers of this main process. */
  readonly pool: WorkerTargets & { readonly isWhole: boolean };
  readonly handOver: Pick<ListenerHandOver, "markUncertain" | "closeSockets">;
  /** The longest frame, in bytes. */
  readonly maxMessage: number;
}

/** The workers of earlier main processes. */
export class Adoption {
  readonly #parts: AdoptionParts;
  readonly #workers = new Set<AdoptedWorker>();
  readonly #log = loggerOf("supervisor::adoption");
  #nextId = FIRST_ID;
  #draining: Promise<void> | null = null;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
  }

  /** The adopted workers that have not ended yet. */
  get workers(): readonly AdoptedWorker[] {
    return [...this.#workers];
  }

  /** Adopts a worker that asks for it, if it runs under the user of this process. */
  adopt(announcement: AdoptWorker, client: Client): Response {
    const { uid, pid } = client.peer;
    if (announcement.listeners.length > MAX_LISTENERS) return failure("It has too many listeners");
    if (uid !== null && uid !== Deno.uid()) {
      return failure(`A worker of user ${uid} is no worker of this main process`);
    }
    client.passConnectionTo((stream) => this.#adopt(announcement, pid, stream));
    return ok("Adopted");
  }

  #adopt(announcement: AdoptWorker, pid: number | null, stream: ClientStream): void {
    const worker = new AdoptedWorker({
      id: this.#nextId++,
      pid,
      announcement,
      stream,
      maxMessage: this.#parts.maxMessage,
      onResponse: (response) => this.#onResponse(worker, response),
    });
    this.#workers.add(worker);
    const { id, build } = announcement;
    this.#log.info("Worker {id} (pid {pid}, build {build}) outlived its main process", {
      id,
      pid: pid ?? "unknown",
      build: build.slice(0, 64),
    });
    void worker.ended.then(() => {
      this.#workers.delete(worker);
      this.#parts.fanOut.workerLost(worker.id, "The worker has left");
      this.#log.info("Worker {id} (pid {pid}) of an earlier main process has left", { id, pid });
    });
    this.#draining ??= this.#drainAll().finally(() => this.#draining = null);
  }

  #onResponse(worker: AdoptedWorker, response: WorkerResponse): void {
    this.#parts.fanOut.receive(worker.id, response);
  }

  /** Drains all adopted workers, and those that are adopted meanwhile. */
  async #drainAll(): Promise<void> {
    const { pool } = this.#parts;
    const begun = new Set<AdoptedWorker>();
    for (;;) {
      while (!pool.isWhole) await pause(LOOK_MS);
      const waiting = this.workers.filter((worker) => !begun.has(worker));
      if (waiting.length === 0) return;
      for (const worker of waiting) begun.add(worker);
      await this.#handOverAndDrain(waiting);
    }
  }

  async #handOverAndDrain(workers: readonly AdoptedWorker[]): Promise<void> {
    const { handOver, pool } = this.#parts;
    await eachListener(listenersOf(workers), (listener) => {
      const key = keyOf(listener);
      const holders = workers.filter(({ listeners }) => listeners.some((it) => keyOf(it) === key));
      handOver.markUncertain(listener.address);
      return handOver.closeSockets(listener, holders, pool.targets());
    });
    // A listener that no worker of this main process has is closed by the drain.
    const cut = await drain(this.#parts, workers);
    if (cut) this.#log.warn("What earlier workers still had under way was cut");
  }
}

/** The listeners of several workers, each once. */
function listenersOf(workers: readonly AdoptedWorker[]): SharedListener[] {
  const listeners = workers.flatMap((worker) => worker.listeners);
  return [...new Map(listeners.map((listener) => [keyOf(listener), listener])).values()];
}

function keyOf({ proxy, address }: SharedListener): string {
  return `${proxy} ${formatAddress(address)}`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    // The pause must not keep the process alive.
    Deno.unrefTimer(setTimeout(resolve, ms));
  });
}
