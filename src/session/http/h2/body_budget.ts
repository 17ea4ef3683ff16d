// What the bodies of HTTP/2 that have arrived and were not passed on may hold in memory, all connections of a
// worker together. The windows of one connection bound what its peer may send; very many connections that
// fill them are bounded here.

/** Counts the bytes that bodies hold. */
export class BodyBudget {
  readonly #limit: number;
  #held = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#held;
  }

  /** There is room for the body of another request. */
  get hasRoom(): boolean {
    return this.#held < this.#limit;
  }

  /** Takes room for `count` bytes; false when there is none. */
  take(count: number): boolean {
    if (this.#held + count > this.#limit) return false;
    this.#held += count;
    return true;
  }

  give(count: number): void {
    this.#held -= count;
  }
}
