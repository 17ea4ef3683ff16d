// How many log lines something may cause: what outsiders can trigger at will must not fill a disk.

/** So many lines in each second, the rest is left out. */
export class LogAllowance {
  readonly #perSecond: number;
  #second = -1;
  #left = 0;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether one more line may be written at `now`, in milliseconds. */
  take(now: number): boolean {
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#left = this.#perSecond;
    }
    return this.#left-- > 0;
  }
}
