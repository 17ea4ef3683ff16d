// Reads whole request and response heads: start line, fields, then their meaning. One reader per
// direction of a connection, reused for every message; the head it fills stays valid until `begin`.

import { HeaderKind } from "../http/header_kind.ts";
import { Field, MessageHead } from "../http/message_head.ts";
import { FieldReader, ReadStatus } from "./field_reader.ts";
import { Problem } from "./problem.ts";
import { checkRequest } from "./request_rules.ts";
import { checkResponse } from "./response_rules.ts";
import { RequestLineReader, StatusLineReader } from "./start_line.ts";

const NO_BYTES = new Uint8Array(0);
/** Of a request line, method and target are of interest for themselves. */
const REQUEST_PARTS = 2;

/** The part of a head reader that differs between requests and responses. */
interface StartLineReader {
  readonly position: number;
  readonly problem: Problem;
  readonly parts: number;
  begin(at: number): void;
  read(head: MessageHead, end: number): ReadStatus;
  relocate(shift: number): void;
}

/** Reads the heads of one direction (RFC 9112 §3 and §4). */
export class HeadReader {
  readonly head: MessageHead;
  /** Why the last `read` answered BAD. */
  problem: Problem = Problem.NONE;
  readonly #line: StartLineReader;
  readonly #fields = new FieldReader();
  readonly #check: (head: MessageHead) => Problem;
  #inFields = false;

  /** `check` judges a complete head and fills its meaning in; `head` is what is filled. */
  constructor(
    line: StartLineReader,
    check: (head: MessageHead) => Problem,
    head = new MessageHead(NO_BYTES),
  ) {
    this.head = head;
    this.#line = line;
    this.#check = check;
  }

  /** Bytes that field values may hold, from the next head on. */
  set values(values: Uint8Array) {
    this.#fields.values = values;
  }

  /** Starts a head at `bytes[at]`. */
  begin(bytes: Uint8Array, at: number): void {
    this.head.reset(bytes, at);
    this.#line.begin(at);
    this.#inFields = false;
    this.problem = Problem.NONE;
  }

  /** Reads up to `end`; on DONE `head.end` is the first byte of the body. BAD is final. */
  read(end: number): ReadStatus {
    if (this.problem !== Problem.NONE) return ReadStatus.BAD;
    if (!this.#inFields) {
      const status = this.#line.read(this.head, end);
      if (status !== ReadStatus.DONE) return this.#stop(status, this.#line.problem);
      this.#inFields = true;
      this.head.fieldsStart = this.#line.position;
      this.#fields.begin(this.#line.position);
    }
    const status = this.#fields.read(this.head, end);
    if (status !== ReadStatus.DONE) return this.#stop(status, this.#fields.problem);
    this.head.end = this.#fields.position;
    this.problem = this.#check(this.head);
    return this.problem === Problem.NONE ? ReadStatus.DONE : ReadStatus.BAD;
  }

  /**
   * Ends a request head that is refused with what has been read of it, for logs: method, target and fields so
   * far, and the first Host as the authority. It is empty when there was no method.
   */
  endRefused(): void {
    const { head } = this;
    const parts = this.#inFields ? REQUEST_PARTS : this.#line.parts;
    if (parts === 0) {
      head.end = head.start;
      return;
    }
    head.end = this.#inFields ? this.#fields.position : this.#line.position;
    if (parts === 1) head.targetStart = head.targetEnd = head.methodEnd;
    head.pathStart = head.targetStart;
    head.pathEnd = head.targetEnd;
    for (let i = 0; i < head.count && head.authorityStart === head.authorityEnd; i++) {
      if (!head.isKind(i, HeaderKind.HOST)) continue;
      head.authorityStart = head.at(i, Field.VALUE_START);
      head.authorityEnd = head.at(i, Field.VALUE_END);
    }
  }

  /** Follows an incomplete head to another buffer where everything lies `shift` further. */
  relocate(bytes: Uint8Array, shift: number): void {
    this.head.relocate(bytes, shift);
    this.#line.relocate(shift);
    this.#fields.relocate(shift);
  }

  #stop(status: ReadStatus, problem: Problem): ReadStatus {
    this.problem = problem;
    return status;
  }
}

/** A reader of request heads. */
export function requestHeadReader(): HeadReader {
  return new HeadReader(new RequestLineReader(), checkRequest);
}

/** A reader of response heads, into `head` if one is given; set `head.toHead` before reading. */
export function responseHeadReader(head?: MessageHead): HeadReader {
  return new HeadReader(new StatusLineReader(), checkResponse, head);
}
