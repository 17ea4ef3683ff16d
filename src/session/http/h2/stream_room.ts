// What the requests of HTTP/2 on all connections of a worker share: the buffers in which heads lie, what their
// bodies may hold, and room for lines that are added to heads. Bounded, so that very many streams are refused instead of
// filling the memory.

import { BULK_BUFFER_BYTES } from "../../../../config/defaults.ts";
import type { AnswerHeader } from "../../../answers/answer.ts";
import { BufferPool } from "../../../bytes/buffer_pool.ts";
import { BodyBudget } from "./body_budget.ts";

/** Most heads fit; those that do not are given a buffer of their own. */
const HEAD_BYTES = 2048;
const FIRST_LINES_BYTES = 4096;
/** Bodies that have a large buffer; others make do with buffers of their own. */
const MAX_BODY_BUFFERS = 1024;

/** The room of one worker. */
export class StreamRoom {
  readonly bodies: BodyBudget;
  /** What of them is not small lies here, as long as there are any. */
  readonly bodyBuffers = new BufferPool(BULK_BUFFER_BYTES, MAX_BODY_BUFFERS);
  readonly #heads: BufferPool;
  readonly #outs: BufferPool;
  readonly #encoder = new TextEncoder();
  #lines = new Uint8Array(FIRST_LINES_BYTES);

  /** For at most `streams` requests at a time, whose bodies hold at most `bodyBytes`. */
  constructor(streams: number, bodyBytes: number) {
    this.#heads = new BufferPool(HEAD_BYTES, streams);
    this.#outs = new BufferPool(HEAD_BYTES, streams);
    this.bodies = new BodyBudget(bodyBytes);
  }

  /** A buffer for the head of one more request; `null` when there are too many. */
  takeBytes(): Uint8Array | null {
    return this.bodies.hasRoom ? this.#heads.take() : null;
  }

  giveBytes(bytes: Uint8Array): void {
    this.#heads.give(bytes);
  }

  /** A buffer in which an ordinary head can be put together; `null` when there are too many. */
  takeOut(): Uint8Array | null {
    return this.#outs.take();
  }

  /** Takes such a buffer back; false when it is none. */
  giveOut(bytes: Uint8Array): boolean {
    if (bytes.length !== HEAD_BYTES) return false;
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
