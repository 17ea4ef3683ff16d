// One writer for a stream that many callers write to: chunks are queued in user space, written one
// write at a time, and whatever gathered meanwhile goes out as one write. Bounded: a chunk that
// does not fit is refused whole. Knows nothing of what the bytes mean.

import { atEndOfTurn } from "./turn.ts";

/** Most bytes joined into one write: above this, copying costs more than another call saves. */
const MAX_COALESCED = 256 * 1024;

/** Where a queue's bytes go; resolves when all of them were taken. */
export type WriteAll = (bytes: Uint8Array) => Promise<void>;

/** An ordered, bounded, coalescing queue in front of a stream. */
export class WriteQueue {
  readonly #write: WriteAll;
  readonly #limit: number;
  readonly #onError: (error: unknown) => void;
  #chunks: Uint8Array[] = [];
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

  /** Queues a chunk, which must not change afterwards; `false` when it does not fit or all is over. */
  push(chunk: Uint8Array): boolean {
    if (this.#state === "closed" || this.#pending + chunk.length > this.#limit) return false;
    this.#chunks.push(chunk);
    this.#pending += chunk.length;
    if (this.#state === "idle") {
      this.#state = "writing";
      // Later callers of the same turn join the first write.
      atEndOfTurn(() => void this.#drain());
    }
    return true;
  }

  /** Resolves once nothing waits any more, written or given up. */
  flushed(): Promise<void> {
    if (this.#state !== "writing") return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Gives up what is queued and refuses everything from now on. */
  close(): void {
    this.#state = "closed";
    this.#chunks = [];
    this.#pending = 0;
    this.#wake();
  }

  async #drain(): Promise<void> {
    try {
      while (this.#chunks.length > 0) {
        const bytes = this.#takeBatch();
        await this.#write(bytes);
        if (this.#isClosed()) return;
        this.#pending -= bytes.length;
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

  #takeBatch(): Uint8Array {
    let count = 0;
    let length = 0;
    for (const chunk of this.#chunks) {
      if (count > 0 && length + chunk.length > MAX_COALESCED) break;
      count++;
      length += chunk.length;
    }
    const taken = this.#chunks.splice(0, count);
    if (taken.length === 1) return taken[0] as Uint8Array;
    const batch = new Uint8Array(length);
    let at = 0;
    for (const chunk of taken) {
      batch.set(chunk, at);
      at += chunk.length;
    }
    return batch;
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
