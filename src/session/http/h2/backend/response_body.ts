// The body of a response as it arrives on a stream: what comes is copied, since the connection reads on. No more
// waits here than the window of the stream allows, because credit is given back for what was taken only.

import type { BufferPool } from "../../../../bytes/buffer_pool.ts";
import type { MessageHead } from "../../../../protocol/http/message_head.ts";
import { BodyEnd, type BodySource } from "../../body.ts";
import type { BodyBudget } from "../body_budget.ts";

/** What is smaller gets a buffer of its own. */
const SMALL_BYTES = 4096;

/** Bytes in a buffer that may be lent. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly lent: boolean;
}

const NO_PIECE: Piece = { bytes: new Uint8Array(0), lent: false };

/** The body of one response. */
export class ResponseBody implements BodySource {
  trailers: MessageHead | null = null;
  readonly #buffers: BufferPool;
  readonly #budget: BodyBudget;
  readonly #credit: (count: number) => void;
  /** What was handed out, until all of it has been taken. */
  #out = NO_PIECE;
  #left = 0;
  /** What has come since. */
  #filling = NO_PIECE;
  #filled = 0;
  #end: BodyEnd = BodyEnd.OPEN;
  #wake: ((bytes: Uint8Array | null) => void) | null = null;

  /** `credit` gives the sender credit for so many bytes more. */
  constructor(buffers: BufferPool, budget: BodyBudget, credit: (count: number) => void) {
    this.#buffers = buffers;
    this.#budget = budget;
    this.#credit = credit;
  }

  get ended(): BodyEnd {
    return this.#filled + this.#left > 0 ? BodyEnd.OPEN : this.#end;
  }

  /** All of it has come, if not gone on. */
  get complete(): boolean {
    return this.#end === BodyEnd.COMPLETE;
  }

  /** `bytes[start, end)` has come; false when there is no room for it. */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    if (start === end || this.#end !== BodyEnd.OPEN) return true;
    if (!this.#budget.take(end - start)) return false;
    this.#makeRoom(end - start);
    this.#filling.bytes.set(bytes.subarray(start, end), this.#filled);
    this.#filled += end - start;
    this.#tell();
    return true;
  }

  /** Nothing more comes. */
  finish(how: BodyEnd, trailers: MessageHead | null = null): void {
    if (this.#end !== BodyEnd.OPEN) return;
    this.#end = how;
    this.trailers = trailers;
    this.#tell();
  }

  next(): Promise<Uint8Array | null> {
    if (this.#filled > 0) return Promise.resolve(this.#handOut());
    if (this.#end !== BodyEnd.OPEN) return NOTHING;
    return new Promise((resolve) => this.#wake = resolve);
  }

  taken(count: number): void {
    const taken = Math.min(count, this.#left);
    this.#left -= taken;
    this.#release(taken);
    if (this.#left === 0) this.#out = this.#give(this.#out);
  }

  /** Nobody takes anything any more. What waits has had its room in the window of the connection. */
  dispose(): void {
    this.finish(BodyEnd.CUT);
    this.#release(this.#left + this.#filled);
    this.#out = this.#give(this.#out);
    this.#filling = this.#give(this.#filling);
    this.#left = this.#filled = 0;
  }

  #release(count: number): void {
    this.#budget.give(count);
    this.#credit(count);
  }

  #tell(): void {
    const wake = this.#wake;
    if (wake === null) return;
    this.#wake = null;
    wake(this.#filled > 0 ? this.#handOut() : null);
  }

  /** All that has come, in one piece. */
  #handOut(): Uint8Array {
    this.#out = this.#filling;
    this.#left = this.#filled;
    this.#filling = NO_PIECE;
    this.#filled = 0;
    return this.#out.bytes.subarray(0, this.#left);
  }

  #makeRoom(count: number): void {
    const needed = this.#filled + count;
    if (needed <= this.#filling.bytes.length) return;
    const larger = this.#take(needed);
    larger.bytes.set(this.#filling.bytes.subarray(0, this.#filled));
    this.#give(this.#filling);
    this.#filling = larger;
  }

  /** The first piece is often the only one; behind it, room doubles, however small they are. */
  #take(needed: number): Piece {
    const wanted = Math.max(needed, 2 * this.#filling.bytes.length);
    const fits = wanted > SMALL_BYTES && needed <= this.#buffers.size;
    const lent = fits ? this.#buffers.take() : null;
    return { bytes: lent ?? new Uint8Array(wanted), lent: lent !== null };
  }

  #give({ bytes, lent }: Piece): Piece {
    if (lent) this.#buffers.give(bytes);
    return NO_PIECE;
  }
}

const NOTHING: Promise<null> = Promise.resolve(null);
