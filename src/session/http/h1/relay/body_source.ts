// A message body as it arrives in HTTP/1.1: payload is handed out where it lies, framing is left out, and a
// trailer section is kept for the other end.

import type { BodyReader } from "../../../../protocol/h1/body_reader.ts";
import { FieldReader } from "../../../../protocol/h1/field_reader.ts";
import { Problem } from "../../../../protocol/h1/problem.ts";
import { MAX_TRAILER_BYTES } from "../../../../protocol/h1/trailer_reader.ts";
import { MessageHead } from "../../../../protocol/http/message_head.ts";
import { BodyEnd, type BodySource } from "../../body.ts";

/** Received bytes of which `bytes[start, end)` are unused. */
export interface Received {
  readonly bytes: Uint8Array;
  start: number;
  readonly end: number;
}

/** Where the bytes of a body come from. */
export interface Arriving {
  readonly received: Received;
  /** Reads more, when there are no unused bytes; false when there are no more. */
  more(): Promise<boolean>;
  /** There are no more because the connection is broken: nobody has said that the body ends. */
  readonly broken?: boolean;
  /** So many bytes of the body have been used, framing included. */
  used?(count: number): void;
  /** The body has ended in another way than being complete. */
  failed?(how: BodyEnd): void;
}

/** One body of HTTP/1.1. */
export class H1BodySource implements BodySource {
  trailers: MessageHead | null = null;
  readonly #body: BodyReader;
  readonly #arriving: Arriving;
  #failure: BodyEnd = BodyEnd.OPEN;
  #trailerBytes: Uint8Array | null = null;
  #trailerEnd = 0;
  /** Consumed and not yet told as used. */
  #consumed = 0;

  /** `body` has begun. */
  constructor(body: BodyReader, arriving: Arriving) {
    this.#body = body;
    this.#arriving = arriving;
  }

  get ended(): BodyEnd {
    if (this.#failure !== BodyEnd.OPEN) return this.#failure;
    return this.#body.done ? BodyEnd.COMPLETE : BodyEnd.OPEN;
  }

  async next(): Promise<Uint8Array | null> {
    const body = this.#body;
    const { received } = this.#arriving;
    while (this.ended === BodyEnd.OPEN) {
      if (received.start === received.end && !(await this.#arriving.more())) {
        if (this.#arriving.broken === true || !body.finish()) return this.#fail(BodyEnd.CUT);
        break;
      }
      const { bytes, start, end } = received;
      const { inTrailers } = body;
      received.start = body.next(bytes, start, end);
      this.#consumed += received.start - start;
      if (inTrailers) this.#keep(bytes, start, received.start);
      if (body.dataEnd > body.dataStart) return bytes.subarray(body.dataStart, body.dataEnd);
      if (body.problem !== Problem.NONE) return this.#fail(BodyEnd.MALFORMED);
    }
    this.#tell();
    if (this.ended === BodyEnd.COMPLETE) this.trailers = this.#readTrailers();
    return null;
  }

  taken(_count: number): void {
    this.#tell();
  }

  #tell(): void {
    const count = this.#consumed;
    this.#consumed = 0;
    this.#arriving.used?.(count);
  }

  #fail(how: BodyEnd): null {
    this.#tell();
    this.#failure = how;
    this.#arriving.failed?.(how);
    return null;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#trailerBytes ??= new Uint8Array(MAX_TRAILER_BYTES);
    this.#trailerBytes.set(bytes.subarray(start, end), this.#trailerEnd);
    this.#trailerEnd += end - start;
  }

  /** The lines have passed the rules for trailers: what is left is to find the fields in them. */
  #readTrailers(): MessageHead | null {
    const bytes = this.#trailerBytes;
    if (bytes === null || this.#trailerEnd <= EMPTY_SECTION) return null;
    const head = new MessageHead(bytes);
    head.reset(bytes, 0);
    new FieldReader().read(head, this.#trailerEnd);
    head.end = this.#trailerEnd;
    return head;
  }
}

/** A section without fields is its empty line. */
const EMPTY_SECTION = 2;
