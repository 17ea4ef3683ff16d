// The usual exchange of an HTTP/2 client written out: a request without content, a backend of HTTP/1.1, and a
// response that comes in one piece. Two waits and next to nothing allocated; whatever is unusual goes on
// through the relay.

import { Counter } from "../../../observe/metrics/counters.ts";
import { ReadStatus } from "../../../protocol/h1/field_reader.ts";
import { responsePersists } from "../../../protocol/h1/response_rules.ts";
import { BodyFraming } from "../../../protocol/http/message_head.ts";
import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Reason } from "../../reason.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { Outcome } from "../account.ts";
import { writeRequest } from "../h1/heads.ts";
import { blame } from "../phases/failure.ts";
import { hasNoContent } from "../relay.ts";
import { beginServing } from "../phases/serve.ts";
import type { H2Request } from "./request.ts";

/** What became of a request that was sent. */
export const AtOnce = {
  /** The whole response lies in the buffer of the connection, and its head has been read. */
  WHOLE: 1,
  /** Its first bytes do, or something unusual. */
  PARTLY: 2,
  /** The connection was lost before any byte. */
  LOST: 3,
} as const;
export type AtOnce = 1 | 2 | 3;

/** Whether a request that has a cluster may be served here. */
export function isUsual({ record, body }: H2Request): boolean {
  return record.client.worker.fastPath && hasNoContent(record.request, body) &&
    !record.tunnels && record.cluster?.settings.http2 !== true;
}

/** The bytes of the request for the backend, or the status to answer with. */
export function assemble(request: H2Request): Uint8Array | AnswerStatus {
  const { record } = request;
  const small = request.takeOut(false);
  let end = small === null ? -1 : writeRequest(record, null, small);
  if (small !== null && end > 0) return small.subarray(0, end);
  const large = request.takeOut(true);
  if (large === null) {
    record.client.worker.counters.add(Counter.NO_BUFFER, 1);
    return blame(record, Reason.OUT_OF_BUFFERS, 503);
  }
  end = writeRequest(record, null, large);
  return end > 0 ? large.subarray(0, end) : blame(record, Reason.HEAD_TOO_LARGE, 413);
}

/** The request is about to be sent to `upstream`. */
export function beginSending(request: H2Request, upstream: Upstream): void {
  beginServing(request.record, upstream.backend);
  const { front, back } = request.record.client.listener.timeouts;
  request.arm(Math.min(front, back));
}

/** All of the request has been sent. */
export function headSent(request: H2Request, count: number): void {
  const { account, client } = request.record;
  request.giveOut();
  client.worker.counters.add(Counter.BACKEND_BYTES_OUT, count);
  account.backendOut += count;
}

/** The client has been told all of the response; the connection serves another exchange. */
export function responded(request: H2Request, upstream: Upstream): void {
  const { account, client } = request.record;
  account.outcome = Outcome.COMPLETE;
  request.upstream = null;
  client.worker.upstreams.give(upstream);
}

/** `count` bytes have come back, 0 when the connection was lost. */
export function judge(request: H2Request, upstream: Upstream, count: number): AtOnce {
  const { record, exchange } = request;
  if (count === 0) return AtOnce.LOST;
  const { account, client, response } = record;
  account.backendIn += count;
  client.worker.counters.add(Counter.BACKEND_BYTES_IN, count);
  const reader = exchange.responseReader;
  response.toHead = record.toHead;
  reader.begin(upstream.bytes, 0);
  if (reader.read(count) !== ReadStatus.DONE || response.status < 200) return AtOnce.PARTLY;
  const { framing, contentLength, end } = response;
  const length = framing === BodyFraming.LENGTH ? contentLength : 0;
  const isWhole = framing <= BodyFraming.LENGTH && end + length === count;
  return isWhole && responsePersists(response) ? AtOnce.WHOLE : AtOnce.PARTLY;
}
