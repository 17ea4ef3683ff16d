// A message body as it leaves in HTTP/1.1: as it is, or in chunks of one write each.

import { asciiBytes, copyBytes } from "../../../../bytes/ascii.ts";
import type { MessageHead } from "../../../../protocol/http/message_head.ts";
import type { BodySink } from "../../body.ts";

/** What {@link H1BodySink} writes to. */
export interface Outgoing {
  /** Writes all of `bytes`; false when nothing is taken any more. */
  write(bytes: Uint8Array): Promise<boolean>;
  /** All of the body has been written. */
  ended?(): void;
  /** Trailers came, and there is no place for them: the body is not sent in chunks. */
  trailersDropped?(): void;
  /** The receiver must notice that the body is not complete. */
  abort(): void;
}

const LINE_END = asciiBytes("\r\n");
const LAST_CHUNK = asciiBytes("0\r\n");
const END_OF_CHUNKS = asciiBytes("0\r\n\r\n");
/** Payload of a chunk at most: a piece that is longer becomes several. */
const MOST_PAYLOAD = 16 * 1024;
/** Such a size in hexadecimal, and two line ends. */
const CHUNK_FRAME_BYTES = 4 + 4;
const NOTHING = new Uint8Array(0);
const HEX = asciiBytes("0123456789abcdef");

/** One body of HTTP/1.1. */
export class H1BodySink implements BodySink {
  readonly #to: Outgoing;
  readonly #chunked: boolean;
  /** Chunks are put together here; grows to the largest that comes. */
  #chunk = NOTHING;

  /** `chunked`: the body is sent in chunks. */
  constructor(to: Outgoing, chunked: boolean) {
    this.#to = to;
    this.#chunked = chunked;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    if (!this.#chunked) return await this.#to.write(bytes);
    const room = Math.min(bytes.length, MOST_PAYLOAD) + CHUNK_FRAME_BYTES;
    if (this.#chunk.length < room) this.#chunk = new Uint8Array(room);
    for (let at = 0; at < bytes.length; at += MOST_PAYLOAD) {
      const end = writeChunk(bytes, at, Math.min(bytes.length, at + MOST_PAYLOAD), this.#chunk);
      if (!(await this.#to.write(this.#chunk.subarray(0, end)))) return false;
    }
    return true;
  }

  async end(trailers: MessageHead | null): Promise<boolean> {
    if (this.#chunked && !(await this.#endChunks(trailers))) return false;
    if (!this.#chunked && trailers !== null) this.#to.trailersDropped?.();
    this.#to.ended?.();
    return true;
  }

  async #endChunks(trailers: MessageHead | null): Promise<boolean> {
    if (trailers === null) return await this.#to.write(END_OF_CHUNKS);
    const section = trailers.bytes.subarray(trailers.fieldsStart, trailers.end);
    return await this.#to.write(LAST_CHUNK) && await this.#to.write(section);
  }

  abort(): void {
    this.#to.abort();
  }
}

/** Writes `bytes[start, end)` as one chunk (RFC 9112 §7.1); returns the position behind it. */
function writeChunk(bytes: Uint8Array, start: number, end: number, chunk: Uint8Array): number {
  const size = end - start;
  const digits = size === 0 ? 1 : (35 - Math.clz32(size)) >> 2;
  for (let i = 0; i < digits; i++) {
    chunk[i] = HEX[size >> (4 * (digits - 1 - i)) & 15] as number;
  }
  let at = copyBytes(LINE_END, 0, LINE_END.length, chunk, digits);
  at = copyBytes(bytes, start, end, chunk, at);
  return copyBytes(LINE_END, 0, LINE_END.length, chunk, at);
}
