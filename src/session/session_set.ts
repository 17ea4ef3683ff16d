// The client connections of a worker and how many there may be. At the limit a new client is refused at
// once, unless the least active ones are to make room; those already served keep their latency.

import type { Accepted } from "../io/contracts.ts";
import { Counter } from "../observe/counters.ts";
import type { WorkerContext } from "./context.ts";
import type { Session, SessionStarter } from "./session.ts";

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
  readonly #sessions = new Set<Session>();
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
  admit(accepted: Accepted, starter: SessionStarter): void {
    const { counters } = this.#worker;
    counters.add(Counter.ACCEPTED, 1);
    const session = this.#hasRoom() ? starter.start(accepted, this.#onEnd) : null;
    if (session === null) {
      counters.add(Counter.REFUSED, 1);
      accepted.stream.close();
      return;
    }
    this.#sessions.add(session);
    counters.add(Counter.CLIENT_CONNECTIONS, 1);
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

  readonly #onEnd = (session: Session): void => {
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
