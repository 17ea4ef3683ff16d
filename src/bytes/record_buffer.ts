// Records laid end to end in one growing buffer, with where each ends, so that a writer can always stop
// between two of them. Bounded in bytes and in number; what does not fit is refused before it is
// written. Knows nothing of what a record says.

const FIRST_BYTES = 4 * 1024;
const FIRST_RECORDS = 64;

/** A buffer larger than this is not kept for the next records. */
const KEPT_BYTES = 512 * 1024;

/** Most bytes and most records of one buffer. */
export interface RecordLimits {
  readonly bytes: number;
  readonly records: number;
}

/** A run of records. */
export class RecordBuffer {
  /** Records are written here, each from {@linkcode length} on. */
  bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  /** Bytes of all records. */
  length = 0;
  /** Number of records. */
  count = 0;
  #ends = new Uint32Array(FIRST_RECORDS);

  /**
   * Makes room for a record of up to `bound` bytes behind the others; false when it may not fit.
   * `bytes` is another buffer afterwards if this one had to grow.
   */
  reserve(bound: number, limits: RecordLimits): boolean {
    const needed = this.length + bound;
    if (needed > limits.bytes || this.count >= limits.records) return false;
    if (needed > this.bytes.length) this.#grow(needed);
    return true;
  }

  /** The record written from {@linkcode length} on ends at `end`. */
  commit(end: number): void {
    if (this.count === this.#ends.length) {
      const ends = new Uint32Array(this.count * 2);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#ends[this.count++] = end;
    this.length = end;
  }

  /** Where record `index` ends; it begins where the one before ends. */
  endOf(index: number): number {
    return index < 0 ? 0 : this.#ends[index] as number;
  }

  /** How many records from `first` on have together at most `most` bytes; at least one. */
  fitting(first: number, most: number): number {
    const limit = this.endOf(first - 1) + most;
    let last = first + 1;
    while (last < this.count && this.endOf(last) <= limit) last++;
    return last - first;
  }

  /** Forgets the records, and a buffer that had grown large. */
  clear(): void {
    this.length = 0;
    this.count = 0;
    if (this.bytes.length > KEPT_BYTES) this.bytes = new Uint8Array(FIRST_BYTES);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
