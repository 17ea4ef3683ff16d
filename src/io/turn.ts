// The turns of the event loop: what runs after everything that is ready now, and the rule that long
// work is cut into slices with turns in between, so that everybody else is served meanwhile.

import { setImmediate } from "node:timers";

/** Runs `work` once everything that is ready in this turn has run. */
export function atEndOfTurn(work: () => void): void {
  setImmediate(work);
}

/** Resolves in the next turn; whatever became ready meanwhile is served first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Most a slice of long work takes before others are served, in milliseconds. */
const SLICE_MS = 3;

/** Steps between two looks at the clock. */
const STEPS_PER_LOOK = 16;

/** Cuts work of many small steps into slices. */
export class Slices {
  #began = performance.now();
  #steps = 0;

  /** Whether the current slice has lasted long enough. Call it after every step. */
  get isOver(): boolean {
    return ++this.#steps % STEPS_PER_LOOK === 0 && performance.now() - this.#began >= SLICE_MS;
  }

  /** Lets the others have their turn, then begins the next slice. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#began = performance.now();
  }
}
