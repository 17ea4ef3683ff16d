// How long a crashed worker's successor waits. Arithmetic only: no clock, no process.

import {
  FIRST_RESTART_DELAY_MS,
  MAX_RESTART_DELAY_MS,
  STABLE_WORKER_MS,
} from "../../../config/defaults.ts";

/** The waits of one worker slot: 0, 100, 200, 400 … 5,000 ms, from 0 again after a stable life. */
export class RestartBackoff {
  #crashes = 0;

  /** The wait before the next start, given how long the worker that just died had lived. */
  next(livedMs: number): number {
    if (livedMs >= STABLE_WORKER_MS) this.#crashes = 0;
    const delay = this.#crashes === 0
      ? 0
      : Math.min(MAX_RESTART_DELAY_MS, FIRST_RESTART_DELAY_MS * 2 ** (this.#crashes - 1));
    this.#crashes = Math.min(this.#crashes + 1, 64);
    return delay;
  }
}
