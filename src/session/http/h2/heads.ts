// Sends the heads of responses on streams: those of backends with what the route and the proxy change in them,
// and those of our own answers.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { copyBytes } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import type { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { framingLine } from "../../../protocol/http/framed_body.ts";
import { Framed } from "../../../protocol/http/message_head.ts";
import { renderOwnMessage } from "../answers.ts";
import type { Exchange } from "../exchange.ts";
import { editResponse, responseLinesBound, writeResponseLines } from "../phases/edit.ts";
import type { StreamRoom } from "./stream_room.ts";

const NO_BYTES = new Uint8Array(0);

/** Where heads are sent. */
export interface HeadPlace<O> {
  readonly connection: H2Connection<O>;
  readonly room: StreamRoom;
}

/** Sends the head of the backend's response with `status`; false when the stream is gone. */
export function sendResponseHead<O>(
  { connection, room }: HeadPlace<O>,
  stream: H2Stream<O>,
  exchange: Exchange,
  status: number,
  ends: boolean,
): boolean {
  const { response, account } = exchange;
  const lines = editResponse(exchange, false);
  const framing = response.framed === Framed.EMPTY ? framingLine(response) : NO_BYTES;
  const out = room.lines(responseLinesBound(exchange, lines) + framing.length);
  const added = writeResponseLines(exchange, lines, out, 0);
  const end = copyBytes(framing, 0, framing.length, out, added);
  stream.routed = true;
  account.status = status;
  account.clientOut += response.end - response.start;
  return connection.sendHead(stream, status, response, out, 0, end, ends);
}

/** Sends the head of our answer with `status`. The body that follows, or `null` when the stream is gone. */
export function sendOwnHead<O>(
  { connection, room }: HeadPlace<O>,
  stream: H2Stream<O>,
  exchange: Exchange,
  status: AnswerStatus,
): Uint8Array | null {
  const { account, client } = exchange;
  const { headers, body } = renderOwnMessage(exchange, status);
  account.counts = true;
  account.status = status;
  client.worker.counters.add(Counter.DEFAULT_ANSWERS, 1);
  // Backends that were tried and failed speak for the client, see the ratios of the flood guard.
  stream.routed = account.backend !== null;
  const lines = room.encode(headers);
  const ends = body.length === 0;
  account.clientOut += lines.length;
  return connection.sendHead(stream, status, null, lines, 0, lines.length, ends) ? body : null;
}
