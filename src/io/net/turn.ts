// The turns of the event loop: what runs after everything that is ready now, and the rule that long
// work is cut into slices with turns in between, so that everybody else is served meanwhile.

import { setImmediate } from "node:timers";

/** Runs `work` once everything that is ready in this turn has run. */
export function atEndOfTurn(work: () => void): void {
  setImmediate(work);
}

/** Resolves in the next turn, after what is ready in this one. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Most a slice of long work takes before others are served, in milliseconds. */
const SLICE_MS = 4;

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

  /**
   * Lets the others have their turn, then begins the next slice. The event loop looks for what came
   * over sockets and pipes only when it has nothing else to do, so it is left with nothing but a timer:
   * the next turn alone would keep it busy, and everybody else waiting for tenths of a second.
   */
  async pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#began = performance.now();
  }
}
