// Builds the head of a response from its fields (RFC 9113 section 8.3.2): `:status` becomes the status line
// of HTTP/1.1.

import { asciiBytes, equalBytes } from "../../../bytes/ascii.ts";
import { HeaderKind } from "../../http/header_kind.ts";
import { BodyFraming, FieldFlag, Framed } from "../../http/message_head.ts";
import { FieldSection } from "./field_section.ts";
import { HeadProblem } from "./head_problem.ts";

const STATUS = asciiBytes(":status");
const VERSION = asciiBytes("HTTP/1.1 ");
/** HTTP/2 has no reasons; this one tells where the response came from. */
const REASON = asciiBytes(" FromH2\r\n");
const START_BYTES = 32;
const LEAST_STATUS = 100;
/** RFC 9113 section 8.6: there is nothing to switch to. */
const SWITCHING_PROTOCOLS = 101;

/** Whether a response with this status never has content (RFC 9110 section 6.4.1). */
export function hasNoContent(status: number): boolean {
  return status < 200 || status === 204 || status === 304;
}

/** A builder of response heads; one head may come after several interim ones. */
export class ResponseHeadBuilder extends FieldSection {
  /** The request this response answers was a HEAD request. */
  toHead = false;
  #status = 0;
  #start = 0;

  /** Ends the head; false when it is malformed. */
  finish(endsStream: boolean): boolean {
    if (!this.end()) return false;
    const head = this.head;
    head.toHead = this.toHead;
    if (head.status < 200 && endsStream) {
      this.fail(HeadProblem.END_OF_STREAM);
      return false;
    }
    if (this.toHead || hasNoContent(head.status)) {
      this.#withoutContent();
    } else if (head.framing !== BodyFraming.LENGTH) {
      head.framed = endsStream ? Framed.EMPTY : Framed.BODY;
      head.framing = endsStream ? BodyFraming.LENGTH : BodyFraming.CHUNKED;
    } else if (endsStream && head.contentLength > 0) {
      this.fail(HeadProblem.BODY_LENGTH);
      return false;
    }
    return true;
  }

  protected override beginSection(): void {
    this.#status = 0;
  }

  protected override pseudoField(source: Uint8Array, start: number, end: number): number {
    return equalBytes(source, start, end, STATUS, 0, STATUS.length) ? 0 : -1;
  }

  protected override pseudoValue(_pseudo: number, start: number, end: number): void {
    if (this.#status > 0) return this.fail(HeadProblem.DUPLICATE_PSEUDO);
    if (end - start !== 3) return this.fail(HeadProblem.INVALID_STATUS);
    let status = 0;
    for (let at = start; at < end; at++) {
      const digit = (this.bytes[at] as number) - 0x30;
      if (digit < 0 || digit > 9) return this.fail(HeadProblem.INVALID_STATUS);
      status = status * 10 + digit;
    }
    if (status < LEAST_STATUS || status === SWITCHING_PROTOCOLS) {
      return this.fail(HeadProblem.INVALID_STATUS);
    }
    this.#status = status;
    this.#start = start;
  }

  protected override checkPseudo(): number {
    if (this.#status === 0) this.fail(HeadProblem.MISSING_PSEUDO);
    return START_BYTES;
  }

  protected override writeStart(): void {
    const head = this.head;
    this.write(VERSION, 0, VERSION.length);
    this.write(this.scratch, this.#start, this.#start + 3);
    head.status = this.#status;
    head.reasonStart = this.taken + 1;
    this.write(REASON, 0, REASON.length);
    head.reasonEnd = this.taken - 2;
    head.fieldsStart = this.taken;
  }

  protected override keeps(kind: number, start: number, end: number): boolean {
    if (kind !== HeaderKind.CONTENT_LENGTH) return true;
    return this.takesLength(start, end);
  }

  /** A length says what GET would have got; in 1xx and 204 it says nothing (RFC 9110 section 8.6). */
  #withoutContent(): void {
    const head = this.head;
    head.framing = BodyFraming.NONE;
    if (head.status >= 200 && head.status !== 204) return;
    head.contentLength = 0;
    const field = head.lastOf(HeaderKind.CONTENT_LENGTH);
    if (field >= 0) head.flag(field, FieldFlag.DROP);
  }
}
