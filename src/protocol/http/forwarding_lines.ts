// The lines a proxy adds to a head: who the client is, which request this is. They are written as
// `name: value CRLF` lines; an HTTP/2 writer takes the same block apart again. Decides from the head
// what is missing; knows no routing and no sessions.

import { asciiBytes, copyBytes, CR, equalsIgnoreCase, LF } from "../../bytes/ascii.ts";
import { type ForwardedElements, MAX_FORWARDED_BYTES } from "./forwarded.ts";
import { isForwardedList } from "./forwarding/forwarded_list.ts";
import {
  addedKinds,
  addsForwarded,
  addsXForwarded,
  removesXForwarded,
} from "./forwarding/family.ts";
import { Field, FieldFlag, type MessageHead } from "./message_head.ts";
import { HeaderKind } from "./header_kind.ts";
import { ULID_LENGTH } from "./ids/ulid.ts";

const REQUEST_ID = asciiBytes("X-Request-Id: ");

const X_FORWARDED_HOST = asciiBytes("x-forwarded-host");

/** What a listener says about the lines that requests get. */
export interface ForwardingRules {
  /** `Name: ` of the correlation header. */
  readonly idHeaderName: Uint8Array;
  /** Which headers are added, one of {@link ForwardingFamily}; X-Real-IP is added by itself. */
  readonly family: number;
  /** Add X-Real-IP. */
  readonly sendRealIp: boolean;
  /** Remove X-Real-IP lines that the client sent. */
  readonly elideRealIp: boolean;
  /** Bits `1 << kind` of lines that are not added, whatever the request lacks. */
  readonly omitted: number;
  /** Do not add the correlation header. */
  readonly omitId: boolean;
}

/** Room that {@link writeForwardingLines} may need. */
export function forwardingLinesBound(rules: ForwardingRules): number {
  return MAX_FORWARDED_BYTES + REQUEST_ID.length + rules.idHeaderName.length +
    2 * (ULID_LENGTH + 2);
}

/**
 * Continues the client's own X-Forwarded-For and Forwarded, and drops what must not pass. Returns how many
 * lines of Forwarded were dropped because they are malformed.
 */
export function continueForwarding(
  head: MessageHead,
  elements: ForwardedElements,
  rules: ForwardingRules,
): number {
  const { family } = rules;
  if (removesXForwarded(family)) dropXForwarded(head);
  else if (addsXForwarded(family)) {
    const forwardedFor = head.lastOf(HeaderKind.X_FORWARDED_FOR);
    if (forwardedFor >= 0) head.addSuffix(forwardedFor, elements.xForwardedForSuffix);
  }
  const malformed = addsForwarded(family) && head.has(HeaderKind.FORWARDED)
    ? continueForwarded(head, elements.forwardedSuffix)
    : 0;
  if (rules.elideRealIp) dropKind(head, HeaderKind.X_REAL_IP);
  return malformed;
}

/** Drops the lines of Forwarded that are no list, and continues the last one that is. */
function continueForwarded(head: MessageHead, suffix: Uint8Array): number {
  let malformed = 0;
  let last = -1;
  for (let i = 0; i < head.count; i++) {
    if (!head.isKind(i, HeaderKind.FORWARDED)) continue;
    if ((head.at(i, Field.KIND) & FieldFlag.DROP) !== 0) continue;
    const start = head.at(i, Field.VALUE_START);
    if (isForwardedList(head.bytes, start, head.at(i, Field.VALUE_END))) last = i;
    else {
      head.flag(i, FieldFlag.DROP);
      malformed++;
    }
  }
  if (last >= 0) head.addSuffix(last, suffix);
  // There is none left: the line is added as to a request that never had one.
  else head.seen &= ~(1 << HeaderKind.FORWARDED);
  return malformed;
}

/** The backend is told by Forwarded alone. */
function dropXForwarded(head: MessageHead): void {
  dropKind(head, HeaderKind.X_FORWARDED_FOR);
  dropKind(head, HeaderKind.X_FORWARDED_PORT);
  dropKind(head, HeaderKind.X_FORWARDED_PROTO);
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    if (equalsIgnoreCase(head.bytes, start, head.at(i, Field.NAME_END), X_FORWARDED_HOST)) {
      head.flag(i, FieldFlag.DROP);
    }
  }
}

function dropKind(head: MessageHead, kind: HeaderKind): void {
  for (let i = head.lastOf(kind); i >= 0; i--) {
    if (head.isKind(i, kind)) head.flag(i, FieldFlag.DROP);
  }
}

/**
 * Writes the lines that the request in `head` lacks, in the order clients of sozu 2.1 see them;
 * returns the position behind them. `id` holds the request's ULID.
 */
export function writeForwardingLines(
  head: MessageHead,
  elements: ForwardedElements,
  rules: ForwardingRules,
  id: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  const added = addedKinds(rules.family);
  const present = head.seen | rules.omitted | ~added;
  const sendRealIp = rules.sendRealIp && !has(rules.omitted, HeaderKind.X_REAL_IP);
  if ((present & added) === 0) {
    const lines = elements.linesOf(rules.family, sendRealIp);
    at = copyBytes(lines, 0, lines.length, target, at);
  } else {
    at = writeMissing(present, HeaderKind.X_FORWARDED_FOR, elements.xForwardedForLine, target, at);
    at = writeMissing(present, HeaderKind.FORWARDED, elements.forwardedLine, target, at);
    if (sendRealIp) at = writeAll(elements.xRealIpLine, target, at);
    at = writeMissing(
      present,
      HeaderKind.X_FORWARDED_PORT,
      elements.xForwardedPortLine,
      target,
      at,
    );
    at = writeMissing(
      present,
      HeaderKind.X_FORWARDED_PROTO,
      elements.xForwardedProtoLine,
      target,
      at,
    );
  }
  if (!has(head.seen | rules.omitted, HeaderKind.X_REQUEST_ID)) {
    at = writeIdLine(REQUEST_ID, id, target, at);
  }
  return rules.omitId ? at : writeIdLine(rules.idHeaderName, id, target, at);
}

function has(kinds: number, kind: HeaderKind): boolean {
  return (kinds & (1 << kind)) !== 0;
}

function writeMissing(
  present: number,
  kind: HeaderKind,
  line: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  return has(present, kind) ? at : writeAll(line, target, at);
}

function writeAll(line: Uint8Array, target: Uint8Array, at: number): number {
  return copyBytes(line, 0, line.length, target, at);
}

/** Writes `name` (which ends in `: `), the id and CR LF; returns the position behind them. */
export function writeIdLine(
  name: Uint8Array,
  id: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  at = copyBytes(name, 0, name.length, target, at);
  at = copyBytes(id, 0, ULID_LENGTH, target, at);
  target[at] = CR;
  target[at + 1] = LF;
  return at + 2;
}
