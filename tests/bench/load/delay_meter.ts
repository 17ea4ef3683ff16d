// How long a process that measures others was held up itself: by the scheduler, by its garbage collector,
// by its own work. What it measured meanwhile is too long by as much.

/** Between two looks at the clock, in milliseconds. */
const LOOK_EVERY_MS = 2;
/** Timers are this late on an idle machine, too. */
const ORDINARY_MS = 1;

/** Notes every delay of this process while it runs. */
export class DelayMeter implements Disposable {
  readonly #delays: { readonly from: number; readonly to: number }[] = [];
  #expected = performance.now() + LOOK_EVERY_MS;
  #timer: ReturnType<typeof setTimeout>;

  constructor() {
    this.#timer = setTimeout(this.#look, LOOK_EVERY_MS);
  }

  /** Milliseconds between `from` and `to` (by `performance.now()`) in which this process did not run. */
  heldUp(from: number, to: number): number {
    let sum = 0;
    for (const delay of this.#delays) {
      sum += Math.max(0, Math.min(delay.to, to) - Math.max(delay.from, from));
    }
    return sum;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const now = performance.now();
    if (now - this.#expected > ORDINARY_MS) this.#delays.push({ from: this.#expected, to: now });
    this.#expected = now + LOOK_EVERY_MS;
    this.#timer = setTimeout(this.#look, LOOK_EVERY_MS);
  };
}
