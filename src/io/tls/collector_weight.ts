// Gives the garbage collector a reason to run. V8 decides by the size of its heap when to collect the old
// generation, and does not see memory that objects hold outside of the heap. Small objects with much memory
// behind them accumulate that way, until the process is several times as large as its live data. So an array of
// numbers is allocated for each of them, which lives long enough to be moved to the old generation.

/** Numbers of 8 bytes for each object. */
const WORDS = 256;
/** Arrays that are alive at once: more than are made between two collections of the young generation. */
const ALIVE = 1024;

/** Weight for objects that hold memory outside of the heap. */
export class CollectorWeight {
  readonly #alive: number[][] = [];
  #next = 0;

  /** Counts one more such object. */
  add(): void {
    this.#alive[this.#next] = new Array<number>(WORDS).fill(0);
    this.#next = (this.#next + 1) % ALIVE;
  }
}
