// A message body as it arrives on a stream of HTTP/2, from a client or from a backend: frames are copied out of the
// input, since the connection reads on, and handed out as pieces. The window of the stream bounds what waits;
// credit goes back for what has been taken.

import type { BufferPool } from "../../../bytes/buffer_pool.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import { BodyEnd, type BodySource } from "../body.ts";
import type { BodyBudget } from "./body_budget.ts";

/** Bytes in a buffer that may be lent. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly lent: boolean;
}

const NO_PIECE: Piece = { bytes: new Uint8Array(0), lent: false };
const LEAST_BYTES = 1024;
/** What is smaller gets a buffer of its own. */
const SMALL_BYTES = 4096;
/** A buffer of its own that is larger is not kept for the next piece. */
const MAX_KEPT = 16 * 1024;
const NOTHING: Promise<null> = Promise.resolve(null);

/** Gives the peer credit for `count` bytes. */
export type Release = (count: number) => void;

/** One body, which has not ended yet when it is made. */
export class StreamBody implements BodySource {
  trailers: MessageHead | null = null;
  readonly #budget: BodyBudget;
  readonly #buffers: BufferPool;
  readonly #release: Release;
  #end: BodyEnd = BodyEnd.OPEN;
  /** What arrives goes to `filling[0, filled)`, while the piece before it is used. */
  #filling = NO_PIECE;
  #filled = 0;
  /** What was handed out, until all of it has been taken. */
  #out = NO_PIECE;
  #untaken = 0;
  #wake: ((piece: Uint8Array | null) => void) | null = null;

  /** All bodies together hold no more than `budget` allows; larger pieces lie in `buffers`. */
  constructor(budget: BodyBudget, buffers: BufferPool, release: Release) {
    this.#budget = budget;
    this.#buffers = buffers;
    this.#release = release;
  }

  /** Open as well while bytes that have arrived have not been taken. */
  get ended(): BodyEnd {
    return this.#filled + this.#untaken > 0 ? BodyEnd.OPEN : this.#end;
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
    if (count === 0 || this.#end !== BodyEnd.OPEN) return true;
    if (!this.#budget.take(count)) return false;
    const needed = this.#filled + count;
    if (needed > this.#filling.bytes.length) this.#grow(needed);
    this.#filling.bytes.set(bytes.subarray(start, end), this.#filled);
    this.#filled = needed;
    this.#tell();
    return true;
  }

  /** Nothing more comes; what has come before is handed out. */
  finish(how: BodyEnd, trailers: MessageHead | null = null): void {
    if (this.#end !== BodyEnd.OPEN) return;
    this.#end = how;
    this.trailers = trailers;
    this.#tell();
  }

  /**
   * Nothing more of it is wanted. What waits has had its room in the window of the connection. A piece that
   * was handed out may still be on its way, and stays as it is until it is {@link taken}, or {@link dispose}.
   */
  cut(): void {
    const count = this.#filled + this.#untaken;
    this.#filled = this.#untaken = 0;
    this.#filling = this.#give(this.#filling);
    this.finish(BodyEnd.CUT);
    this.#budget.give(count);
    this.#release(count);
  }

  /** Nobody uses anything of it any more. */
  dispose(): void {
    this.cut();
    this.#out = this.#give(this.#out);
  }

  next(): Promise<Uint8Array | null> {
    if (this.#filled > 0) return Promise.resolve(this.#handOut());
    if (this.#end !== BodyEnd.OPEN) return NOTHING;
    return new Promise((resolve) => this.#wake = resolve);
  }

  taken(count: number): void {
    const taken = Math.min(count, this.#untaken);
    this.#untaken -= taken;
    if (this.#untaken === 0) this.#reuse();
    this.#budget.give(taken);
    this.#release(taken);
  }

  /** The piece has been taken: its buffer serves for what comes next, or goes back. */
  #reuse(): void {
    const { bytes, lent } = this.#out;
    const serves = !lent && bytes.length <= MAX_KEPT && this.#filling === NO_PIECE;
    if (serves) this.#filling = this.#out;
    this.#out = serves ? NO_PIECE : this.#give(this.#out);
  }

  #tell(): void {
    const wake = this.#wake;
    if (wake === null) return;
    this.#wake = null;
    wake(this.#filled > 0 ? this.#handOut() : null);
  }

  /** All that has come, in one piece. */
  #handOut(): Uint8Array {
    const { bytes } = this.#filling;
    const count = this.#filled;
    this.#out = this.#filling;
    this.#untaken = count;
    this.#filling = NO_PIECE;
    this.#filled = 0;
    return count === bytes.length ? bytes : bytes.subarray(0, count);
  }

  /** The first piece is often the only one; behind it, room doubles, however small they are. */
  #grow(needed: number): void {
    const before = this.#filling;
    const wanted = Math.max(needed, LEAST_BYTES, 2 * before.bytes.length);
    const fits = wanted > SMALL_BYTES && needed <= this.#buffers.size;
    const lent = fits ? this.#buffers.take() : null;
    const larger = { bytes: lent ?? new Uint8Array(wanted), lent: lent !== null };
    larger.bytes.set(before.bytes.subarray(0, this.#filled));
    this.#give(before);
    this.#filling = larger;
  }

  #give({ bytes, lent }: Piece): Piece {
    if (lent) this.#buffers.give(bytes);
    return NO_PIECE;
  }
}
