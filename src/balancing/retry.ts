// When may a backend whose connections fail be tried again? Exponential back-off with a random part,
// one object a backend. A backend is never excluded for ever: even one that counts as down is tried
// when its wait is over. Time and randomness come in as arguments.

/** Failures in a row after which a backend counts as down, and after which waits grow no longer. */
const MAX_TRIES = 6;

const SECOND_MS = 1000;

export class RetryPolicy {
  readonly #maxTries: number;
  #tries = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(maxTries: number = MAX_TRIES) {
    this.#maxTries = maxTries;
  }

  /** Failures in a row that counted, at most the maximum. */
  get tries(): number {
    return this.#tries;
  }

  /** Has the backend failed so often that it counts as down? */
  get down(): boolean {
    return this.#tries >= this.#maxTries;
  }

  /** The time (ms) from which the backend may be tried; in the past when it may be tried now. */
  get retryAtMs(): number {
    return this.#retryAtMs;
  }

  /** May the backend be tried at `nowMs`? */
  mayTry(nowMs: number): boolean {
    return nowMs >= this.#retryAtMs;
  }

  /**
   * Records a failed connection. One inside the wait of an earlier failure is ignored: it was begun
   * before that failure was known. `random` gives numbers in [0, 1). Returns whether it counted.
   */
  fail(nowMs: number, random: () => number): boolean {
    if (!this.mayTry(nowMs)) return false;
    const bound = 2 ** this.#tries;
    const seconds = bound === 1 ? 1 : 1 + Math.floor(random() * (bound - 1));
    this.#retryAtMs = nowMs + seconds * SECOND_MS;
    this.#tries = Math.min(this.#tries + 1, this.#maxTries);
    return true;
  }

  /** Records a connection that was made. */
  succeed(): void {
    this.#tries = 0;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
  }
}
