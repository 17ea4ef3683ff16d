// How long a crashed worker's successor waits. Arithmetic only: no clock, no process.

/** First wait after a second crash in a row, in milliseconds. */
const FIRST_DELAY_MS = 100;
/** Longest wait: a worker that always dies at start costs one spawn every five seconds. */
const MAX_DELAY_MS = 5_000;
/** A worker that lived this long had started well: its crash is a new story. */
const STABLE_AFTER_MS = 10_000;

/** The waits of one worker slot: 0, 100, 200, 400 … 5,000 ms, from 0 again after a stable life. */
export class RestartBackoff {
  #crashes = 0;

  /** The wait before the next start, given how long the worker that just died had lived. */
  next(livedMs: number): number {
    if (livedMs >= STABLE_AFTER_MS) this.#crashes = 0;
    const delay = this.#crashes === 0
      ? 0
      : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#crashes - 1));
    this.#crashes = Math.min(this.#crashes + 1, 64);
    return delay;
  }
}
