// What the requests of HTTP/2 on all connections of a worker share: the buffers in which heads lie, what their
// bodies may hold, and room for lines that are added to heads. Bounded, so that very many streams are refused instead of
// filling the memory.

import { BULK_BUFFER_BYTES } from "../../../../config/defaults.ts";
import type { AnswerHeader } from "../../../answers/answer.ts";
import { copyBytes } from "../../../bytes/ascii.ts";
import { BufferPool } from "../../../bytes/buffer_pool.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import { BodyBudget } from "./body_budget.ts";

/** Heads are kept in the smallest of these that they fit; the largest ones get a buffer of their own. */
const KEPT_BYTES: readonly number[] = [256, 512, 1024, 2048];
/** Where heads are built, one at a time: room for more than most, and for what HPACK may add at once. */
const DRAFT_BYTES = 16_384;
/** In these are heads put together that are sent on. */
const OUT_BYTES = 2048;
const FIRST_LINES_BYTES = 4096;
const NO_BYTES = new Uint8Array(0);
/** Bodies that have a large buffer; others make do with buffers of their own. */
const MAX_BODY_BUFFERS = 1024;

/** The room of one worker. */
export class StreamRoom {
  readonly bodies: BodyBudget;
  /** What of them is not small lies here, as long as there are any. */
  readonly bodyBuffers = new BufferPool(BULK_BUFFER_BYTES, MAX_BODY_BUFFERS);
  /** Every head is built here, and gone when the next one is, unless {@link keep} has copied it. */
  readonly draft = new Uint8Array(DRAFT_BYTES);
  readonly #kept: readonly BufferPool[];
  readonly #streams: number;
  #admitted = 0;
  readonly #outs: BufferPool;
  readonly #encoder = new TextEncoder();
  #lines = new Uint8Array(FIRST_LINES_BYTES);

  /** For at most `streams` requests at a time, whose bodies hold at most `bodyBytes`. */
  constructor(streams: number, bodyBytes: number) {
    this.#streams = streams;
    this.#kept = KEPT_BYTES.map((size) => new BufferPool(size, streams));
    this.#outs = new BufferPool(OUT_BYTES, streams);
    this.bodies = new BodyBudget(bodyBytes);
  }

  /** Whether there is room for one more request, which then has it until {@link leave}. */
  admit(): boolean {
    if (!this.bodies.hasRoom || this.#admitted === this.#streams) return false;
    this.#admitted++;
    return true;
  }

  /** A request is over whose head lies in `kept`, if it was kept. */
  leave(kept: Uint8Array): void {
    this.#admitted--;
    this.#kept.find(({ size }) => size === kept.length)?.give(kept);
  }

  /** Copies a head out of {@link draft}, unless it has outgrown that; what is lent for it until {@link leave}. */
  keep(head: MessageHead): Uint8Array {
    const { bytes, start, end } = head;
    if (bytes !== this.draft) return NO_BYTES;
    const kept = this.#kept.find(({ size }) => size >= end)?.take();
    if (kept === undefined || kept === null) {
      head.bytes = bytes.slice(0, end);
      return NO_BYTES;
    }
    copyBytes(bytes, start, end, kept, start);
    head.bytes = kept;
    return kept;
  }

  /** A buffer in which an ordinary head can be put together; `null` when there are too many. */
  takeOut(): Uint8Array | null {
    return this.#outs.take();
  }

  /** Takes such a buffer back; false when it is none. */
  giveOut(bytes: Uint8Array): boolean {
    if (bytes.length !== OUT_BYTES) return false;
    this.#outs.give(bytes);
    return true;
  }

  /** At least `count` bytes for lines of one head, until the next call. */
  lines(count: number): Uint8Array {
    if (this.#lines.length < count) this.#lines = new Uint8Array(2 * count);
    return this.#lines;
  }

  /** `headers` as lines of HTTP/1.1. */
  encode(headers: readonly AnswerHeader[]): Uint8Array {
    let text = "";
    for (const { name, value } of headers) text += `${name}: ${value}\r\n`;
    return this.#encoder.encode(text);
  }
}
