// Turns a received head into the one that is sent on, in the exchange's outgoing buffer: what belongs
// to one connection is dropped, what the next hop must know is added, and the first body bytes follow
// so that one write carries both.

import { asciiBytes, copyBytes, equalsIgnoreCase } from "../../../bytes/ascii.ts";
import {
  writeLineEnd,
  writeRequestHead,
  writeResponseHead,
  writtenHeadBound,
} from "../../../protocol/h1/head_writer.ts";
import {
  continueForwarding,
  forwardingLinesBound,
  writeForwardingLines,
  writeIdLine,
} from "../../../protocol/http/forwarding_lines.ts";
import {
  deleteFields,
  deletesName,
  type HeaderEdits,
} from "../../../protocol/http/header_edits.ts";
import { HeaderKind } from "../../../protocol/http/header_kind.ts";
import { dropHopByHop } from "../../../protocol/http/hop_by_hop.ts";
import { HSTS_NAME } from "../../../protocol/http/hsts.ts";
import {
  BodyFraming,
  Field,
  FieldFlag,
  type MessageHead,
} from "../../../protocol/http/message_head.ts";
import {
  TRACEPARENT_LINE_BYTES,
  writeTraceparent,
} from "../../../protocol/http/ids/trace_context.ts";
import { ULID_LENGTH } from "../../../protocol/http/ids/ulid.ts";
import { offeredUpgrade } from "../../../protocol/http/upgrade.ts";
import type { Exchange } from "../exchange.ts";
import type { HttpSession } from "../h1/session.ts";
import { stickyLine } from "../sticky.ts";

const HSTS_FIELD = asciiBytes(HSTS_NAME);
const CONNECTION_UPGRADE = asciiBytes("Connection: upgrade\r\n");
const CONNECTION_CLOSE = asciiBytes("Connection: close\r\n");
const CONNECTION_KEEP_ALIVE = asciiBytes("Connection: keep-alive\r\n");

/** Room for two Connection lines, of which one is the longest, and the empty line. */
const FRAME_BYTES = CONNECTION_KEEP_ALIVE.length + CONNECTION_UPGRADE.length + 2;

/**
 * Writes the request for the backend to `exchange.out`, with as much of its body as has arrived.
 * False when it does not fit.
 */
export function prepareRequest(exchange: Exchange, session: HttpSession, out: Uint8Array): boolean {
  const head = exchange.reader.head;
  const { forwarded, listener } = session;
  const upgrade = exchange.connects ? null : offeredUpgrade(head);
  exchange.upgrade = upgrade;
  dropHopByHop(head, upgrade !== null);
  const rules = exchange.extras.forwarding ?? listener.forwarding;
  continueForwarding(head, forwarded, rules);
  const { requestLines } = exchange.extras;
  let bound = writtenHeadBound(head) + forwardingLinesBound(rules) + FRAME_BYTES;
  for (const lines of requestLines) bound += lines.length;
  if (exchange.trace !== null) bound += TRACEPARENT_LINE_BYTES;
  if (bound > out.length) return false;
  let at = writeRequestHead(head, out, 0);
  if (upgrade !== null) at = writeAll(CONNECTION_UPGRADE, out, at);
  at = writeForwardingLines(head, forwarded, rules, exchange.requestId, out, at);
  if (exchange.trace !== null) at = writeTraceparent(exchange.trace, out, at);
  for (const lines of requestLines) at = writeAll(lines, out, at);
  at = writeLineEnd(out, at);
  exchange.outEnd = takeBody(exchange, session, out, at);
  return true;
}

/** Moves body bytes that fit behind the head; the rest stays in the input. */
function takeBody(
  exchange: Exchange,
  session: HttpSession,
  out: Uint8Array,
  at: number,
): number {
  const { input } = session;
  const body = exchange.requestBody;
  if (body.done || input.length === 0) return at;
  const end = Math.min(input.end, input.start + out.length - at);
  const next = body.advance(input.bytes, input.start, end);
  at = copyBytes(input.bytes, input.start, body.keptEnd, out, at);
  exchange.account.clientIn += next - input.start;
  input.start = next;
  return at;
}

/** What goes between the fields of the backend's head and its end. */
interface ResponseLines {
  readonly sticky: Uint8Array | null;
  readonly edits: HeaderEdits | null;
  /** The HSTS line, `null` when the backend's is kept or there is none. */
  readonly hsts: Uint8Array | null;
  /** The edits delete the correlation header. */
  readonly omitId: boolean;
}

/** Upper bound of what {@link prepareResponse} writes. */
function responseBound(exchange: Exchange, session: HttpSession, lines: ResponseLines): number {
  return writtenHeadBound(exchange.responseReader.head) + FRAME_BYTES +
    session.listener.forwarding.idHeaderName.length + ULID_LENGTH + 2 +
    (lines.sticky?.length ?? 0) + (lines.edits?.lines.length ?? 0) + (lines.hsts?.length ?? 0);
}

function responseLines(exchange: Exchange, session: HttpSession): ResponseLines {
  const edits = exchange.extras.responseEdits;
  const { idHeaderName } = session.listener.forwarding;
  const omitId = edits !== null &&
    deletesName(edits, idHeaderName.subarray(0, idHeaderName.length - 2));
  return { sticky: stickyLine(exchange, session), edits, hsts: hstsLine(exchange, edits), omitId };
}

/** There is exactly one HSTS header in a response: the backend's, or the route's in its place. */
function hstsLine(
  { hsts, responseReader: { head } }: Exchange,
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

/** The lines of the usual response, which gets nothing but its id. */
const PLAIN_LINES: ResponseLines = { sticky: null, edits: null, hsts: null, omitId: false };

/**
 * Writes the head of the final response for the client to `out`; returns the position behind it, or -1
 * when it does not fit. Decides with {@link Exchange.persists} what to say about the connection.
 */
export function prepareResponse(
  exchange: Exchange,
  session: HttpSession,
  out: Uint8Array,
): number {
  const head = exchange.responseReader.head;
  const switches = head.status === 101;
  const plain = exchange.extras.responseEdits === null && exchange.hsts === null &&
    !exchange.cluster?.settings.sticky;
  const lines = plain ? PLAIN_LINES : responseLines(exchange, session);
  if (responseBound(exchange, session, lines) > out.length) return -1;
  // RFC 9110 §15.5.22: 426 says with Upgrade which protocol would be served.
  const names = head.status === 426 && head.has(HeaderKind.UPGRADE);
  dropHopByHop(head, switches || names);
  if (lines.edits !== null) deleteFields(head, lines.edits);
  const connected = exchange.connects && head.status < 300;
  if (connected) dropFraming(head);
  if (exchange.dechunks) dropTransferEncoding(exchange);
  let at = writeResponseHead(head, out, 0);
  if (switches || names) at = writeAll(CONNECTION_UPGRADE, out, at);
  if (!exchange.persists && !switches && !connected) at = writeAll(CONNECTION_CLOSE, out, at);
  else if (!switches && exchange.persists && exchange.reader.head.version === 10) {
    at = writeAll(CONNECTION_KEEP_ALIVE, out, at);
  }
  if (lines.sticky !== null) at = writeAll(lines.sticky, out, at);
  if (!lines.omitId) {
    at = writeIdLine(session.listener.forwarding.idHeaderName, exchange.requestId, out, at);
  }
  if (lines.edits !== null) at = writeAll(lines.edits.lines, out, at);
  if (lines.hsts !== null) at = writeAll(lines.hsts, out, at);
  return writeLineEnd(out, at);
}

/** Writes an interim response (1xx but 101) to `out`; returns the position behind it, or -1. */
export function prepareInterim(exchange: Exchange, out: Uint8Array): number {
  const head = exchange.responseReader.head;
  if (writtenHeadBound(head) + FRAME_BYTES > out.length) return -1;
  dropHopByHop(head, false);
  return writeLineEnd(out, writeResponseHead(head, out, 0));
}

/** An HTTP/1.0 client knows no chunks: it gets the payload, ended by the connection. */
function dropTransferEncoding(exchange: Exchange): void {
  const head = exchange.responseReader.head;
  const field = head.lastOf(HeaderKind.TRANSFER_ENCODING);
  if (field >= 0) head.flag(field, FieldFlag.DROP);
}

/** RFC 9110 §9.3.6: what follows a 2xx to CONNECT is no body, whatever its head says. */
function dropFraming(head: MessageHead): void {
  for (let i = 0; i < head.count; i++) {
    const framing = head.isKind(i, HeaderKind.CONTENT_LENGTH) ||
      head.isKind(i, HeaderKind.TRANSFER_ENCODING);
    if (framing) head.flag(i, FieldFlag.DROP);
  }
}

/** True when the client of this exchange cannot take the framing of the response. */
export function mustDechunk(exchange: Exchange): boolean {
  return exchange.reader.head.version === 10 &&
    exchange.responseReader.head.framing === BodyFraming.CHUNKED;
}

function writeAll(line: Uint8Array, target: Uint8Array, at: number): number {
  return copyBytes(line, 0, line.length, target, at);
}
