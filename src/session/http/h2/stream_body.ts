// A message body as it arrives on a stream of HTTP/2: frames are copied out of the input, one behind the
// other, and handed out as pieces. The window of the stream bounds what waits; credit goes back for what has
// been taken.

import type { MessageHead } from "../../../protocol/http/message_head.ts";
import { BodyEnd, type BodySource } from "../body.ts";
import type { BodyBudget } from "./body_budget.ts";

const NO_BYTES = new Uint8Array(0);
const LEAST_BYTES = 1024;
/** A buffer larger than this is not kept for the next piece. */
const MAX_KEPT = 16 * 1024;

/** Gives the peer credit for `count` bytes. */
export type Release = (count: number) => void;

/** One body, which has not ended yet when it is made. */
export class StreamBody implements BodySource {
  trailers: MessageHead | null = null;
  readonly #budget: BodyBudget;
  readonly #release: Release;
  #end: BodyEnd = BodyEnd.OPEN;
  /** What arrives goes to `filling[0, filled)`, while the piece before it is used. */
  #filling = NO_BYTES;
  #filled = 0;
  #lent = NO_BYTES;
  /** Of the piece in use: not yet taken. */
  #untaken = 0;
  #wake: ((piece: Uint8Array | null) => void) | null = null;

  constructor(budget: BodyBudget, release: Release) {
    this.#budget = budget;
    this.#release = release;
  }

  /** Open as well while bytes that have arrived have not been handed out. */
  get ended(): BodyEnd {
    return this.#filled > 0 ? BodyEnd.OPEN : this.#end;
  }

  /** The sender has said everything. */
  get arrived(): boolean {
    return this.#end === BodyEnd.COMPLETE;
  }

  /** Nothing more of it is wanted, or comes. */
  get isCut(): boolean {
    return this.#end === BodyEnd.CUT;
  }

  /** Its next piece is waited for. */
  get isAwaited(): boolean {
    return this.#wake !== null;
  }

  /** Takes in `bytes[start, end)`; false when there is no room for them. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    const count = end - start;
    if (this.#end !== BodyEnd.OPEN) return true;
    if (!this.#budget.take(count)) return false;
    const needed = this.#filled + count;
    if (needed > this.#filling.length) this.#grow(needed);
    this.#filling.set(bytes.subarray(start, end), this.#filled);
    this.#filled = needed;
    if (this.#wake !== null) this.#answer(this.#lend());
    return true;
  }

  /** The body is complete, behind what has been added. */
  complete(trailers: MessageHead | null): void {
    if (this.#end !== BodyEnd.OPEN) return;
    this.#end = BodyEnd.COMPLETE;
    this.trailers = trailers;
    if (this.#wake !== null) this.#answer(null);
  }

  /** Nothing more comes of the body, or nothing more of it is wanted. What is held is given up. */
  cut(): void {
    this.#drop();
    if (this.#end === BodyEnd.OPEN) this.#end = BodyEnd.CUT;
    if (this.#wake !== null) this.#answer(null);
  }

  next(): Promise<Uint8Array | null> {
    if (this.#filled > 0) return Promise.resolve(this.#lend());
    if (this.#end !== BodyEnd.OPEN) return Promise.resolve(null);
    return new Promise((resolve) => this.#wake = resolve);
  }

  taken(count: number): void {
    const taken = Math.min(count, this.#untaken);
    this.#untaken -= taken;
    if (this.#untaken === 0 && this.#lent.length <= MAX_KEPT && this.#filled === 0) {
      this.#filling = this.#lent;
      this.#lent = NO_BYTES;
    }
    this.#budget.give(taken);
    this.#release(taken);
  }

  #lend(): Uint8Array {
    const lent = this.#filling;
    const count = this.#filled;
    this.#lent = lent;
    this.#untaken = count;
    this.#filling = NO_BYTES;
    this.#filled = 0;
    return count === lent.length ? lent : lent.subarray(0, count);
  }

  #answer(piece: Uint8Array | null): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.(piece);
  }

  #drop(): void {
    const count = this.#filled + this.#untaken;
    this.#filled = this.#untaken = 0;
    this.#filling = NO_BYTES;
    this.#budget.give(count);
    this.#release(count);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, LEAST_BYTES, 2 * this.#filling.length));
    larger.set(this.#filling.subarray(0, this.#filled));
    this.#filling = larger;
  }
}
