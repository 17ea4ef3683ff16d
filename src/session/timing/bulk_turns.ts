// Fairness between bulk transfers and everybody else. A loop that serves a thousand ready transfers before
// it comes back to one small request makes that request wait for all of them, at every step. So only so
// many large reads are begun in one turn of the event loop, fewer while turns take long; the others queue.

/** Large reads in one turn: usually a millisecond of work, and enough to keep a fast link busy. */
export const MOST_READS = 16;
/** Transfers go on however slow the turns are. */
export const LEAST_READS = 2;
/** A turn that took longer than this halves the ration, in milliseconds. */
export const LONG_TURN_MS = 2;

/** Rations large reads by turns of the event loop. */
export class BulkTurns {
  readonly #clock: () => number;
  readonly #atEndOfTurn: (work: () => void) => void;
  readonly #waiting: (() => void)[] = [];
  /** Waiters before this one have been called. */
  #next = 0;
  #ration = MOST_READS;
  #used = 0;
  #began = 0;

  /**
   * `clock` in milliseconds; `atEndOfTurn` runs its argument once everything that is ready now has run.
   */
  constructor(clock: () => number, atEndOfTurn: (work: () => void) => void) {
    this.#clock = clock;
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** Asks for a large read: `null` when it may begin now, else wait for the promise first. */
  take(): Promise<void> | null {
    if (this.#used < this.#ration) {
      if (++this.#used === this.#ration) this.#awaitEndOfTurn();
      return null;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How many are waiting for their turn. */
  get waiting(): number {
    return this.#waiting.length - this.#next;
  }

  #awaitEndOfTurn(): void {
    this.#began = this.#clock();
    this.#atEndOfTurn(this.#renew);
  }

  readonly #renew = (): void => {
    const long = this.#clock() - this.#began > LONG_TURN_MS;
    this.#ration = long
      ? Math.max(LEAST_READS, this.#ration >> 1)
      : Math.min(MOST_READS, this.#ration + 1);
    const last = Math.min(this.#next + this.#ration, this.#waiting.length);
    this.#used = last - this.#next;
    for (; this.#next < last; this.#next++) (this.#waiting[this.#next] as () => void)();
    if (this.#next >= this.#waiting.length / 2) this.#forgetCalled();
    if (this.#used === this.#ration) this.#awaitEndOfTurn();
  };

  /** Once in a while, so that a queue that never empties does not grow. */
  #forgetCalled(): void {
    this.#waiting.splice(0, this.#next);
    this.#next = 0;
  }
}
