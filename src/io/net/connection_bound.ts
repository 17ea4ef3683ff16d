// Bounds the connections of a small server in number and in time. When all places are taken, a new connection
// replaces the oldest one without a request in progress, so idle connections keep no client out.

/** The bounds. */
export interface ConnectionLimits {
  /** Connections at once. */
  readonly most: number;
  /** From accept to the last byte of the answer, in milliseconds. */
  readonly lifetimeMs: number;
}

/** One connection, from accept to close. */
export interface Visit {
  /** Its request is in progress: it is replaced last. */
  answering: boolean;
  /** The connection is closed; its place is free. */
  leave(): void;
}

/** The places of one server. */
export class ConnectionBound {
  readonly #limits: ConnectionLimits;
  /** The oldest first. */
  readonly #visits = new Map<Visit, () => void>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Open connections. */
  get size(): number {
    return this.#visits.size;
  }

  /** Gives a new connection a place; `close` is called when it is replaced or its time is over. */
  admit(close: () => void): Visit {
    if (this.#visits.size >= this.#limits.most) this.#evict();
    const timer = setTimeout(() => this.#close(visit), this.#limits.lifetimeMs);
    const visit: Visit = {
      answering: false,
      leave: () => {
        clearTimeout(timer);
        this.#visits.delete(visit);
      },
    };
    this.#visits.set(visit, close);
    return visit;
  }

  /** Closes every connection without a request in progress. */
  closeIdle(): void {
    for (const visit of [...this.#visits.keys()]) if (!visit.answering) this.#close(visit);
  }

  /** Closes every connection. */
  closeAll(): void {
    for (const visit of [...this.#visits.keys()]) this.#close(visit);
  }

  #evict(): void {
    let victim: Visit | undefined;
    for (const visit of this.#visits.keys()) {
      victim ??= visit;
      if (visit.answering) continue;
      victim = visit;
      break;
    }
    if (victim !== undefined) this.#close(victim);
  }

  #close(visit: Visit): void {
    const close = this.#visits.get(visit);
    visit.leave();
    close?.();
  }
}
