// From a complete head to the bytes for the backend: the phases that wait for nothing, in their order.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { copyBytes } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { Problem } from "../../../protocol/h1/problem.ts";
import { requestPersists } from "../../../protocol/h1/request_rules.ts";
import { isIdempotent } from "../../../protocol/http/method.ts";
import { offeredUpgrade } from "../../../protocol/http/upgrade.ts";
import { Reason } from "../../reason.ts";
import { openAccount } from "../close_account.ts";
import { blame } from "../phases/failure.ts";
import { matchRoute } from "../phases/match.ts";
import { beginTrace } from "../phases/trace.ts";
import type { Refusal } from "../route_policy.ts";
import type { H1Exchange } from "./exchange.ts";
import { writeRequest } from "./heads.ts";
import type { ClientInput } from "./input.ts";

/** Takes in the complete head and chooses the cluster. 0, or how the request is refused. */
export function takeHead(exchange: H1Exchange, input: ClientInput): Refusal | 0 {
  const { record, requestBody: body } = exchange;
  const { request: head } = record;
  const { worker, isLast } = record.client;
  input.start = head.end;
  openAccount(record);
  body.begin(head);
  // Behind a CONNECT that was refused may be bytes of the tunnel: they are no request.
  exchange.persists = requestPersists(head) && !isLast && !record.connects;
  if (worker.tracer !== null) beginTrace(record, worker.tracer);
  const refusal = matchRoute(record);
  if (refusal !== 0) return refusal;
  if (record.cluster === null) return 401;
  exchange.upgrade = record.connects ? null : offeredUpgrade(head);
  return 0;
}

/**
 * Assembles what the backend will be sent in `exchange.out`: the head, and with it as much of the body as
 * has arrived. 0, or the status to fail with.
 */
export function assemble(exchange: H1Exchange, input: ClientInput): AnswerStatus | 0 {
  const { record, requestBody: body } = exchange;
  const out = takeBuffer(exchange);
  if (out === null) return blame(record, Reason.OUT_OF_BUFFERS, 503);
  const at = writeRequest(record, exchange.upgrade, out);
  if (at < 0) return blame(record, Reason.HEAD_TOO_LARGE, 413);
  exchange.outEnd = takeBody(exchange, input, out, at);
  if (body.problem !== Problem.NONE) return blame(record, Reason.MALFORMED_BODY, 400);
  record.repeatable = body.done && isIdempotent(record.request);
  return 0;
}

/** Takes the buffer in which the heads of the exchange are assembled, until its end; `null` for none. */
export function takeBuffer(exchange: H1Exchange): Uint8Array | null {
  const { worker } = exchange.record.client;
  exchange.out = worker.outBuffers.take();
  if (exchange.out === null) worker.counters.add(Counter.NO_BUFFER, 1);
  return exchange.out;
}

/** Moves body bytes that fit behind the head, so that one write carries both; the rest stays. */
function takeBody(
  { requestBody: body, record }: H1Exchange,
  input: ClientInput,
  out: Uint8Array,
  at: number,
): number {
  if (body.done || input.length === 0) return at;
  const end = Math.min(input.end, input.start + out.length - at);
  const next = body.advance(input.bytes, input.start, end);
  const written = copyBytes(input.bytes, input.start, body.keptEnd, out, at);
  record.account.clientIn += next - input.start;
  input.start = next;
  return written;
}
