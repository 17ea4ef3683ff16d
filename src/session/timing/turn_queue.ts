// Work that is done once for everything that became ready in one turn of the event loop, such as one write
// for the frames of many streams.

/** Collects work until the end of the turn. */
export class TurnQueue {
  readonly #atEndOfTurn: (work: () => void) => void;
  #works: (() => void)[] = [];
  #spare: (() => void)[] = [];

  /** `atEndOfTurn` runs its argument once everything that is ready now has run. */
  constructor(atEndOfTurn: (work: () => void) => void) {
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** `work` will be called at the end of this turn, or of the next when that has begun; it must not throw. */
  add(work: () => void): void {
    if (this.#works.push(work) === 1) this.#atEndOfTurn(this.#run);
  }

  readonly #run = (): void => {
    const works = this.#works;
    this.#works = this.#spare;
    for (let i = 0; i < works.length; i++) (works[i] as () => void)();
    works.length = 0;
    this.#spare = works;
  };
}
