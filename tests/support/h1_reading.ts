// Drives the HTTP/1.1 readers over a delivery and tells what they found, as plain values that can be
// compared: two deliveries of the same bytes must give equal readings.

import { asciiText } from "../../src/bytes/ascii.ts";
import { BodyReader } from "../../src/protocol/h1/body_reader.ts";
import { ReadStatus } from "../../src/protocol/h1/field_reader.ts";
import {
  type HeadReader,
  requestHeadReader,
  responseHeadReader,
} from "../../src/protocol/h1/head_reader.ts";
import { Problem } from "../../src/protocol/h1/problem.ts";
import { Field, type MessageHead } from "../../src/protocol/http/message_head.ts";

/** Bytes in front of a message in its buffer, so that offset 0 is never right by accident. */
const LEAD = 7;

/** What a reader made of a head; everything but status and problem is empty unless DONE. */
export interface HeadReading {
  readonly status: ReadStatus;
  readonly problem: Problem;
  /** Length of the head. */
  readonly length: number;
  readonly start: string;
  readonly version: number;
  readonly statusCode: number;
  readonly authority: string;
  readonly host: string;
  readonly path: string;
  /** Each `name: value` of the fields in order. */
  readonly fields: readonly string[];
  readonly framing: number;
  readonly contentLength: number;
}

const NOTHING: Omit<HeadReading, "status" | "problem"> = {
  length: 0,
  start: "",
  version: 0,
  statusCode: 0,
  authority: "",
  host: "",
  path: "",
  fields: [],
  framing: 0,
  contentLength: 0,
};

/** The bytes of a text whose characters are bytes. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A delivery in one piece. */
export function whole(text: string): Uint8Array[] {
  return [latin1Bytes(text)];
}

/** `name: value` of every field of a head. */
export function fieldLines(head: MessageHead): string[] {
  return Array.from({ length: head.count }, (_, i) => {
    const name = asciiText(head.bytes, head.at(i, Field.NAME_START), head.at(i, Field.NAME_END));
    const value = asciiText(head.bytes, head.at(i, Field.VALUE_START), head.at(i, Field.VALUE_END));
    return `${name}: ${value}`;
  });
}

/** What `reader` holds after it answered `status`. */
export function readingOf(reader: HeadReader, status: ReadStatus): HeadReading {
  const { head, problem } = reader;
  if (status !== ReadStatus.DONE) return { status, problem, ...NOTHING };
  const text = (start: number, end: number) => asciiText(head.bytes, start, end);
  return {
    status,
    problem,
    length: head.end - head.start,
    start: text(head.start, head.fieldsStart),
    version: head.version,
    statusCode: head.status,
    authority: text(head.authorityStart, head.authorityEnd),
    host: head.status === 0 ? text(head.hostStart, head.hostEnd) : "",
    path: head.status === 0 ? text(head.pathStart, head.pathEnd) : "",
    fields: fieldLines(head),
    framing: head.framing,
    contentLength: head.contentLength,
  };
}

/** How {@link feedHead} treats the buffer while the head arrives. */
export interface HeadFeeding {
  /** Before each of these chunks everything moves to another buffer, to another offset. */
  readonly moveBefore?: ReadonlySet<number>;
}

/** Feeds `chunks` to `reader` until it is done; returns its last answer. */
export function feedHead(
  reader: HeadReader,
  chunks: readonly Uint8Array[],
  { moveBefore = new Set() }: HeadFeeding = {},
): ReadStatus {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  let start = LEAD;
  let bytes = new Uint8Array(LEAD * 2 + total).fill(0x0d);
  let end = start;
  let status: ReadStatus = ReadStatus.MORE;
  reader.begin(bytes, start);
  for (const [index, chunk] of chunks.entries()) {
    if (moveBefore.has(index)) {
      const target = start === LEAD ? LEAD - 3 : LEAD;
      const moved = new Uint8Array(bytes.length).fill(0x0a);
      moved.set(bytes.subarray(start, end), target);
      bytes.fill(0xee);
      reader.relocate(moved, target - start);
      bytes = moved;
      end += target - start;
      start = target;
    }
    bytes.set(chunk, end);
    end += chunk.length;
    status = reader.read(end);
    if (status !== ReadStatus.MORE) break;
  }
  return status;
}

/** Reads a request head. */
export function readRequest(chunks: readonly Uint8Array[], feeding?: HeadFeeding): HeadReading {
  const reader = requestHeadReader();
  return readingOf(reader, feedHead(reader, chunks, feeding));
}

/** Reads a response head; `toHead` says that the request was a HEAD request. */
export function readResponse(
  chunks: readonly Uint8Array[],
  feeding?: HeadFeeding & { readonly toHead?: boolean },
): HeadReading {
  const reader = responseHeadReader();
  reader.head.toHead = feeding?.toHead ?? false;
  return readingOf(reader, feedHead(reader, chunks, feeding));
}

/** What a body reader made of its input. */
export interface BodyReading {
  readonly done: boolean;
  readonly problem: Problem;
  /** Bytes that belong to the body, framing included. */
  readonly consumed: number;
  /** The payload as Latin-1 text. */
  readonly payload: string;
}

/** Feeds what follows `head` to a body reader; the payload is collected with `next`. */
export function readBody(head: MessageHead, chunks: readonly Uint8Array[]): BodyReading {
  const body = new BodyReader();
  body.begin(head);
  let consumed = 0;
  let payload = "";
  for (const chunk of chunks) {
    const bytes = new Uint8Array(chunk.length + 2 * LEAD).fill(0x30);
    bytes.set(chunk, LEAD);
    const end = LEAD + chunk.length;
    for (let at = LEAD; at < end && !body.done && body.problem === Problem.NONE;) {
      const next = body.next(bytes, at, end);
      payload += asciiText(bytes, body.dataStart, body.dataEnd);
      consumed += next - at;
      at = next;
    }
  }
  return { done: body.done, problem: body.problem, consumed, payload };
}

/** The same with `advance`, which relays use; it tells no payload. */
export function advanceBody(
  head: MessageHead,
  chunks: readonly Uint8Array[],
): Omit<BodyReading, "payload"> {
  const body = new BodyReader();
  body.begin(head);
  let consumed = 0;
  // A copy, because what must not be passed on is cut out where it lies.
  for (const chunk of chunks) consumed += body.advance(chunk.slice(), 0, chunk.length);
  return { done: body.done, problem: body.problem, consumed };
}
