// What waits to be written: whole frames, one behind the other, in a buffer that is lent only while there is
// something in it. While one buffer is being written, frames go into another.

/** Lends buffers of one size. `null` when there are none left: the queue then makes do with its own. */
export interface OutputBuffers {
  readonly size: number;
  take(): Uint8Array | null;
  give(buffer: Uint8Array): void;
}

const NO_BYTES = new Uint8Array(0);
/** A buffer of our own when none can be lent. */
const LEAST_BYTES = 512;

/** The output of one connection. */
export class OutputQueue {
  /** Frames are written here at {@link length}, after {@link reserve}. */
  bytes: Uint8Array = NO_BYTES;
  length = 0;
  readonly #buffers: OutputBuffers;
  #lent = false;
  #writing: Uint8Array | null = null;
  #writingLent = false;

  constructor(buffers: OutputBuffers) {
    this.#buffers = buffers;
  }

  /** A buffer was taken and is not written yet. */
  get isWriting(): boolean {
    return this.#writing !== null;
  }

  /** Bytes that may be filled with DATA; there is always room for one frame or none at all. */
  get room(): number {
    return Math.max(0, this.#buffers.size - this.length);
  }

  /** Makes room for `count` bytes. Control frames and heads are few and always find room. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    if (this.length === 0 && !this.#lent && needed <= this.#buffers.size) {
      const lent = this.#buffers.take();
      if (lent !== null) {
        this.bytes = lent;
        this.#lent = true;
        return;
      }
    }
    const larger = new Uint8Array(Math.max(LEAST_BYTES, 2 * needed));
    larger.set(this.bytes.subarray(0, this.length));
    if (this.#lent) this.#buffers.give(this.bytes);
    this.bytes = larger;
    this.#lent = false;
  }

  /** All that waits, which must not be touched until {@link written}; `null` for nothing. */
  take(): Uint8Array | null {
    if (this.length === 0 || this.#writing !== null) return null;
    const taken = this.bytes.subarray(0, this.length);
    this.#writing = this.bytes;
    this.#writingLent = this.#lent;
    this.bytes = NO_BYTES;
    this.length = 0;
    this.#lent = false;
    return taken;
  }

  /** What was taken has been written, or never will be. */
  written(): void {
    if (this.#writing !== null && this.#writingLent) this.#buffers.give(this.#writing);
    this.#writing = null;
  }

  /** Gives back what is held; nothing is written any more. */
  clear(): void {
    if (this.#lent) this.#buffers.give(this.bytes);
    this.bytes = NO_BYTES;
    this.length = 0;
    this.#lent = false;
  }
}
