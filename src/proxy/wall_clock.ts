// The time of day of moments on another clock: the one that accounts are timed with only runs on, and
// is not moved when the system's clock is set.

/** How often the distance between the two clocks is measured, in milliseconds. */
const SYNC_MS = 1_000;

/** A smaller change is the resolution of the clocks, and would only make times go back and forth. */
const TOLERANCE_MS = 2;

/** Tells what time it was. */
export class WallClock {
  readonly #clock: () => number;
  readonly #wall: () => number;
  #offset = 0;
  #syncedAt = -Infinity;

  /** `clock` in milliseconds from anywhere, `wall` in milliseconds since 1970. */
  constructor(clock: () => number, wall: () => number) {
    this.#clock = clock;
    this.#wall = wall;
  }

  /** Milliseconds on the clock that accounts are timed with. */
  now(): number {
    return this.#clock();
  }

  /** Whole microseconds since 1970 at a moment of the other clock, lately. */
  microsAt(time: number): number {
    if (time - this.#syncedAt >= SYNC_MS) {
      this.#syncedAt = time;
      const offset = this.#wall() - this.#clock();
      if (Math.abs(offset - this.#offset) > TOLERANCE_MS) this.#offset = offset;
    }
    return Math.floor((time + this.#offset) * 1_000);
  }
}
