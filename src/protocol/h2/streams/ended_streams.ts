// Streams that we reset or refused: what the peer had on its way for them is not its fault. So much is
// ignored for nothing; more than that counts against it (RFC 9113 section 5.1).

/** Ids that are remembered. */
const REMEMBERED = 256;

/** Header blocks a stream may still have on its way: a request and its trailers. */
const FREE_BLOCKS = 2;
/** Bytes of DATA a stream may still have on its way: its window. */
const FREE_BYTES = 65_535;

/** The streams that were ended last, in a ring. */
export class EndedStreams {
  readonly #ids = new Int32Array(REMEMBERED);
  readonly #blocks = new Int32Array(REMEMBERED);
  readonly #bytes = new Int32Array(REMEMBERED);
  #next = 0;
  #count = 0;

  /** Remembers a stream; the one that has been remembered for longest makes room. */
  add(id: number): void {
    const at = this.#next;
    this.#ids[at] = id;
    this.#blocks[at] = FREE_BLOCKS;
    this.#bytes[at] = FREE_BYTES;
    this.#next = (at + 1) % REMEMBERED;
    this.#count = Math.min(this.#count + 1, REMEMBERED);
  }

  /** Whether what comes on this stream is to be ignored. */
  has(id: number): boolean {
    return this.#find(id) >= 0;
  }

  /** A header block came on a remembered stream; false when it is one too many. */
  takeBlock(id: number): boolean {
    const at = this.#find(id);
    if (at < 0) return false;
    const left = (this.#blocks[at] as number) - 1;
    this.#blocks[at] = Math.max(left, -1);
    return left >= 0;
  }

  /** DATA came on a remembered stream; false when it is more than could have been on its way. */
  takeBytes(id: number, count: number): boolean {
    const at = this.#find(id);
    if (at < 0) return false;
    const left = (this.#bytes[at] as number) - count;
    this.#bytes[at] = Math.max(left, -1);
    return left >= 0;
  }

  /** The newest first: what is on its way is for streams that ended just now. */
  #find(id: number): number {
    for (let i = 1; i <= this.#count; i++) {
      const at = (this.#next - i + REMEMBERED) % REMEMBERED;
      if (this.#ids[at] === id) return at;
    }
    return -1;
  }
}
