// Bytes that say whose they are. Every stream of a chaos run (a body, one direction of a tunnel) is made of
// cells that name its direction, the nonce of its request and their own place, so that a byte which is
// foreign, stale, lost or doubled is noticed wherever it turns up.

import { fromLatin1, latin1 } from "../support/session/wire.ts";

/** What a stream carries: request body, response body, tunnel to the backend, tunnel to the client. */
export type Direction = "c" | "b" | "t" | "u";

const CELL_BYTES = 16;
const READ_BYTES = 64 * 1024;

/** The bytes of one stream, in order. */
export class Stamp {
  readonly #name: string;
  #at = 0;

  constructor(direction: Direction, nonce: string) {
    this.#name = `${direction}${nonce}@`;
  }

  /** Bytes made or checked so far. */
  get length(): number {
    return this.#at;
  }

  /** The next `count` bytes. */
  make(count: number): Uint8Array {
    const first = Math.floor(this.#at / CELL_BYTES);
    const skip = this.#at % CELL_BYTES;
    let text = "";
    for (let cell = first; text.length < skip + count; cell++) {
      text += `${this.#name}${
        cell.toString(16).padStart(CELL_BYTES - this.#name.length - 1, "0")
      };`;
    }
    this.#at += count;
    return fromLatin1(text.slice(skip, skip + count));
  }

  /** Throws {@link ForeignByte} unless `bytes` are the next ones of this stream. */
  check(bytes: Uint8Array): void {
    const from = this.#at;
    const expected = this.make(bytes.length);
    const wrong = bytes.findIndex((byte, i) => byte !== expected[i]);
    if (wrong < 0) return;
    const shown = (of: Uint8Array) => JSON.stringify(latin1(of.subarray(wrong, wrong + 64)));
    throw new ForeignByte(
      `${this.#name} at ${from + wrong}: ${shown(bytes)} instead of ${shown(expected)}`,
    );
  }
}

/** A byte is where it does not belong, or a message is not what it should be. */
export class ForeignByte extends Error {}

/** Reads a connection piece by piece. A reset is an end like any other. */
export class PieceReader {
  readonly #conn: Deno.Conn;
  #held: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Up to `most` bytes; empty at the end of the connection. */
  async some(most: number): Promise<Uint8Array> {
    if (this.#held.length === 0) await this.#more();
    const piece = this.#held.subarray(0, most);
    this.#held = this.#held.subarray(piece.length);
    return piece;
  }

  /** Everything up to and including `mark`; `null` when the connection ends before. */
  async through(mark: string): Promise<string | null> {
    for (let from = 0;;) {
      const text = latin1(this.#held);
      const at = text.indexOf(mark, Math.max(0, from - mark.length));
      if (at >= 0) {
        this.#held = this.#held.subarray(at + mark.length);
        return text.slice(0, at + mark.length);
      }
      from = text.length;
      if (!(await this.#more())) return null;
    }
  }

  /** Checks `count` bytes of `stamp`; false when the connection ends before. */
  async checked(count: number, stamp: Stamp): Promise<boolean> {
    for (let left = count; left > 0;) {
      const piece = await this.some(left);
      if (piece.length === 0) return false;
      stamp.check(piece);
      left -= piece.length;
    }
    return true;
  }

  /** Checks what comes until the connection ends. */
  async checkedToEnd(stamp: Stamp): Promise<void> {
    for (;;) {
      const piece = await this.some(READ_BYTES);
      if (piece.length === 0) return;
      stamp.check(piece);
    }
  }

  /** Checks a chunked body; false when the connection ends within it. */
  async checkedChunks(stamp: Stamp): Promise<boolean> {
    for (;;) {
      const line = await this.through("\r\n");
      if (line === null) return false;
      if (!/^[0-9a-f]{1,8}\r\n$/i.test(line)) {
        throw new ForeignByte(`Chunk size ${JSON.stringify(line)}`);
      }
      const size = parseInt(line, 16);
      if (size > 0 && !(await this.checked(size, stamp))) return false;
      const end = await this.through("\r\n");
      if (end === null) return false;
      if (end !== "\r\n") throw new ForeignByte(`Chunk end ${JSON.stringify(end)}`);
      if (size === 0) return true;
    }
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const buffer = new Uint8Array(READ_BYTES);
    const count = await this.#conn.read(buffer).catch(() => null);
    if (count === null) {
      this.#ended = true;
      return false;
    }
    const joined = new Uint8Array(this.#held.length + count);
    joined.set(this.#held);
    joined.set(buffer.subarray(0, count), this.#held.length);
    this.#held = joined;
    return true;
  }
}

/** Writes all of `bytes`; false when the connection takes no more. */
export async function sent(conn: Deno.Conn, bytes: Uint8Array | string): Promise<boolean> {
  const data = typeof bytes === "string" ? fromLatin1(bytes) : bytes;
  try {
    for (let at = 0; at < data.length;) at += await conn.write(data.subarray(at));
    return true;
  } catch {
    return false;
  }
}

/** Closes, whatever state the connection is in. */
export function closed(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed before.
  }
}
