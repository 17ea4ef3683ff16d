// Time in whole milliseconds for what happens with every request. The wall clock costs a tenth of the
// monotonic one; to keep its jumps out of durations it is laid on the scale of the monotonic clock anew
// whenever the two have drifted apart.

/** Clocks that agree to this many milliseconds are left alone: less is only the steps of one of them. */
const TOLERATED_DRIFT_MS = 5;

/** A cheap clock on the scale of another. */
export class CoarseClock {
  readonly #exact: () => number;
  readonly #wall: () => number;
  #offset: number;

  /** Both in milliseconds; `exact` never jumps. */
  constructor(exact: () => number, wall: () => number) {
    this.#exact = exact;
    this.#wall = wall;
    this.#offset = exact() - wall();
  }

  /** Milliseconds on the scale of the exact clock, in steps of one. */
  readonly now = (): number => this.#wall() + this.#offset;

  /** Notices a jump of the wall clock; call it several times a second. */
  align(): void {
    const drift = this.#exact() - this.now();
    if (Math.abs(drift) > TOLERATED_DRIFT_MS) this.#offset += drift;
  }
}
