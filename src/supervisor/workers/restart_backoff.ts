// The delay before a worker is started in the place of one that ended. Arithmetic only: no clock, no process.

import {
  FIRST_RESTART_DELAY_MS,
  MAX_RESTART_DELAY_MS,
  STABLE_WORKER_MS,
} from "../../../config/defaults.ts";

/** The delays of one place: 0, 100, 200, 400 … 5,000 ms, from 0 again after a stable run. */
export class RestartBackoff {
  #crashes = 0;

  /** The delay before the next start; `livedMs`: how long the worker that ended had run. */
  next(livedMs: number): number {
    if (livedMs >= STABLE_WORKER_MS) this.#crashes = 0;
    const delay = this.#crashes === 0
      ? 0
      : Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** (this.#crashes - 1));
    this.#crashes = Math.min(this.#crashes + 1, 64);
    return delay;
  }
}
