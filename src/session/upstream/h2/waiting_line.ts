// Those who wait for something, in the order they came. Leaving costs the same however many there are: whoever
// has left is passed over, and forgotten once there are more of them than of those who still wait.

/** Somebody in a line. */
export interface Waiting {
  /** Still wants what the line is for. */
  waits: boolean;
}

/** Fewer who have left are no trouble. */
const TOLERATED_GONE = 16;

/** A line of {@link Waiting}. */
export class WaitingLine<W extends Waiting> {
  #line: W[] = [];
  /** Those before it are out of the line. */
  #first = 0;
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Who came first of those who wait; `null` when nobody does. */
  get first(): W | null {
    while (this.#first < this.#line.length) {
      const waiting = this.#line[this.#first] as W;
      if (waiting.waits) return waiting;
      this.#first++;
    }
    return null;
  }

  add(waiting: W): void {
    this.#line.push(waiting);
    this.#size++;
  }

  /** Waits no more; does nothing for one who does not. */
  leave(waiting: W): void {
    if (!waiting.waits) return;
    waiting.waits = false;
    this.#size--;
    if (this.#line.length - this.#size <= this.#size + TOLERATED_GONE) return;
    this.#line = this.#line.filter(({ waits }) => waits);
    this.#first = 0;
  }
}
