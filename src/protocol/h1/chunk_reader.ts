// Reads the chunks of a chunked body (RFC 9112 §7.1), resumable at every byte. Chunk extensions are
// refused: no backend needs them and parsers disagree about their end.

import { CR, LF } from "../../bytes/ascii.ts";
import { HEX_VALUE } from "./grammar.ts";
import { Problem } from "./problem.ts";

/** 13 hexadecimal digits are 52 bits, the most a double counts exactly. Leading zeros are free. */
const MAX_SIZE_DIGITS = 13;
/** Zeros in front of a size that are tolerated; more would be a way to send bytes for ever. */
const MAX_LEADING_ZEROS = 16;

/** What the last {@link ChunkReader.read} met. */
export const ChunkStatus = { MORE: 0, LAST: 1, BAD: 2 } as const;
export type ChunkStatus = 0 | 1 | 2;

const State = { SIZE_FIRST: 0, SIZE: 1, SIZE_LF: 2, DATA: 3, DATA_CR: 4, DATA_LF: 5 } as const;
type State = typeof State[keyof typeof State];

/** Follows chunk by chunk until the last chunk's size line. Reused: {@link begin}. */
export class ChunkReader {
  status: ChunkStatus = ChunkStatus.MORE;
  problem: Problem = Problem.NONE;
  /** Bounds of the chunk data consumed by the last {@link read}. */
  dataStart = 0;
  dataEnd = 0;
  #state: State = State.SIZE_FIRST;
  #size = 0;
  #digits = 0;
  #zeros = 0;

  begin(): void {
    this.status = ChunkStatus.MORE;
    this.problem = Problem.NONE;
    this.#startSize();
  }

  /** Consumes up to the end of one run of chunk data, or up to `end`; returns the next position. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    this.dataStart = this.dataEnd = start;
    while (at < end) {
      const byte = bytes[at] as number;
      switch (this.#state) {
        case State.SIZE_FIRST:
        case State.SIZE:
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
