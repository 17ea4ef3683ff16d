// Writes the kept part of a head in HTTP/1.1 form. Lines that need no change are copied in as few runs
// as possible, straight from the buffer they were read into; every line that comes out is spelled
// `name: value CRLF`, whatever way it came in. The caller appends its own lines and the empty line.

import { asciiBytes, copyBytes, CR, LF, SP } from "../../bytes/ascii.ts";
import { Field, FieldFlag, type MessageHead } from "../http/message_head.ts";

const HOST_LINE = asciiBytes("Host: ");
const COLON = 0x3a;

/** Upper bound of the bytes that {@link writeRequestHead} or {@link writeResponseHead} produces. */
export function writtenHeadBound(head: MessageHead): number {
  // A rewritten line gains at most the one space behind its colon, a status line the one behind its code.
  let bound = head.end - head.start + head.count + 1 + HOST_LINE.length + 2 +
    (head.authorityEnd - head.authorityStart);
  for (const suffix of head.suffixes) bound += suffix.length;
  return bound + (head.authorityOverride?.length ?? 0) + (head.targetOverride?.length ?? 0);
}

/**
 * Writes request line, Host and the kept fields of `head` to `target` at `at`; returns the position
 * behind them. The room must have been checked with {@link writtenHeadBound}.
 */
export function writeRequestHead(head: MessageHead, target: Uint8Array, at: number): number {
  const host = head.hostField;
  const inPlace = host === 0 && head.authorityOverride === null && head.targetOverride === null &&
    !head.sendsPath && (head.at(0, Field.KIND) & (FieldFlag.REWRITE | FieldFlag.DROP)) === 0;
  if (inPlace) return writeFields(head, head.start, target, at);
  at = writeRequestLine(head, target, at);
  at = copyBytes(HOST_LINE, 0, HOST_LINE.length, target, at);
  const authority = head.authorityOverride;
  at = authority === null
    ? copyBytes(head.bytes, head.authorityStart, head.authorityEnd, target, at)
    : copyBytes(authority, 0, authority.length, target, at);
  at = writeLineEnd(target, at);
  if (host >= 0) head.flag(host, FieldFlag.DROP);
  return writeFields(head, head.fieldsStart, target, at);
}

function writeRequestLine(head: MessageHead, target: Uint8Array, at: number): number {
  const override = head.targetOverride;
  if (override === null && !head.sendsPath) {
    return copyBytes(head.bytes, head.start, head.fieldsStart, target, at);
  }
  at = copyBytes(head.bytes, head.start, head.targetStart, target, at);
  at = override === null
    ? copyBytes(head.bytes, head.pathStart, head.pathEnd, target, at)
    : copyBytes(override, 0, override.length, target, at);
  return copyBytes(head.bytes, head.targetEnd, head.fieldsStart, target, at);
}

/** Writes status line and the kept fields of `head`; returns the position behind them. */
export function writeResponseHead(head: MessageHead, target: Uint8Array, at: number): number {
  if (head.bytes[head.reasonStart - 1] !== SP) {
    // RFC 9112 §4: the space behind the code is sent even when no reason follows.
    at = copyBytes(head.bytes, head.start, head.reasonStart, target, at);
    target[at++] = SP;
    return writeFields(head, head.reasonStart, target, at);
  }
  return writeFields(head, head.start, target, at);
}

/** Copies from `runStart` to the last field, leaving out and rewriting what is flagged. */
function writeFields(
  head: MessageHead,
  runStart: number,
  target: Uint8Array,
  at: number,
): number {
  const bytes = head.bytes;
  const fields = head.fields;
  const end = head.count * Field.STRIDE;
  let lineEnd = head.fieldsStart;
  for (let i = 0; i < end; i += Field.STRIDE) {
    lineEnd = fields[i + Field.LINE_END] as number;
    const kind = fields[i + Field.KIND] as number;
    if ((kind & (FieldFlag.DROP | FieldFlag.REWRITE)) === 0) continue;
    at = copyBytes(bytes, runStart, fields[i] as number, target, at);
    if ((kind & FieldFlag.DROP) === 0) at = rewriteField(head, i, target, at);
    runStart = lineEnd;
  }
  return copyBytes(bytes, runStart, lineEnd, target, at);
}

function rewriteField(
  head: MessageHead,
  field: number,
  target: Uint8Array,
  at: number,
): number {
  const { bytes, fields } = head;
  const nameEnd = fields[field + Field.NAME_END] as number;
  const valueEnd = fields[field + Field.VALUE_END] as number;
  at = copyBytes(bytes, fields[field] as number, nameEnd, target, at);
  target[at++] = COLON;
  target[at++] = SP;
  const kind = fields[field + Field.KIND] as number;
  if ((kind & FieldFlag.REPLACE) === 0) {
    at = copyBytes(bytes, fields[field + Field.VALUE_START] as number, valueEnd, target, at);
  }
  if ((kind & (FieldFlag.SUFFIX | FieldFlag.REPLACE)) !== 0) {
    const suffix = head.suffixes[head.suffixFields.indexOf(field / Field.STRIDE)];
    if (suffix !== undefined) at = copyBytes(suffix, 0, suffix.length, target, at);
  }
  return writeLineEnd(target, at);
}

/** Writes CR LF; returns the position behind it. */
export function writeLineEnd(target: Uint8Array, at: number): number {
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}
