// The access log as lines: fields separated by spaces, in a fixed order. What a client sent is made harmless: no
// byte of it can end a field or a line.

import { asciiBytes, copyBytes, SP } from "../../bytes/ascii.ts";
import { writeDecimal } from "../../bytes/decimal.ts";
import type { AccessFormat, AccessRecord, ByteSlice, LoggedTrace } from "./record.ts";
import { LinePrompt, type PromptFacts } from "../log/line_prompt.ts";
import { safeText } from "../log/safe_text.ts";

/** All punctuation, numbers and ids of a line, colours included. */
const FIXED_BYTES = 640;
/** A broken byte of what should be UTF-8 is shown as a character of three. */
const WORST_GROWTH = 3;

const DASH = 0x2d;
const SLASH = 0x2f;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const LF = 0x0a;

const NONE = asciiBytes("None");
const SOME = asciiBytes("Some(");
const USER_AGENT = asciiBytes("user-agent=");
const COMMA_SPACE = asciiBytes(", ");
const BAR = asciiBytes(" | ");
const UNITS = {
  seconds: asciiBytes("s"),
  millis: asciiBytes("ms"),
  micros: asciiBytes("\u03bcs"),
  nanos: asciiBytes("ns"),
};

const BOLD = asciiBytes("\x1b[;1m");
const DIM = asciiBytes("\x1b[2m");
const RESET = asciiBytes("\x1b[m");
/** Colours of the status by its class, from 1xx. */
const STATUS_COLORS = ["", "\x1b[32m", "\x1b[34m", "\x1b[33m", "\x1b[31m"].map(asciiBytes);

/** Graphic bytes as they are, everything else a `?`. */
const FIELD_TABLE = byteTable({});
/** The same for a field in brackets that may hold several words. */
const BRACKET_TABLE = byteTable({ " ": "_", "[": "{", "]": "}" });

function byteTable(replaced: Readonly<Record<string, string>>): Uint8Array {
  const table = new Uint8Array(256).fill("?".charCodeAt(0));
  for (let byte = 0x21; byte < 0x7f; byte++) table[byte] = byte;
  for (const [from, to] of Object.entries(replaced)) table[from.charCodeAt(0)] = to.charCodeAt(0);
  return table;
}

/** Writes lines. */
export class AsciiAccessFormat implements AccessFormat {
  readonly #info: LinePrompt;
  readonly #error: LinePrompt;
  readonly #colored: boolean;

  constructor(facts: PromptFacts) {
    this.#colored = facts.colored;
    this.#info = new LinePrompt(facts, "INFO-ACCESS ", "\x1b[;35;1m");
    this.#error = new LinePrompt(facts, "ERROR-ACCESS", "\x1b[;35;1m");
  }

  bound(record: AccessRecord): number {
    return FIXED_BYTES + record.clientBytes * WORST_GROWTH + (record.message?.length ?? 0) +
      (record.reason?.length ?? 0) + (record.cluster?.plain.length ?? 0) +
      (record.backend?.plain.length ?? 0) + (record.tags?.plain.length ?? 0) +
      (record.session?.tls?.client?.plain.length ?? 0);
  }

  write(record: AccessRecord, target: Uint8Array, at: number): number {
    const prompt = record.failed ? this.#error : this.#info;
    at = prompt.write(record.timeMicros, target, at);
    at = this.#style(BOLD, target, at);
    at = writeContext(record, target, at);
    at = this.#style(RESET, target, at);
    target[at++] = SP;
    at = writeOr(record.session?.client?.plain, target, at);
    target[at++] = SP;
    at = writeOr(record.backendAddress?.plain, target, at);
    target[at++] = SP;
    at = writeDurations(record, target, at);
    target[at++] = SP;
    at = writeDecimal(record.bytesIn, target, at);
    target[at++] = SP;
    at = writeDecimal(record.bytesOut, target, at);
    target[at++] = SP;
    at = this.#style(DIM, target, at);
    at = writeTags(record, target, at);
    target[at++] = SP;
    at = writeTrace(record.trace, target, at);
    target[at++] = SP;
    at = this.#style(BOLD, target, at);
    at = writeAll(record.protocol, target, at);
    target[at++] = SP;
    at = this.#writeEndpoint(record, target, at);
    at = this.#style(RESET, target, at);
    at = writeMessage(record, target, at);
    target[at] = LF;
    return at + 1;
  }

  #writeEndpoint(record: AccessRecord, target: Uint8Array, at: number): number {
    if (!record.isHttp) return writeDash(target, at);
    at = writeSlice(record.authority, FIELD_TABLE, target, at);
    target[at++] = SP;
    at = writeSlice(record.method, FIELD_TABLE, target, at);
    target[at++] = SP;
    at = writeSlice(record.path, FIELD_TABLE, target, at);
    target[at++] = SP;
    if (record.status === 0) return writeDash(target, at);
    const color = STATUS_COLORS[Math.floor(record.status / 100) - 1];
    if (color !== undefined) at = this.#style(color, target, at);
    return writeDecimal(record.status, target, at);
  }

  #style(code: Uint8Array, target: Uint8Array, at: number): number {
    return this.#colored ? writeAll(code, target, at) : at;
  }
}

/** `[session request cluster backend]`. */
function writeContext(record: AccessRecord, target: Uint8Array, at: number): number {
  target[at++] = OPEN;
  at = writeOr(record.session?.id, target, at);
  target[at++] = SP;
  at = writeOr(record.requestId, target, at);
  target[at++] = SP;
  at = writeOr(record.cluster?.plain, target, at);
  target[at++] = SP;
  at = writeOr(record.backend?.plain, target, at);
  target[at] = CLOSE;
  return at + 1;
}

function writeDurations(record: AccessRecord, target: Uint8Array, at: number): number {
  at = writeDuration(record.requestTime, target, at);
  target[at++] = SLASH;
  at = writeDuration(record.serviceTime, target, at);
  target[at++] = SLASH;
  at = writeDuration(record.responseTime, target, at);
  target[at++] = SLASH;
  at = writeDuration(record.clientRtt, target, at);
  target[at++] = SLASH;
  return writeDuration(record.serverRtt, target, at);
}

/** Two digits at the least, in the largest unit that leaves them. */
function writeDuration(micros: number, target: Uint8Array, at: number): number {
  if (micros < 0) return writeDash(target, at);
  if (micros >= 10_000_000) return writeAmount(micros / 1_000_000, UNITS.seconds, target, at);
  if (micros >= 10_000) return writeAmount(micros / 1_000, UNITS.millis, target, at);
  if (micros >= 10) return writeAmount(micros, UNITS.micros, target, at);
  return writeAmount(micros * 1_000, UNITS.nanos, target, at);
}

function writeAmount(value: number, unit: Uint8Array, target: Uint8Array, at: number): number {
  return writeAll(unit, target, writeDecimal(Math.floor(value), target, at));
}

function writeTags(record: AccessRecord, target: Uint8Array, at: number): number {
  target[at++] = OPEN;
  const first = at;
  if (record.tags !== null) at = writeAll(record.tags.plain, target, at);
  const client = record.session?.tls?.client ?? null;
  if (client !== null) {
    if (at > first) at = writeAll(COMMA_SPACE, target, at);
    at = writeAll(client.plain, target, at);
  }
  if (record.userAgent.length > 0) {
    if (at > first) at = writeAll(COMMA_SPACE, target, at);
    at = writeAll(USER_AGENT, target, at);
    at = writeSlice(record.userAgent, BRACKET_TABLE, target, at);
  }
  target[at] = CLOSE;
  return at + 1;
}

function writeTrace(trace: LoggedTrace | null, target: Uint8Array, at: number): number {
  if (trace === null) return writeAll(NONE, target, at);
  at = writeAll(SOME, target, at);
  at = writeAll(trace.traceId, target, at);
  target[at++] = SP;
  at = writeAll(trace.spanId, target, at);
  target[at++] = SP;
  at = trace.hasParent ? writeAll(trace.parentId, target, at) : writeDash(target, at);
  target[at] = 0x29;
  return at + 1;
}

/** How it ended, and the reason if this proxy answered itself. */
function writeMessage(record: AccessRecord, target: Uint8Array, at: number): number {
  const { message, reason } = record;
  if (message === null && reason === null) return at;
  at = writeAll(BAR, target, at);
  if (message !== null) at = writeAll(message, target, at);
  if (reason === null) return at;
  if (message !== null) target[at++] = SP;
  return writeAll(reason, target, at);
}

/** What a client sent, byte by byte through a table; `-` when it is empty. */
function writeSlice(
  slice: ByteSlice,
  table: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  const { bytes, start, end } = slice;
  if (end === start) return writeDash(target, at);
  let all = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    all |= byte;
    target[at + i - start] = table[byte] as number;
  }
  return all < 0x80 ? at + end - start : writeUnicode(slice, table, target, at);
}

/** The rare slice that is more than ASCII: what it means as UTF-8, without what is harmful. */
function writeUnicode(
  { bytes, start, end }: ByteSlice,
  table: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  const text = safeText(
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(start, end)),
  )
    .replace(/\s/gu, " ");
  const { written } = new TextEncoder().encodeInto(text, target.subarray(at));
  for (let i = at; i < at + written; i++) {
    const byte = target[i] as number;
    if (byte < 0x80) target[i] = table[byte] as number;
  }
  return at + written;
}

function writeOr(bytes: Uint8Array | null | undefined, target: Uint8Array, at: number): number {
  return bytes === null || bytes === undefined
    ? writeDash(target, at)
    : writeAll(bytes, target, at);
}

function writeAll(bytes: Uint8Array, target: Uint8Array, at: number): number {
  return copyBytes(bytes, 0, bytes.length, target, at);
}

function writeDash(target: Uint8Array, at: number): number {
  target[at] = DASH;
  return at + 1;
}
