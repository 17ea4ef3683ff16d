// Reads request lines and status lines (RFC 9112 §3, §4), resumable at every byte. The first byte that
// cannot belong to the line ends it, so garbage is refused before a whole head has arrived.

import { asciiBytes, CR, LF, SP } from "../../bytes/ascii.ts";
import type { MessageHead } from "../http/message_head.ts";
import { ReadStatus } from "./field_reader.ts";
import { FIELD_VALUE, TARGET, TOKEN } from "./grammar.ts";
import { Problem } from "./problem.ts";

const VERSION_PREFIX = asciiBytes("HTTP/1.");
const VERSION_LENGTH = VERSION_PREFIX.length + 1;

/** What the readers of both lines share: where they are and what was wrong. */
abstract class LineReader {
  position = 0;
  problem: Problem = Problem.NONE;
  /** The part of the line that is being read; the first of either line is 0. */
  protected state = 0;
  /** Where that part began. */
  protected mark = 0;

  /** How many parts of the line have been read as a whole. */
  get parts(): number {
    return this.state;
  }

  begin(at: number): void {
    this.position = at;
    this.mark = at;
    this.problem = Problem.NONE;
    this.state = 0;
  }

  /** Follows the bytes to a buffer where everything lies `shift` further. */
  relocate(shift: number): void {
    this.position += shift;
    this.mark += shift;
  }

  protected bad(problem: Problem, at: number): ReadStatus {
    this.problem = problem;
    this.position = at;
    return ReadStatus.BAD;
  }
}

const RequestState = { METHOD: 0, TARGET: 1, VERSION: 2, LINE_CR: 3, LINE_LF: 4 } as const;

/** Reads `method SP target SP version CRLF`. Reused: {@link begin} before each message. */
export class RequestLineReader extends LineReader {
  /** Reads `head.bytes` up to `end` and fills the request line of `head`. */
  read(head: MessageHead, end: number): ReadStatus {
    const bytes = head.bytes;
    let at = this.position;
    while (at < end) {
      if (this.state === RequestState.METHOD) {
        while (at < end && TOKEN[bytes[at] as number] === 1) at++;
        if (at === end) break;
        if (bytes[at] !== SP || at === this.mark) return this.bad(Problem.METHOD, at);
        head.methodStart = this.mark;
        head.methodEnd = at++;
        this.mark = at;
        this.state = RequestState.TARGET;
      }
      if (this.state === RequestState.TARGET) {
        while (at < end && TARGET[bytes[at] as number] === 1) at++;
        if (at === end) break;
        if (bytes[at] !== SP || at === this.mark) return this.bad(Problem.TARGET, at);
        head.targetStart = this.mark;
        head.targetEnd = at++;
        this.mark = at;
        this.state = RequestState.VERSION;
      }
      while (this.state === RequestState.VERSION && at < end) {
        const byte = bytes[at] as number;
        if (!isVersionByte(byte, at - this.mark)) return this.bad(Problem.VERSION, at);
        at++;
        if (at - this.mark < VERSION_LENGTH) continue;
        head.version = byte === 0x30 ? 10 : 11;
        this.state = RequestState.LINE_CR;
      }
      if (at === end) break;
      if (this.state === RequestState.LINE_CR) {
        if (bytes[at] !== CR) return this.bad(Problem.VERSION, at);
        at++;
        this.state = RequestState.LINE_LF;
        if (at === end) break;
      }
      if (bytes[at] !== LF) return this.bad(Problem.LINE_END, at);
      this.position = at + 1;
      return ReadStatus.DONE;
    }
    this.position = at;
    return ReadStatus.MORE;
  }
}

const StatusState = {
  VERSION: 0,
  SPACE: 1,
  CODE: 2,
  CODE_SPACE: 3,
  REASON: 4,
  LINE_LF: 5,
} as const;

/** Reads `version SP 3DIGIT [SP [reason]] CRLF`; the second space is often left out with the reason. Reused: {@link begin} before each message. */
export class StatusLineReader extends LineReader {
  /** Reads `head.bytes` up to `end` and fills the status line of `head`. */
  read(head: MessageHead, end: number): ReadStatus {
    const bytes = head.bytes;
    let at = this.position;
    while (at < end) {
      const byte = bytes[at] as number;
      switch (this.state) {
        case StatusState.VERSION:
          if (!isVersionByte(byte, at - this.mark)) return this.bad(Problem.VERSION, at);
          at++;
          if (at - this.mark < VERSION_LENGTH) break;
          head.version = byte === 0x30 ? 10 : 11;
          this.state = StatusState.SPACE;
          break;
        case StatusState.SPACE:
          if (byte !== SP) return this.bad(Problem.VERSION, at);
          this.mark = ++at;
          this.state = StatusState.CODE;
          break;
        case StatusState.CODE:
          if (byte < 0x30 || byte > 0x39) return this.bad(Problem.STATUS, at);
          head.status = head.status * 10 + (byte - 0x30);
          at++;
          if (at - this.mark === 3) this.state = StatusState.CODE_SPACE;
          break;
        case StatusState.CODE_SPACE:
          if (head.status < 100 || (byte !== SP && byte !== CR)) {
            return this.bad(Problem.STATUS, at);
          }
          this.mark = byte === SP ? ++at : at;
          this.state = StatusState.REASON;
          break;
        case StatusState.REASON:
          while (at < end && FIELD_VALUE[bytes[at] as number] === 1) at++;
          if (at === end) break;
          if (bytes[at] !== CR) return this.bad(Problem.STATUS, at);
          head.reasonStart = this.mark;
          head.reasonEnd = at++;
          this.state = StatusState.LINE_LF;
          break;
        case StatusState.LINE_LF:
          if (byte !== LF) return this.bad(Problem.LINE_END, at);
          this.position = at + 1;
          return ReadStatus.DONE;
      }
    }
    this.position = at;
    return ReadStatus.MORE;
  }
}

/** True when `byte` may stand at `index` of `HTTP/1.0` or `HTTP/1.1`. */
function isVersionByte(byte: number, index: number): boolean {
  if (index < VERSION_PREFIX.length) return byte === VERSION_PREFIX[index];
  return byte === 0x30 || byte === 0x31;
}
