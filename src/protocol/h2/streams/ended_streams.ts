// Streams that we reset or refused: what the peer had on its way for them is not its fault. So much is
// ignored for nothing; more than that counts against it (RFC 9113 section 5.1).

/** Ids that are remembered. */
const REMEMBERED = 256;

/** Header blocks a stream may still have on its way: a request and its trailers. */
const FREE_BLOCKS = 2;
/** Bytes of DATA a stream may still have on its way: its window. */
const FREE_BYTES = 65_535;

/** Integers a stream takes: its id, and the blocks and bytes that are left to it. */
const STRIDE = 3;
const BLOCKS = 1;
const BYTES = 2;
const NONE = new Int32Array(0);

/** The streams that were ended last, in a ring. */
export class EndedStreams {
  /** Made for the first of them: most connections never have one. */
  #streams = NONE;
  #next = 0;
  #count = 0;

  /** Remembers a stream; the one that has been remembered for longest makes room. */
  add(id: number): void {
    if (this.#count === 0) this.#streams = new Int32Array(REMEMBERED * STRIDE);
    const at = this.#next * STRIDE;
    this.#streams[at] = id;
    this.#streams[at + BLOCKS] = FREE_BLOCKS;
    this.#streams[at + BYTES] = FREE_BYTES;
    this.#next = (this.#next + 1) % REMEMBERED;
    this.#count = Math.min(this.#count + 1, REMEMBERED);
  }

  /** Whether what comes on this stream is to be ignored. */
  has(id: number): boolean {
    return this.#find(id) >= 0;
  }

  /** A header block came on a remembered stream; false when it is one too many. */
  takeBlock(id: number): boolean {
    return this.#take(id, BLOCKS, 1);
  }

  /** DATA came on a remembered stream; false when it is more than could have been on its way. */
  takeBytes(id: number, count: number): boolean {
    return this.#take(id, BYTES, count);
  }

  #take(id: number, what: number, count: number): boolean {
    const at = this.#find(id);
    if (at < 0) return false;
    const left = (this.#streams[at + what] as number) - count;
    this.#streams[at + what] = Math.max(left, -1);
    return left >= 0;
  }

  /** The newest first: what is on its way is for streams that ended just now. */
  #find(id: number): number {
    for (let i = 1; i <= this.#count; i++) {
      const at = (this.#next - i + REMEMBERED) % REMEMBERED * STRIDE;
      if (this.#streams[at] === id) return at;
    }
    return -1;
  }
}
