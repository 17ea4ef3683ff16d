// Writes the heads of exchanges as HTTP/1.1: start line, the fields that are sent on, what is added to them,
// and what this connection has to say about itself and about the framing of the body.

import { asciiBytes, copyBytes } from "../../../bytes/ascii.ts";
import {
  writeLineEnd,
  writeRequestHead,
  writeResponseHead,
  writtenHeadBound,
} from "../../../protocol/h1/head_writer.ts";
import { framingLine, MAX_FRAMING_LINE_BYTES } from "../../../protocol/http/framed_body.ts";
import { HeaderKind } from "../../../protocol/http/header_kind.ts";
import { dropHopByHop } from "../../../protocol/http/hop_by_hop.ts";
import { BodyFraming, FieldFlag, type MessageHead } from "../../../protocol/http/message_head.ts";
import type { UpgradeOffer } from "../../../protocol/http/upgrade.ts";
import type { Exchange } from "../exchange.ts";
import {
  editRequest,
  editResponse,
  requestLinesBound,
  responseLinesBound,
  writeRequestLines,
  writeResponseLines,
} from "../phases/edit.ts";

const CONNECTION_UPGRADE = asciiBytes("Connection: upgrade\r\n");
const CONNECTION_CLOSE = asciiBytes("Connection: close\r\n");
const CONNECTION_KEEP_ALIVE = asciiBytes("Connection: keep-alive\r\n");

/** Room for two Connection lines, of which one is the longest, the framing, and the empty line. */
const FRAME_BYTES = CONNECTION_KEEP_ALIVE.length + CONNECTION_UPGRADE.length +
  MAX_FRAMING_LINE_BYTES + 2;

/** What a client connection says of itself in a response. */
export interface ResponseForm {
  /** It takes another request after this one. */
  readonly persists: boolean;
  /** Its client knows no chunks: it gets the payload of a chunked body, ended by the connection. */
  readonly dechunks: boolean;
}

/**
 * Writes the head of the request for the backend to `out`, with `upgrade` as the protocols it asks for;
 * returns the position behind it, or -1 when it does not fit.
 */
export function writeRequest(
  exchange: Exchange,
  upgrade: UpgradeOffer | null,
  out: Uint8Array,
): number {
  const { request } = exchange;
  editRequest(exchange, upgrade !== null);
  if (writtenHeadBound(request) + requestLinesBound(exchange) + FRAME_BYTES > out.length) return -1;
  let at = writeAll(framingLine(request), out, writeRequestHead(request, out, 0));
  if (upgrade !== null) at = writeAll(CONNECTION_UPGRADE, out, at);
  return writeLineEnd(out, writeRequestLines(exchange, out, at));
}

/**
 * Writes the head of the final response for the client to `out`; returns the position behind it, or -1
 * when it does not fit.
 */
export function writeResponse(exchange: Exchange, form: ResponseForm, out: Uint8Array): number {
  const { request, response: head } = exchange;
  const switches = head.status === 101;
  // RFC 9110 §15.5.22: 426 says with Upgrade which protocol would be served.
  const names = head.status === 426 && head.has(HeaderKind.UPGRADE);
  const lines = editResponse(exchange, switches || names);
  const bound = writtenHeadBound(head) + FRAME_BYTES + responseLinesBound(exchange, lines);
  if (bound > out.length) return -1;
  const connected = exchange.connects && head.status < 300;
  if (connected) dropFraming(head);
  if (form.dechunks) dropTransferEncoding(head);
  let at = writeResponseHead(head, out, 0);
  if (!connected && !form.dechunks) at = writeAll(framingLine(head), out, at);
  if (switches || names) at = writeAll(CONNECTION_UPGRADE, out, at);
  if (!form.persists && !switches && !connected) at = writeAll(CONNECTION_CLOSE, out, at);
  else if (!switches && form.persists && request.version === 10) {
    at = writeAll(CONNECTION_KEEP_ALIVE, out, at);
  }
  return writeLineEnd(out, writeResponseLines(exchange, lines, out, at));
}

/** Writes an interim response (1xx but 101) to `out`; returns the position behind it, or -1. */
export function writeInterim({ response }: Exchange, out: Uint8Array): number {
  if (writtenHeadBound(response) + FRAME_BYTES > out.length) return -1;
  dropHopByHop(response, false);
  return writeLineEnd(out, writeResponseHead(response, out, 0));
}

/** True when the client of this exchange cannot take the framing of the response. */
export function mustDechunk({ request, response }: Exchange): boolean {
  return request.version === 10 && response.framing === BodyFraming.CHUNKED;
}

function dropTransferEncoding(head: MessageHead): void {
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

function writeAll(line: Uint8Array, target: Uint8Array, at: number): number {
  return copyBytes(line, 0, line.length, target, at);
}
