// Reads the trailer section behind the last chunk (RFC 9112 §7.1.2) as it passes. Trailers may not
// change framing or routing (RFC 9110 §6.5.1), and their total size is bounded.

import { COLON, CR, LF } from "../../bytes/ascii.ts";
import { type ClientHeaders, MAX_CLIENT_HEADER_NAME } from "../http/client_headers.ts";
import { HeaderKind, headerKind } from "../http/header_kind.ts";
import { FORBIDDEN_TRAILERS } from "../http/trailer_kinds.ts";
import { FIELD_VALUE, TOKEN } from "./grammar.ts";
import { Problem } from "./problem.ts";

/** nginx and HAProxy bound trailers by their header buffer; 8 KiB is the smaller of the two. */
export const MAX_TRAILER_BYTES = 8 * 1024;

/** Longer names than any header a trailer must not carry need not be remembered. */
const NAME_BUFFER_BYTES = MAX_CLIENT_HEADER_NAME;

const State = { LINE: 0, NAME: 1, VALUE: 2, VALUE_LF: 3, END_LF: 4, DONE: 5 } as const;
type State = typeof State[keyof typeof State];

/** Follows trailer lines to the empty line. Reused: {@link begin}. */
export class TrailerReader {
  problem: Problem = Problem.NONE;
  /** Bytes that values may hold, a table such as {@link FIELD_VALUE}; kept by {@link begin}. */
  values: Uint8Array = FIELD_VALUE;
  /** Names of which no trailer may be, besides those that none ever has; kept by {@link begin}. */
  refused: ClientHeaders | null = null;
  #state: State = State.LINE;
  #total = 0;
  #nameLength = 0;
  readonly #name = new Uint8Array(NAME_BUFFER_BYTES);

  begin(): void {
    this.problem = Problem.NONE;
    this.#state = State.LINE;
    this.#total = 0;
  }

  /** The empty line has been read. */
  get done(): boolean {
    return this.#state === State.DONE;
  }

  /** Consumes trailer bytes up to `end` or the end of the section; returns the next position. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== State.DONE) {
      if (++this.#total > MAX_TRAILER_BYTES) return this.#bad(Problem.TRAILER_TOO_LARGE, at);
      if (!this.#accept(bytes[at] as number)) return this.#bad(Problem.TRAILER, at);
      at++;
    }
    return at;
  }

  #accept(byte: number): boolean {
    switch (this.#state) {
      case State.LINE:
        this.#nameLength = 0;
        if (byte === CR) {
          this.#state = State.END_LF;
          return true;
        }
        this.#state = State.NAME;
        return this.#nameByte(byte);
      case State.NAME:
        return this.#nameByte(byte);
      case State.VALUE:
        if (byte === CR) this.#state = State.VALUE_LF;
        return byte === CR || this.values[byte] === 1;
      case State.VALUE_LF:
        if (byte === LF) this.#state = State.LINE;
        return byte === LF;
      case State.END_LF:
        if (byte === LF) this.#state = State.DONE;
        return byte === LF;
      case State.DONE:
        return false;
    }
  }

  #nameByte(byte: number): boolean {
    if (byte === COLON) {
      if (this.#nameLength === 0) return false;
      this.#state = State.VALUE;
      return !this.#isForbidden();
    }
    if (this.#nameLength < NAME_BUFFER_BYTES) this.#name[this.#nameLength] = byte;
    this.#nameLength++;
    return TOKEN[byte] === 1;
  }

  #isForbidden(): boolean {
    if (this.#nameLength > NAME_BUFFER_BYTES) return false;
    if (this.refused?.has(this.#name, 0, this.#nameLength) === true) return true;
    const kind = headerKind(this.#name, 0, this.#nameLength);
    return kind !== HeaderKind.OTHER && (FORBIDDEN_TRAILERS & (1 << kind)) !== 0;
  }

  #bad(problem: Problem, at: number): number {
    this.problem = problem;
    return at;
  }
}
