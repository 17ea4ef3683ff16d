// Saves the state automatically: once after a burst of changes. There is one write at a time; a change during a write
// leads to another one.

import {
  FIRST_STATE_SAVE_RETRY_MS,
  MAX_STATE_SAVE_DELAY_MS,
  MAX_STATE_SAVE_RETRY_MS,
  STATE_SAVE_SETTLE_MS,
} from "../../../config/defaults.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { StateFileResult } from "./state.ts";

/** Writes the state after changes. */
export class AutomaticSave {
  readonly #save: () => Promise<StateFileResult<number>>;
  readonly #log = loggerOf("supervisor::state");
  #timer: ReturnType<typeof setTimeout> | null = null;
  #firstChange = 0;
  #writing: Promise<void> = Promise.resolve();
  readonly #firstRetryMs: number;
  /** Writes that failed since one succeeded. */
  #failures = 0;
  #closed = false;

  constructor(
    save: () => Promise<StateFileResult<number>>,
    firstRetryMs = FIRST_STATE_SAVE_RETRY_MS,
  ) {
    this.#save = save;
    this.#firstRetryMs = firstRetryMs;
  }

  /** The state has changed. */
  changed(): void {
    // After a failed write the next attempt is scheduled already.
    if (this.#failures > 0 && this.#timer !== null) return;
    const now = performance.now();
    if (this.#timer === null) this.#firstChange = now;
    else clearTimeout(this.#timer);
    const delay = Math.max(
      0,
      Math.min(STATE_SAVE_SETTLE_MS, this.#firstChange + MAX_STATE_SAVE_DELAY_MS - now),
    );
    this.#timer = setTimeout(() => void this.flush(), delay);
  }

  /** Writes unsaved changes now; resolves when they are written. */
  flush(): Promise<void> {
    if (this.#timer === null) return this.#writing;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** Writes unsaved changes for the last time: a failure is not retried. */
  close(): Promise<void> {
    this.#closed = true;
    return this.flush();
  }

  async #write(): Promise<void> {
    const result = await this.#save();
    if (result.ok) {
      if (this.#failures > 0) this.#log.info("The state is saved again");
      this.#failures = 0;
      return;
    }
    const delay = Math.min(this.#firstRetryMs * 2 ** this.#failures++, MAX_STATE_SAVE_RETRY_MS);
    if (this.#closed) return this.#log.error("{reason}", { reason: result.reason });
    const seconds = Math.ceil(delay / 1000);
    this.#log.error("{reason}; tried again in {seconds} s", { reason: result.reason, seconds });
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), delay);
  }
}
