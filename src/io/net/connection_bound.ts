// Bounds on the connections of a small server: how many there are at once, and how long each may last. Who
// comes when all places are taken gets that of the one who has been there longest and is not being answered,
// so that clients who only hold places keep nobody out.

/** The bounds. */
export interface ConnectionLimits {
  /** Connections at once. */
  readonly most: number;
  /** From accept to the last byte of the answer, in milliseconds. */
  readonly lifetimeMs: number;
}

/** One connection, from accept to close. */
export interface Visit {
  /** It has asked and is not answered yet: it is the last to lose its place. */
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

  /** Connections there are. */
  get size(): number {
    return this.#visits.size;
  }

  /** Gives a new connection a place; `close` is called when it has to go. */
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

  /** Closes every connection that is not being answered. */
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
