// Serves one request of an HTTP/2 client: the phases in their order. Requests of one connection are served
// side by side; what is here waits for nobody but the request's own two ends.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { isIdempotent } from "../../../protocol/http/method.ts";
import { reportDefect } from "../../defect.ts";
import { Reason } from "../../reason.ts";
import { Outcome } from "../account.ts";
import { BodyEnd } from "../body.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { failureStatus } from "../phases/failure.ts";
import { matchRoute } from "../phases/match.ts";
import { mayRepeat } from "../phases/serve.ts";
import { beginTrace } from "../phases/trace.ts";
import { relay, Relayed } from "../relay.ts";
import type { UpstreamSide } from "../upstream.ts";
import { takeSide } from "./h1_side.ts";
import type { H2Request } from "./request.ts";

/** Serves a request whose head has come. Never rejects. */
export async function serveRequest(request: H2Request): Promise<void> {
  try {
    const refusal = route(request.record);
    if (refusal === 0) await forward(request);
    else await fail(request, refusal);
  } catch (error) {
    reportDefect(error, request.record.client.worker.counters, "Request");
  } finally {
    request.end();
  }
}

/** Answers a request whose head names no authority that could be routed. Never rejects. */
export async function refuseRequest(request: H2Request): Promise<void> {
  request.beginRefusal();
  try {
    await fail(request, 400);
  } catch (error) {
    reportDefect(error, request.record.client.worker.counters, "Request");
  } finally {
    request.end();
  }
}

/** Finds the cluster; 0, or the status to answer. */
function route(record: Exchange): AnswerStatus | 0 {
  const { tracer } = record.client.worker;
  if (tracer !== null) beginTrace(record, tracer);
  const refusal = matchRoute(record);
  if (refusal !== 0) return refusal;
  return record.cluster === null ? 401 : 0;
}

async function forward(request: H2Request): Promise<void> {
  const { record, body } = request;
  record.repeatable = body.ended === BodyEnd.COMPLETE && isIdempotent(record.request);
  for (;;) {
    const taken = takeSide(record, request);
    const side = taken instanceof Promise ? await taken : taken;
    if (typeof side === "number") return await fail(request, side);
    request.side = side;
    const ended = await relay(record, request, side);
    if (ended !== Relayed.LOST || !repeats(request, side)) {
      return await finish(request, side, ended);
    }
  }
}

/** The backend connection was lost: true when the request is sent again on another. */
function repeats(request: H2Request, side: UpstreamSide): boolean {
  const { record } = request;
  side.abort();
  if (!mayRepeat(record, side.reused)) return false;
  side.release(false);
  request.side = null;
  record.client.worker.counters.add(Counter.RETRIES, 1);
  record.account.retries++;
  return true;
}

async function finish(request: H2Request, side: UpstreamSide, ended: Relayed): Promise<void> {
  switch (ended) {
    case Relayed.COMPLETE:
      return await settle(request, side);
    case Relayed.SWITCHES:
      return await fail(request, 502, Reason.UNASKED_UPGRADE);
    case Relayed.LOST:
    case Relayed.CUT:
      return await fail(request, 502, Reason.BACKEND_CLOSED);
    case Relayed.BROKEN:
      return await abandon(request);
    case Relayed.MALFORMED:
      return await fail(request, 502, Reason.MALFORMED_RESPONSE);
    default:
      return await fail(request, ended);
  }
}

/** The client has its response; its request may still be on its way to the backend. */
async function settle(request: H2Request, side: UpstreamSide): Promise<void> {
  if (request.pump !== null) await request.pump;
  request.side = null;
  side.release(side.reusable);
}

/** Answers for ourselves, where the client can still be told. `reason` as for {@link failureStatus}. */
async function fail(
  request: H2Request,
  failure: AnswerStatus,
  reason: Reason = Reason.NONE,
): Promise<void> {
  const { record } = request;
  if (record.responding || request.gone) return await abandon(request);
  const status = failureStatus(record, failure, reason);
  record.enter(ExchangePhase.ANSWERING);
  request.side?.abort();
  if (await request.answer(status)) record.account.outcome = Outcome.COMPLETE;
  request.refuseRest();
  if (request.pump !== null) await request.pump;
}

/** Ends both sides, and waits until nothing of the request runs any more. */
async function abandon(request: H2Request): Promise<void> {
  const { record } = request;
  if (record.interruption === Interruption.CLIENT_GONE) {
    record.client.worker.counters.add(Counter.CLIENT_ABORTS, 1);
  }
  request.side?.abort();
  request.reset(ErrorCode.INTERNAL_ERROR);
  if (request.pump !== null) await request.pump;
}
