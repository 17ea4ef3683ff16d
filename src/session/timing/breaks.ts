// Breaks in long work, in which everything that is ready has its turn. The event loop looks at its sockets only
// when it has nothing else to do, or has gone round some sixty times; so now and then a break lasts until a
// timer ends it, and whoever has sent something meanwhile is heard.

/** Work with breaks that are only turns may last so long, in milliseconds. */
export const MOST_BUSY_MS = 4;

/** What breaks are made of. */
export interface BreakParts {
  /** Milliseconds. */
  readonly clock: () => number;
  /** Runs `work` once everything that is ready now has run. */
  readonly atEndOfTurn: (work: () => void) => void;
  /** Runs `work` in a moment, in which the event loop has nothing to do. */
  readonly afterPause: (work: () => void) => void;
}

/** The breaks of all long work of one worker. */
export class Breaks {
  readonly #parts: BreakParts;
  /** The break that has begun. */
  #current: Promise<void> | null = null;
  #busySince = -Infinity;
  #last = -Infinity;

  constructor(parts: BreakParts) {
    this.#parts = parts;
  }

  /** Resolves when others have had their turn. */
  take(): Promise<void> {
    return this.#current ??= new Promise((resolve) => {
      const { clock, atEndOfTurn, afterPause } = this.#parts;
      const now = clock();
      if (now - this.#last > MOST_BUSY_MS) this.#busySince = now;
      this.#last = now;
      const pauses = now - this.#busySince >= MOST_BUSY_MS;
      const end = () => {
        this.#current = null;
        if (pauses) this.#busySince = clock();
        resolve();
      };
      if (pauses) afterPause(end);
      else atEndOfTurn(end);
    });
  }
}
