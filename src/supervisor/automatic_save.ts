// Keeps the saved state up to date: after changes settle, the state is written once. One write at a
// time; a change during a write leads to another one.

import { loggerOf } from "../observe/log.ts";
import type { StateFileResult } from "./saved_state.ts";

/** Calm awaited before a write, so that a burst of changes is written once, in milliseconds. */
const SETTLE_MS = 100;

/** Most a steady stream of changes can put a write off, in milliseconds. */
const MAX_DELAY_MS = 2_000;

/** Writes the state after changes. */
export class AutomaticSave {
  readonly #save: () => Promise<StateFileResult<number>>;
  readonly #log = loggerOf("supervisor::state");
  #timer: ReturnType<typeof setTimeout> | null = null;
  #firstChange = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(save: () => Promise<StateFileResult<number>>) {
    this.#save = save;
  }

  /** The state has changed. */
  changed(): void {
    const now = performance.now();
    if (this.#timer === null) this.#firstChange = now;
    else clearTimeout(this.#timer);
    const delay = Math.max(0, Math.min(SETTLE_MS, this.#firstChange + MAX_DELAY_MS - now));
    this.#timer = setTimeout(() => void this.flush(), delay);
  }

  /** Writes now what is not written yet; resolves when it is. */
  flush(): Promise<void> {
    if (this.#timer === null) return this.#writing;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const result = await this.#save();
    if (!result.ok) this.#log.error("{reason}", { reason: result.reason });
  }
}
