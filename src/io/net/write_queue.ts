// A queue in front of a stream that many callers write to. One write is in progress at a time, and what is
// queued meanwhile goes out with the next one. The queue is bounded: a message that does not fit is refused.
//
// Strategy: two buffers that change places. Callers fill one while the other is being written, so a message
// costs one copy and no allocation.

import { atEndOfTurn } from "./turn.ts";

/** Most bytes of one write. */
const MAX_WRITE = 256 * 1024;

/** A buffer larger than this is not kept for the next messages. */
const MAX_KEPT = 256 * 1024;

const FIRST_CAPACITY = 4 * 1024;

const EMPTY = new Uint8Array(0);

/** Writes bytes; resolves when all were written and the buffer may be reused. */
export type WriteAll = (bytes: Uint8Array) => Promise<void>;

/** An ordered, bounded, coalescing queue in front of a stream. */
export class WriteQueue {
  readonly #write: WriteAll;
  readonly #limit: number;
  readonly #onError: (error: unknown) => void;
  /** The buffer that callers fill, and its length. */
  #buffer: Uint8Array = EMPTY;
  #filled = 0;
  /** The buffer of the last write. */
  #spare: Uint8Array = EMPTY;
  #pending = 0;
  #state: "idle" | "writing" | "closed" = "idle";
  #waiters: (() => void)[] = [];

  /**
   * `limit`: most bytes waiting to be written, those being written included.
   * `onError`: called once, when a write fails; the queue is closed from then on.
   */
  constructor(write: WriteAll, limit: number, onError: (error: unknown) => void) {
    this.#write = write;
    this.#limit = limit;
    this.#onError = onError;
  }

  /** Bytes accepted and not yet written. */
  get pending(): number {
    return this.#pending;
  }

  /** Queues a copy of a chunk; `false` when it does not fit or the queue is closed. */
  push(chunk: Uint8Array): boolean {
    const place = this.reserve(chunk.length);
    place?.set(chunk);
    return place !== null;
  }

  /**
   * Queues `length` bytes, which the caller writes into the returned view in the same turn; `null` when they do
   * not fit or the queue is closed.
   */
  reserve(length: number): Uint8Array | null {
    if (this.#state === "closed" || this.#pending + length > this.#limit) return null;
    const start = this.#filled;
    if (start + length > this.#buffer.length) this.#grow(start + length);
    this.#filled = start + length;
    this.#pending += length;
    if (this.#state === "idle") {
      this.#state = "writing";
      // Later callers of the same turn join the first write.
      atEndOfTurn(() => void this.#drain());
    }
    return this.#buffer.subarray(start, this.#filled);
  }

  /** Resolves once the queue is empty: everything was written or dropped. */
  flushed(): Promise<void> {
    if (this.#state !== "writing") return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Drops what is queued and refuses further messages. */
  close(): void {
    this.#state = "closed";
    this.#buffer = this.#spare = EMPTY;
    this.#filled = 0;
    this.#pending = 0;
    this.#wake();
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2, FIRST_CAPACITY));
    grown.set(this.#buffer.subarray(0, this.#filled));
    this.#buffer = grown;
  }

  async #drain(): Promise<void> {
    try {
      while (this.#filled > 0) {
        const bytes = this.#buffer.subarray(0, this.#filled);
        const written = this.#buffer;
        this.#buffer = this.#spare;
        this.#spare = EMPTY;
        this.#filled = 0;
        for (let at = 0; at < bytes.length; at += MAX_WRITE) {
          const part = bytes.subarray(at, at + MAX_WRITE);
          await this.#write(part);
          if (this.#isClosed()) return;
          this.#pending -= part.length;
        }
        if (written.length <= MAX_KEPT) this.#spare = written;
      }
      if (!this.#isClosed()) this.#state = "idle";
      this.#wake();
    } catch (error) {
      if (this.#isClosed()) return;
      this.close();
      this.#onError(error);
    }
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
