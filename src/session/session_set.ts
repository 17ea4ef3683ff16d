// The client connections of a worker and how many there may be. At the limit a new client is refused at
// once, unless the least active ones are to make room; those already served keep their latency.

import type { Accepted } from "../io/contracts.ts";
import { Counter } from "../observe/counters.ts";
import type { ListenerContext, WorkerContext } from "./context.ts";
import { HttpSession } from "./http_session.ts";

/** One in this many connections is evicted at a time. */
const EVICTION_SHARE = 100;

/** Limits on client connections. */
export interface Admission {
  readonly maxConnections: number;
  /** Close the connections that have been silent longest instead of refusing new ones. */
  readonly evicts: boolean;
}

/** Every open client connection. */
export class SessionSet {
  readonly #sessions = new Set<HttpSession>();
  readonly #worker: WorkerContext;
  readonly #admission: Admission;
  #onEmpty: (() => void) | null = null;

  constructor(worker: WorkerContext, admission: Admission) {
    this.#worker = worker;
    this.#admission = admission;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Starts a session for a new connection, or closes it when there is no room. */
  admit({ stream, peer }: Accepted, listener: ListenerContext): void {
    const worker = this.#worker;
    worker.counters.add(Counter.ACCEPTED, 1);
    const first = this.#hasRoom() ? worker.inputBuffers.small.take() : null;
    if (first === null) {
      worker.counters.add(Counter.REFUSED, 1);
      stream.close();
      return;
    }
    const session = new HttpSession(stream, peer, listener, worker, first, this.#onClosed);
    this.#sessions.add(session);
    worker.counters.add(Counter.CLIENT_CONNECTIONS, 1);
    void session.run();
  }

  /** Lets requests in flight finish; resolves when the last connection is gone. */
  drain(): Promise<void> {
    for (const session of [...this.#sessions]) session.drain();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#checkEmpty();
    });
  }

  /** Cuts every connection. */
  closeAll(): void {
    for (const session of [...this.#sessions]) session.close();
  }

  #hasRoom(): boolean {
    if (this.#worker.draining) return false;
    const { maxConnections, evicts } = this.#admission;
    if (this.#sessions.size < maxConnections) return true;
    if (evicts) this.#evict(Math.max(1, Math.floor(maxConnections / EVICTION_SHARE)));
    return evicts;
  }

  /** Closes the `count` connections that have been silent longest. */
  #evict(count: number): void {
    const oldest = leastActive(this.#sessions, count);
    for (const session of oldest) session.close();
    this.#worker.counters.add(Counter.EVICTED, oldest.length);
  }

  readonly #onClosed = (session: HttpSession): void => {
    this.#sessions.delete(session);
    this.#worker.counters.add(Counter.CLIENT_CONNECTIONS, -1);
    this.#checkEmpty();
  };

  #checkEmpty(): void {
    if (this.#sessions.size > 0) return;
    this.#onEmpty?.();
    this.#onEmpty = null;
  }
}

/** The `count` members with the oldest activity, all of them when there are fewer. */
export function leastActive<T extends { readonly lastActive: number }>(
  members: Iterable<T>,
  count: number,
): T[] {
  return [...members].sort((a, b) => a.lastActive - b.lastActive).slice(0, count);
}
