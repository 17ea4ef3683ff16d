// The garbage collector of the JavaScript engine decides by its own heap when to look through all of it, and
// does not see what objects hold outside. Many small objects with much behind them pile up that way, until
// the process is several times as large as what is alive in it. So each of them has words of ours beside it,
// which live long enough to be moved to where the collector counts, and die there.

/** Words beside one object, of 8 bytes. */
const WORDS = 256;
/** So many are alive at once: more than are made between two looks at what is new. */
const ALIVE = 1024;

/** Gives weight to objects that hold much outside of the heap. */
export class CollectorWeight {
  readonly #alive: number[][] = [];
  #next = 0;

  /** Counts one more such object. */
  add(): void {
    this.#alive[this.#next] = new Array<number>(WORDS).fill(0);
    this.#next = (this.#next + 1) % ALIVE;
  }
}
