// Turns a received head into the one that is sent on: what belongs to one connection or what a route deletes
// is dropped, and the lines that the next hop must know are found. Speaks of heads and of field lines as
// HTTP/1.1 writes them; how a message is framed is the business of whoever writes it.

import { asciiBytes, copyBytes, equalsIgnoreCase } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import {
  continueForwarding,
  forwardingLinesBound,
  type ForwardingRules,
  writeForwardingLines,
  writeIdLine,
} from "../../../protocol/http/forwarding_lines.ts";
import {
  deleteFields,
  deletesName,
  type HeaderEdits,
} from "../../../protocol/http/header_edits.ts";
import { dropHopByHop } from "../../../protocol/http/hop_by_hop.ts";
import { HSTS_NAME } from "../../../protocol/http/hsts.ts";
import { Field, FieldFlag } from "../../../protocol/http/message_head.ts";
import {
  TRACEPARENT_LINE_BYTES,
  writeTraceparent,
} from "../../../protocol/http/ids/trace_context.ts";
import { ULID_LENGTH } from "../../../protocol/http/ids/ulid.ts";
import type { Exchange } from "../exchange.ts";
import { stickyLine } from "../sticky.ts";

const HSTS_FIELD = asciiBytes(HSTS_NAME);

/**
 * Edits the head of the request, once however often it is sent; `upgrades` keeps what asks the backend for
 * another protocol.
 */
export function editRequest(exchange: Exchange, upgrades: boolean): void {
  const { client, request } = exchange;
  if (exchange.edited) return;
  exchange.edited = true;
  dropHopByHop(request, upgrades);
  const malformed = continueForwarding(request, client.forwarded, forwardingRules(exchange));
  if (malformed > 0) client.worker.counters.add(Counter.FORWARDED_MALFORMED, malformed);
}

/** Upper bound of what {@link writeRequestLines} writes. */
export function requestLinesBound(exchange: Exchange): number {
  let bound = forwardingLinesBound(forwardingRules(exchange));
  for (const lines of exchange.extras.requestLines) bound += lines.length;
  bound += certificateLines(exchange).length;
  return exchange.trace === null ? bound : bound + TRACEPARENT_LINE_BYTES;
}

/** Writes the lines that are added to the request's head; returns the position behind them. */
export function writeRequestLines(exchange: Exchange, out: Uint8Array, start: number): number {
  const { client, request, requestId, trace } = exchange;
  const rules = forwardingRules(exchange);
  let at = writeForwardingLines(request, client.forwarded, rules, requestId, out, start);
  if (trace !== null) at = writeTraceparent(trace, out, at);
  const certificate = certificateLines(exchange);
  if (certificate.length > 0) at = writeAll(certificate, out, at);
  for (const lines of exchange.extras.requestLines) at = writeAll(lines, out, at);
  return at;
}

function certificateLines({ client, extras }: Exchange): Uint8Array {
  return extras.certificateLines ?? client.certificateLines;
}

function forwardingRules({ client, extras }: Exchange): ForwardingRules {
  return extras.forwarding ?? client.listener.forwarding;
}

/** What goes between the fields of the backend's head and its end. */
export interface ResponseLines {
  readonly sticky: Uint8Array | null;
  readonly edits: HeaderEdits | null;
  /** The HSTS line, `null` when the backend's is kept or there is none. */
  readonly hsts: Uint8Array | null;
  /** The edits delete the correlation header. */
  readonly omitId: boolean;
}

/** The lines of the usual response, which gets nothing but its id. */
const PLAIN_LINES: ResponseLines = { sticky: null, edits: null, hsts: null, omitId: false };

/**
 * Edits the head of a final response, and finds the lines to add to it; `upgrades` keeps what names
 * another protocol.
 */
export function editResponse(exchange: Exchange, upgrades: boolean): ResponseLines {
  const { response, extras, hsts, cluster } = exchange;
  const plain = extras.responseEdits === null && hsts === null && !cluster?.settings.sticky;
  const lines = plain ? PLAIN_LINES : responseLines(exchange);
  dropHopByHop(response, upgrades);
  if (lines.edits !== null) deleteFields(response, lines.edits);
  return lines;
}

/** Upper bound of what {@link writeResponseLines} writes. */
export function responseLinesBound({ client }: Exchange, lines: ResponseLines): number {
  return client.listener.forwarding.idHeaderName.length + ULID_LENGTH + 2 +
    (lines.sticky?.length ?? 0) + (lines.edits?.lines.length ?? 0) + (lines.hsts?.length ?? 0);
}

/** Writes `lines` and the id of the request; returns the position behind them. */
export function writeResponseLines(
  { client, requestId }: Exchange,
  lines: ResponseLines,
  out: Uint8Array,
  start: number,
): number {
  let at = start;
  if (lines.sticky !== null) at = writeAll(lines.sticky, out, at);
  if (!lines.omitId) {
    at = writeIdLine(client.listener.forwarding.idHeaderName, requestId, out, at);
  }
  if (lines.edits !== null) at = writeAll(lines.edits.lines, out, at);
  if (lines.hsts !== null) at = writeAll(lines.hsts, out, at);
  return at;
}

function responseLines(exchange: Exchange): ResponseLines {
  const edits = exchange.extras.responseEdits;
  const { idHeaderName } = exchange.client.listener.forwarding;
  const omitId = edits !== null &&
    deletesName(edits, idHeaderName.subarray(0, idHeaderName.length - 2));
  return { sticky: stickyLine(exchange), edits, hsts: hstsLine(exchange, edits), omitId };
}

/** There is exactly one HSTS header in a response: the backend's, or the route's in its place. */
function hstsLine(
  { hsts, response: head }: Exchange,
  edits: HeaderEdits | null,
): Uint8Array | null {
  if (hsts === null) return null;
  if (edits !== null && deletesName(edits, HSTS_FIELD)) return hsts.line;
  let found = false;
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    const end = head.at(i, Field.NAME_END);
    if (!equalsIgnoreCase(head.bytes, start, end, HSTS_FIELD)) continue;
    // Only the first of several counts for clients (RFC 6797 section 8.1).
    if (hsts.replacesBackend || found) head.flag(i, FieldFlag.DROP);
    found = true;
  }
  return found && !hsts.replacesBackend ? null : hsts.line;
}

function writeAll(line: Uint8Array, target: Uint8Array, at: number): number {
  return copyBytes(line, 0, line.length, target, at);
}
