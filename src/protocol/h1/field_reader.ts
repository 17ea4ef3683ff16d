// Reads header lines up to the empty line (RFC 9112 §5), resumable at every byte: what has been
// scanned is never scanned again, so a peer that drips single bytes costs no more than one that does
// not. Fills a MessageHead; judges the syntax of lines, not the meaning of headers.

import { COLON, CR, HTAB, LF, SP } from "../../bytes/ascii.ts";
import { headerKind } from "../http/header_kind.ts";
import { FieldFlag, type MessageHead } from "../http/message_head.ts";
import { FIELD_VALUE, TOKEN } from "./grammar.ts";
import { Problem } from "./problem.ts";

/** Outcome of feeding bytes to a reader. */
export const ReadStatus = { MORE: 0, DONE: 1, BAD: 2 } as const;
export type ReadStatus = 0 | 1 | 2;

const State = { LINE: 0, NAME: 1, OWS: 2, VALUE: 3, VALUE_LF: 4, END_LF: 5 } as const;
type State = typeof State[keyof typeof State];

/** Reads the fields of one head. Reused: {@link begin} before each message. */
export class FieldReader {
  /** Next byte to look at; after DONE the first byte behind the empty line. */
  position = 0;
  problem: Problem = Problem.NONE;
  /** Bytes that values may hold, a table such as {@link FIELD_VALUE}; kept by {@link begin}. */
  values: Uint8Array = FIELD_VALUE;
  #state: State = State.LINE;
  #nameStart = 0;
  #nameEnd = 0;
  #valueStart = 0;

  /** Starts at the first byte of the first header line. */
  begin(at: number): void {
    this.position = at;
    this.problem = Problem.NONE;
    this.#state = State.LINE;
  }

  /** Follows the bytes to a buffer where everything lies `shift` further. */
  relocate(shift: number): void {
    this.position += shift;
    this.#nameStart += shift;
    this.#nameEnd += shift;
    this.#valueStart += shift;
  }

  /** Reads `head.bytes` up to `end`. */
  read(head: MessageHead, end: number): ReadStatus {
    const bytes = head.bytes;
    const values = this.values;
    let at = this.position;
    while (at < end) {
      if (this.#state === State.LINE) {
        if (bytes[at] === CR) {
          this.#state = State.END_LF;
          at++;
          continue;
        }
        this.#nameStart = at;
        this.#state = State.NAME;
      }
      if (this.#state === State.NAME) {
        while (at < end && TOKEN[bytes[at] as number] === 1) at++;
        if (at === end) break;
        if (bytes[at] !== COLON || at === this.#nameStart) return this.#bad(Problem.FIELD_NAME, at);
        this.#nameEnd = at++;
        this.#state = State.OWS;
      }
      if (this.#state === State.OWS) {
        while (at < end && isBlank(bytes[at] as number)) at++;
        if (at === end) break;
        this.#valueStart = at;
        this.#state = State.VALUE;
      }
      if (this.#state === State.VALUE) {
        while (at < end && values[bytes[at] as number] === 1) at++;
        if (at === end) break;
        if (bytes[at] !== CR) return this.#bad(Problem.FIELD_VALUE, at);
        at++;
        this.#state = State.VALUE_LF;
        if (at === end) break;
      }
      if (bytes[at] !== LF) return this.#bad(Problem.LINE_END, at);
      at++;
      if (this.#state === State.END_LF) {
        this.position = at;
        return ReadStatus.DONE;
      }
      this.#store(head, at);
      this.#state = State.LINE;
    }
    this.position = at;
    return ReadStatus.MORE;
  }

  #store(head: MessageHead, lineEnd: number): void {
    const bytes = head.bytes;
    const rawEnd = lineEnd - 2;
    let valueEnd = rawEnd;
    while (valueEnd > this.#valueStart && isBlank(bytes[valueEnd - 1] as number)) valueEnd--;
    let kind = headerKind(bytes, this.#nameStart, this.#nameEnd);
    const canonical = valueEnd === rawEnd && this.#valueStart === this.#nameEnd + 2 &&
      bytes[this.#nameEnd + 1] === SP;
    if (!canonical) kind |= FieldFlag.REWRITE;
    head.push(this.#nameStart, this.#nameEnd, this.#valueStart, valueEnd, lineEnd, kind);
  }

  #bad(problem: Problem, at: number): ReadStatus {
    this.problem = problem;
    this.position = at;
    return ReadStatus.BAD;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
