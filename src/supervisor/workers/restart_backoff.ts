// The delay before a worker is started in the place of one that ended. Arithmetic only: no clock, no process.

/** Delay after a second crash in a row, in milliseconds. */
const FIRST_DELAY_MS = 100;
/** Longest delay, in milliseconds. */
const MAX_DELAY_MS = 5_000;
/** A worker that ran this long, in milliseconds, had started well: its crash counts as the first one. */
const STABLE_AFTER_MS = 10_000;

/** The delays of one place: 0, 100, 200, 400 … 5,000 ms, from 0 again after a stable run. */
export class RestartBackoff {
  #crashes = 0;

  /** The delay before the next start; `livedMs`: how long the worker that ended had run. */
  next(livedMs: number): number {
    if (livedMs >= STABLE_AFTER_MS) this.#crashes = 0;
    const delay = this.#crashes === 0
      ? 0
      : Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (this.#crashes - 1));
    this.#crashes = Math.min(this.#crashes + 1, 64);
    return delay;
  }
}
