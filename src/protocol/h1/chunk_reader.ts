// Reads the chunks of a chunked body (RFC 9112 §7.1), resumable at every byte. What may stand between a
// size and its line end (blanks and extensions, §7.1.1) is recognised, bounded and told apart, because it
// must not be passed on: parsers disagree about where an extension ends.

import { CR, HTAB, LF, SP } from "../../bytes/ascii.ts";
import { FIELD_VALUE, HEX_VALUE } from "./grammar.ts";
import { Problem } from "./problem.ts";

/** 13 hexadecimal digits are 52 bits, the most a double counts exactly. Leading zeros are free. */
const MAX_SIZE_DIGITS = 13;
/** Zeros in front of a size that are tolerated; more would be a way to send bytes for ever. */
const MAX_LEADING_ZEROS = 16;
/** Bytes between a size and its line end. Signed uploads to object stores use about 85 of them. */
const MAX_EXTENSION_BYTES = 1024;
const SEMICOLON = 0x3b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** What the last {@link ChunkReader.read} met. */
export const ChunkStatus = { MORE: 0, LAST: 1, BAD: 2 } as const;
export type ChunkStatus = 0 | 1 | 2;

const State = {
  SIZE_FIRST: 0,
  SIZE: 1,
  SIZE_LF: 2,
  DATA: 3,
  DATA_CR: 4,
  DATA_LF: 5,
  /** Blanks behind a size: its line end or an extension follows. */
  BLANK: 6,
  EXTENSION: 7,
  /** Inside of a quoted value of an extension, and behind a backslash in it. */
  QUOTED: 8,
  ESCAPED: 9,
} as const;
type State = typeof State[keyof typeof State];

/** Follows chunk by chunk until the last chunk's size line. Reused: {@link begin}. */
export class ChunkReader {
  status: ChunkStatus = ChunkStatus.MORE;
  problem: Problem = Problem.NONE;
  /** Bounds of the chunk data consumed by the last {@link read}. */
  dataStart = 0;
  dataEnd = 0;
  /** Bounds of the blanks and extension consumed by the last {@link read}. */
  extensionStart = 0;
  extensionEnd = 0;
  #state: State = State.SIZE_FIRST;
  #size = 0;
  #digits = 0;
  #zeros = 0;
  #extension = 0;

  begin(): void {
    this.status = ChunkStatus.MORE;
    this.problem = Problem.NONE;
    this.#startSize();
  }

  /**
   * Consumes up to the end of one run of chunk data or of one extension, or up to `end`; returns the next
   * position.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    this.dataStart =
      this.dataEnd =
      this.extensionStart =
      this.extensionEnd =
        start;
    while (at < end) {
      const byte = bytes[at] as number;
      switch (this.#state) {
        case State.SIZE:
          if (byte === SEMICOLON || byte === SP || byte === HTAB) {
            this.#state = State.BLANK;
            this.#extension = 0;
            return this.#skipExtension(bytes, at, end);
          }
          if (!this.#sizeByte(byte)) return this.#bad(Problem.CHUNK_SIZE, at);
          at++;
          break;
        case State.BLANK:
        case State.EXTENSION:
        case State.QUOTED:
        case State.ESCAPED:
          return this.#skipExtension(bytes, at, end);
        case State.SIZE_FIRST:
          if (!this.#sizeByte(byte)) return this.#bad(Problem.CHUNK_SIZE, at);
          at++;
          break;
        case State.SIZE_LF:
          if (byte !== LF) return this.#bad(Problem.CHUNK_SIZE, at);
          at++;
          if (this.#size === 0) {
            this.status = ChunkStatus.LAST;
            return at;
          }
          this.#state = State.DATA;
          break;
        case State.DATA: {
          const taken = Math.min(this.#size, end - at);
          this.#size -= taken;
          this.dataStart = at;
          this.dataEnd = at + taken;
          if (this.#size === 0) this.#state = State.DATA_CR;
          return at + taken;
        }
        case State.DATA_CR:
          if (byte !== CR) return this.#bad(Problem.CHUNK_END, at);
          at++;
          this.#state = State.DATA_LF;
          break;
        case State.DATA_LF:
          if (byte !== LF) return this.#bad(Problem.CHUNK_END, at);
          at++;
          this.#startSize();
          break;
      }
    }
    return at;
  }

  /**
   * Consumes what stands between a size and its line end. An extension may hold whatever a field value
   * may: a CR ends it, and only an LF may follow that. Quotes must be closed by then, so that it does not
   * matter whether a line end inside of quotes ends the line for others.
   */
  #skipExtension(bytes: Uint8Array, start: number, end: number): number {
    const limit = Math.min(end, start + MAX_EXTENSION_BYTES - this.#extension);
    let at = start;
    this.extensionStart = start;
    while (at < limit && this.#extensionByte(bytes[at] as number)) at++;
    this.extensionEnd = at;
    this.#extension += at - start;
    if (at === end) return at;
    const mayEnd = this.#state === State.BLANK || this.#state === State.EXTENSION;
    if (bytes[at] !== CR || !mayEnd) {
      return this.#bad(at === limit ? Problem.CHUNK_EXTENSION : Problem.CHUNK_SIZE, at);
    }
    this.#state = State.SIZE_LF;
    return at + 1;
  }

  /** One byte between a size and its line end; false when it cannot stand there. */
  #extensionByte(byte: number): boolean {
    if (FIELD_VALUE[byte] !== 1) return false;
    switch (this.#state) {
      case State.BLANK:
        if (byte === SEMICOLON) this.#state = State.EXTENSION;
        return byte === SEMICOLON || byte === SP || byte === HTAB;
      case State.EXTENSION:
        if (byte === QUOTE) this.#state = State.QUOTED;
        return true;
      case State.QUOTED:
        if (byte === QUOTE) this.#state = State.EXTENSION;
        else if (byte === BACKSLASH) this.#state = State.ESCAPED;
        return true;
      default:
        this.#state = State.QUOTED;
        return true;
    }
  }

  #startSize(): void {
    this.#state = State.SIZE_FIRST;
    this.#size = 0;
    this.#digits = 0;
    this.#zeros = 0;
  }

  /** One byte of the size line; false when it cannot stand there. */
  #sizeByte(byte: number): boolean {
    const value = HEX_VALUE[byte] as number;
    if (value === 255) {
      if (byte !== CR || this.#state === State.SIZE_FIRST) return false;
      this.#state = State.SIZE_LF;
      return true;
    }
    this.#state = State.SIZE;
    if (value === 0 && this.#digits === 0) return ++this.#zeros <= MAX_LEADING_ZEROS;
    this.#size = this.#size * 16 + value;
    return ++this.#digits <= MAX_SIZE_DIGITS;
  }

  #bad(problem: Problem, at: number): number {
    this.status = ChunkStatus.BAD;
    this.problem = problem;
    return at;
  }
}
