// Workers that outlived their main process. They go on serving and come to this main at its command
// socket; once every worker of its own carries traffic, they hand their listeners over and leave.

import { formatAddress } from "../../../config/values/address.ts";
import type { AdoptWorker, Response, WorkerResponse } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { AdoptedWorker } from "./adopted.ts";
import type { Client, ClientStream } from "../command_socket/client_session.ts";
import type { ListenerHandOver } from "../listeners/hand_over.ts";
import type { SharedListener } from "../listeners/steps.ts";
import { failure, ok } from "../command_socket/responses.ts";
import { eachListener } from "../listeners/shared.ts";
import { drain, type DrainParts } from "./drain.ts";
import type { WorkerPool } from "./pool.ts";

/** Ids of adopted workers begin here: far from those of this main's own. */
const FIRST_ID = 1_000_000;

/** Between two looks whether our own workers carry traffic, in milliseconds. */
const LOOK_MS = 50;

/** Listeners taken in of one worker: more than any machine has. */
const MAX_LISTENERS = 4096;

/** What taking in the workers of earlier main processes takes. */
export interface AdoptionParts extends DrainParts {
  /** The workers of this main process. */
  readonly pool: WorkerPool;
  readonly handOver: ListenerHandOver;
  /** The longest frame, in bytes. */
  readonly maxMessage: number;
}

/** The workers of earlier main processes. */
export class Adoption {
  readonly #parts: AdoptionParts;
  readonly #workers = new Set<AdoptedWorker>();
  readonly #log = loggerOf("supervisor::adoption");
  #nextId = FIRST_ID;
  #relief: Promise<void> | null = null;

  constructor(parts: AdoptionParts) {
    this.#parts = parts;
  }

  /** Those that have not left yet. */
  get workers(): readonly AdoptedWorker[] {
    return [...this.#workers];
  }

  /** Takes a worker that asks for it, if it runs under the user of this process. */
  adopt(announcement: AdoptWorker, client: Client): Response {
    const { uid, pid } = client.peer;
    if (announcement.listeners.length > MAX_LISTENERS) return failure("It has too many listeners");
    if (uid !== null && uid !== Deno.uid()) {
      return failure(`A worker of user ${uid} is no worker of this main process`);
    }
    client.giveAway((stream) => this.#take(announcement, pid, stream));
    return ok("");
  }

  #take(announcement: AdoptWorker, pid: number | null, stream: ClientStream): void {
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
    this.#relief ??= this.#relieve().finally(() => this.#relief = null);
  }

  #onResponse(worker: AdoptedWorker, response: WorkerResponse): void {
    this.#parts.fanOut.receive(worker.id, response);
  }

  /** Lets all adopted workers leave, and those that come meanwhile. */
  async #relieve(): Promise<void> {
    const { pool } = this.#parts;
    const relieved = new Set<AdoptedWorker>();
    for (;;) {
      while (!pool.isWhole) await pause(LOOK_MS);
      const waiting = this.workers.filter((worker) => !relieved.has(worker));
      if (waiting.length === 0) return;
      for (const worker of waiting) relieved.add(worker);
      await this.#letGo(waiting);
    }
  }

  async #letGo(workers: readonly AdoptedWorker[]): Promise<void> {
    const { handOver, pool } = this.#parts;
    await eachListener(listenersOf(workers), (listener) => {
      const key = keyOf(listener);
      const holders = workers.filter(({ listeners }) => listeners.some((it) => keyOf(it) === key));
      handOver.markUncertain(listener.address);
      return handOver.closeSockets(listener, holders, pool.targets());
    });
    // A listener that nobody else has is closed now.
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
    // What is waited for may be over long before, and the process with it.
    Deno.unrefTimer(setTimeout(resolve, ms));
  });
}
