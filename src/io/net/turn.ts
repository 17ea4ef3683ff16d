// Turns of the event loop. Long work is cut into slices with turns in between, so that other work is served
// meanwhile.

/**
 * Runs `work` once everything that is ready in this turn has run. The first call loads what the runtime has of
 * Node.js, three megabytes that an idle worker goes without.
 */
export function atEndOfTurn(work: () => void): void {
  globalThis.setImmediate(work);
}

/** Resolves in the next turn, after what is ready in this one. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => globalThis.setImmediate(resolve));
}

/** Longest slice of long work, in milliseconds. */
const SLICE_MS = 4;

/** Steps between two reads of the clock. */
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
   * Yields to the event loop, then begins the next slice. The event loop polls sockets and pipes only when no
   * other work is ready, so a timer is used: with the next turn alone, traffic would wait for tenths of a
   * second.
   */
  async pause(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.#began = performance.now();
  }
}
