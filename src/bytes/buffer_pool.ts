// Fixed-size byte buffers that are lent and taken back. They are carved from large slabs, because
// many small ArrayBuffers cost far more than their bytes. Knows nothing of what is stored in them.

/** Buffers carved from one ArrayBuffer at a time. */
const SLAB_BYTES = 256 * 1024;

/**
 * A pool of equally sized buffers with a hard ceiling on how many are lent at once.
 * Returned buffers are kept for the next borrower; contents are not cleared.
 */
export class BufferPool {
  readonly size: number;
  readonly limit: number;
  readonly #free: Uint8Array[] = [];
  #made = 0;

  /** `size` bytes a buffer, at most `limit` buffers. */
  constructor(size: number, limit: number) {
    this.size = size;
    this.limit = limit;
  }

  /** Buffers lent out right now. */
  get lent(): number {
    return this.#made - this.#free.length;
  }

  /** A buffer, or `null` at the ceiling. */
  take(): Uint8Array | null {
    const buffer = this.#free.pop();
    if (buffer !== undefined) return buffer;
    return this.#carve();
  }

  /** Gives a buffer back; it must have come from this pool and must not be used any more. */
  give(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }

  #carve(): Uint8Array | null {
    const count = Math.min(
      Math.max(1, Math.floor(SLAB_BYTES / this.size)),
      this.limit - this.#made,
    );
    if (count <= 0) return null;
    const slab = new ArrayBuffer(count * this.size);
    for (let i = 0; i < count; i++) {
      this.#free.push(new Uint8Array(slab, i * this.size, this.size));
    }
    this.#made += count;
    return this.#free.pop() ?? null;
  }
}
