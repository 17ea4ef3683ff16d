// The live streams of a connection by their id. Ids come and go with every request, so that the table is an
// array of its own: places are found by the id, and the next free one is taken where two ids want the same.

/** What the table asks of a stream. */
export interface Identified {
  /** Its id on the wire. */
  readonly id: number;
}

const LEAST_PLACES = 16;

/** Live streams; finding one costs the same however many there are. */
export class StreamTable<S extends Identified> {
  #places: (S | null)[] = new Array<S | null>(LEAST_PLACES).fill(null);
  #size = 0;

  /** How many streams are live. */
  get size(): number {
    return this.#size;
  }

  /** The stream with this id, or `null`. */
  get(id: number): S | null {
    const places = this.#places;
    const mask = places.length - 1;
    for (let at = (id >>> 1) & mask;; at = (at + 1) & mask) {
      const stream = places[at] as S | null;
      if (stream === null || stream.id === id) return stream;
    }
  }

  /** Adds a stream whose id is not in the table. */
  add(stream: S): void {
    // Half of the places stay free, so that a search soon comes to its end.
    if ((this.#size + 1) * 2 > this.#places.length) this.#grow();
    this.#put(stream);
    this.#size++;
  }

  /** Takes the stream with this id out; false when there is none. */
  delete(id: number): boolean {
    const places = this.#places;
    const mask = places.length - 1;
    let at = (id >>> 1) & mask;
    for (; (places[at] as S | null)?.id !== id; at = (at + 1) & mask) {
      if (places[at] === null) return false;
    }
    places[at] = null;
    this.#size--;
    // What follows may have wanted the place that is free now.
    for (at = (at + 1) & mask;; at = (at + 1) & mask) {
      const moved = places[at] as S | null;
      if (moved === null) return true;
      places[at] = null;
      this.#put(moved);
    }
  }

  /** Every stream, in no order. The table must not change meanwhile. */
  *[Symbol.iterator](): IterableIterator<S> {
    for (const stream of this.#places) if (stream !== null) yield stream;
  }

  /** Every stream by rising id. */
  sorted(): S[] {
    return [...this].sort((a, b) => a.id - b.id);
  }

  #put(stream: S): void {
    const mask = this.#places.length - 1;
    let at = (stream.id >>> 1) & mask;
    while (this.#places[at] !== null) at = (at + 1) & mask;
    this.#places[at] = stream;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Array<S | null>(before.length * 2).fill(null);
    for (const stream of before) if (stream !== null) this.#put(stream);
  }
}
