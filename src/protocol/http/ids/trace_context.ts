// Trace context (W3C Recommendation, level 1): reading a traceparent field, and writing the one that
// goes on. Ids are lower-case hexadecimal in ASCII, as they are on the wire. Draws no random numbers.

import { asciiBytes, copyBytes, CR, LF } from "../../../bytes/ascii.ts";

/** Digits of the id of a trace, and of the id of a span in it. */
export const TRACE_ID_LENGTH = 32;
export const SPAN_ID_LENGTH = 16;

/** `00-` trace `-` span `-` flags. */
const VALUE_LENGTH = 55;
const TRACE_START = 3;
const SPAN_START = 36;
const FLAGS_START = 53;

const ZERO = 0x30;
const DASH = 0x2d;
const LETTER_F = 0x66;

const NAME = asciiBytes("traceparent: 00-");
const SAMPLED = asciiBytes("-01");
const UNSAMPLED = asciiBytes("-00");

/** Bytes of {@linkcode writeTraceparent}. */
export const TRACEPARENT_LINE_BYTES = "traceparent: ".length + VALUE_LENGTH + 2;

/** The place of one request in a trace. Reused. */
export class TraceContext {
  readonly traceId = new Uint8Array(TRACE_ID_LENGTH);
  /** The span of this proxy. */
  readonly spanId = new Uint8Array(SPAN_ID_LENGTH);
  /** The span of who asked; means something only when {@linkcode hasParent}. */
  readonly parentId = new Uint8Array(SPAN_ID_LENGTH);
  hasParent = false;
  /** The trace is recorded. */
  sampled = false;
}

/**
 * Reads the value in `bytes[start, end)`: trace, parent and the sampled flag. False when it is none;
 * then nothing is changed.
 */
export function readTraceparent(
  bytes: Uint8Array,
  start: number,
  end: number,
  context: TraceContext,
): boolean {
  if (!isTraceparent(bytes, start, end)) return false;
  copyBytes(bytes, start + TRACE_START, start + TRACE_START + TRACE_ID_LENGTH, context.traceId, 0);
  copyBytes(bytes, start + SPAN_START, start + SPAN_START + SPAN_ID_LENGTH, context.parentId, 0);
  context.hasParent = true;
  context.sampled = (hexDigit(bytes[start + FLAGS_START + 1] as number) & 1) === 1;
  return true;
}

/** A later version may be longer, after one more dash; ours must not be (section 3.2.2.3). */
function isTraceparent(bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  if (length < VALUE_LENGTH || !isHex(bytes, start, start + 2)) return false;
  const first = bytes[start] as number;
  const second = bytes[start + 1] as number;
  if (first === LETTER_F && second === LETTER_F) return false;
  const isOurs = first === ZERO && second === ZERO;
  if (length > VALUE_LENGTH && (isOurs || bytes[start + VALUE_LENGTH] !== DASH)) return false;
  for (const at of [TRACE_START, SPAN_START, FLAGS_START]) {
    if (bytes[start + at - 1] !== DASH) return false;
  }
  return isId(bytes, start + TRACE_START, TRACE_ID_LENGTH) &&
    isId(bytes, start + SPAN_START, SPAN_ID_LENGTH) &&
    isHex(bytes, start + FLAGS_START, start + VALUE_LENGTH);
}

/** Hexadecimal, and not all zeros. */
function isId(bytes: Uint8Array, start: number, length: number): boolean {
  let seen = 0;
  for (let i = start; i < start + length; i++) seen |= (bytes[i] as number) ^ ZERO;
  return seen !== 0 && isHex(bytes, start, start + length);
}

function isHex(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (hexDigit(bytes[i] as number) < 0) return false;
  }
  return true;
}

/** Value of a lower-case digit, -1 for every other byte. */
function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= 0x39) return byte - ZERO;
  return byte >= 0x61 && byte <= LETTER_F ? byte - 0x61 + 10 : -1;
}

/** Writes the line for the next hop, whose parent this proxy is; returns the position behind it. */
export function writeTraceparent(context: TraceContext, target: Uint8Array, at: number): number {
  at = copyBytes(NAME, 0, NAME.length, target, at);
  at = copyBytes(context.traceId, 0, TRACE_ID_LENGTH, target, at);
  target[at++] = DASH;
  at = copyBytes(context.spanId, 0, SPAN_ID_LENGTH, target, at);
  const flags = context.sampled ? SAMPLED : UNSAMPLED;
  at = copyBytes(flags, 0, flags.length, target, at);
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}
