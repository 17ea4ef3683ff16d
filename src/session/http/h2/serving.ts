// Serves one request of an HTTP/2 client: the phases in their order. Requests of one connection are served
// side by side; what is here waits for nobody but the request's own two ends.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { isIdempotent } from "../../../protocol/http/method.ts";
import { isDefect, reportDefect } from "../../defect.ts";
import { Reason } from "../../reason.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { writeRest } from "../../write_rest.ts";
import { Outcome } from "../account.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { blame, failureStatus } from "../phases/failure.ts";
import { matchRoute } from "../phases/match.ts";
import { mayResend } from "../phases/serve.ts";
import { beginTrace } from "../phases/trace.ts";
import { H1Upstream } from "../h1/relay/upstream.ts";
import { pickBackend } from "../phases/connect.ts";
import type { Http2Slot } from "../http2.ts";
import { Relayed, relayResponse } from "../relay.ts";
import { serveExchange } from "../serve.ts";
import { agrees, beginTunnelRequest, runTunnel } from "./tunnel.ts";
import { openConnection, takeIdle } from "../side.ts";
import type { Cluster } from "../../cluster.ts";
import { type Refusal, SILENT_CLOSE } from "../route_policy.ts";
import { Fate, type UpstreamSide } from "../upstream.ts";
import { assemble, AtOnce, beginSending, headSent, isUsual, judge, responded } from "./at_once.ts";
import type { H2Request } from "./request.ts";

/**
 * Serves a request whose head has come. The usual one is written out here: every function that waits costs
 * each request a promise, which is felt. Never rejects.
 */
export async function serveRequest(request: H2Request, http2: Http2Slot): Promise<void> {
  const { record } = request;
  const { worker } = record.client;
  try {
    let status: Refusal | 0 = route(record);
    let reason: Reason = Reason.NONE;
    if (record.request.connectionUpgrade) beginTunnelRequest(record);
    if (status === 0 && !isUsual(request)) status = await forward(request, http2);
    else record.repeatable = isIdempotent(record.request);
    while (status === 0 && record.phase < ExchangePhase.RELAYING) {
      const cluster = record.cluster as Cluster;
      let upstream = takeIdle(record, pickBackend(record, cluster));
      if (upstream === null) {
        const opened = await openConnection(record, request, cluster);
        if (typeof opened === "number") {
          status = opened;
          break;
        }
        upstream = opened;
      }
      request.upstream = upstream;
      if (record.interruption !== Interruption.NONE) {
        status = 503;
        break;
      }
      const head = assemble(request);
      if (typeof head === "number") {
        status = head;
        break;
      }
      let count = 0;
      beginSending(request, upstream);
      try {
        const { stream } = upstream;
        const written = await stream.write(head);
        if (written < head.length) await writeRest(stream, head, written, head.length);
        headSent(request, head.length);
        count = upstream.accept(await upstream.read(0));
      } catch (error) {
        if (isDefect(error)) throw error;
        // The connection is lost: as good as an answer of no bytes.
      }
      const came = judge(request, upstream, count);
      if (came === AtOnce.WHOLE) {
        const told = request.respond(upstream.bytes, record.response.end, count);
        if (told === true || await told) responded(request, upstream);
        else await abandon(request);
      } else if (came === AtOnce.PARTLY) status = await goOn(request, upstream, count);
      else if (!repeats(request, upstream)) {
        status = 502;
        reason = Reason.BACKEND_CLOSED;
      }
    }
    if (status !== 0) await fail(request, status, reason);
  } catch (error) {
    reportDefect(error, worker.counters, "Request");
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

/** Finds the cluster; 0, or how the request is refused. */
function route(record: Exchange): Refusal | 0 {
  const { tracer } = record.client.worker;
  if (tracer !== null) beginTrace(record, tracer);
  const refusal = matchRoute(record);
  if (refusal !== 0) return refusal;
  return record.cluster === null ? 401 : 0;
}

/** Serves a request that is not the usual one. 0, or the status to fail with. */
async function forward(request: H2Request, http2: Http2Slot): Promise<AnswerStatus | 0> {
  return await finish(request, await serveExchange(request.record, request, request, http2));
}

/** The connection was lost: true when the request is sent again on another. */
function repeats(request: H2Request, upstream: Upstream): boolean {
  const { record } = request;
  request.upstream = null;
  const again = mayResend(record, upstream.reused);
  upstream.discard();
  if (!again) return false;
  record.client.worker.counters.add(Counter.RETRIES, 1);
  record.account.retries++;
  return true;
}

/** The response did not come in one piece: the rest of it is relayed. As for {@link forward}. */
async function goOn(
  request: H2Request,
  upstream: Upstream,
  count: number,
): Promise<AnswerStatus | 0> {
  const { record } = request;
  const side = new H1Upstream(record, upstream, request);
  side.resume(count);
  request.upstream = null;
  request.side = side;
  return await finish(request, await relayResponse(record, request, side));
}

/** How a relay has ended. As for {@link forward}. */
async function finish(request: H2Request, ended: Relayed): Promise<AnswerStatus | 0> {
  const { record } = request;
  switch (ended) {
    case Relayed.COMPLETE:
      await settle(request);
      return 0;
    case Relayed.SWITCHES:
      return await switchProtocols(request);
    case Relayed.LOST:
      return blame(record, Reason.BACKEND_CLOSED, isUntouched(request.side) ? 503 : 502);
    case Relayed.CUT:
      return blame(record, Reason.BACKEND_CLOSED, 502);
    case Relayed.BROKEN:
      await abandon(request);
      return 0;
    case Relayed.MALFORMED:
      return blame(record, Reason.MALFORMED_RESPONSE, 502);
    default:
      return ended;
  }
}

/** The backend has changed the protocol. As for {@link forward}. */
async function switchProtocols(request: H2Request): Promise<AnswerStatus | 0> {
  const { record } = request;
  if (!agrees(record)) return blame(record, Reason.UNASKED_UPGRADE, 502);
  const tunnel = request.side?.tunnel() ?? null;
  if (tunnel === null) return blame(record, Reason.OUT_OF_BUFFERS, 503);
  await runTunnel(request, tunnel);
  return 0;
}

/** Nothing of the request has reached a backend that looked at it. */
function isUntouched(side: UpstreamSide | null): boolean {
  return side?.fate === Fate.UNSENT || side?.fate === Fate.UNPROCESSED;
}

/** The client has its response; its request may still be on its way to the backend. */
async function settle(request: H2Request): Promise<void> {
  if (request.pump !== null) await request.pump;
  const { side } = request;
  request.side = null;
  side?.release(side.reusable);
}

/** Answers for ourselves, where the client can still be told. `reason` as for {@link failureStatus}. */
async function fail(
  request: H2Request,
  failure: Refusal,
  reason: Reason = Reason.NONE,
): Promise<void> {
  const { record } = request;
  if (failure === SILENT_CLOSE) return closeSilently(request);
  if (record.responding || request.gone) return await abandon(request);
  const status = failureStatus(record, failure, reason);
  record.enter(ExchangePhase.ANSWERING);
  request.side?.abort();
  if (await request.answer(status)) record.account.outcome = Outcome.COMPLETE;
  request.refuseRest();
  if (request.pump !== null) await request.pump;
}

/** The stream ends without an answer; the connection and its other streams go on. */
function closeSilently(request: H2Request): void {
  request.record.enter(ExchangePhase.ANSWERING);
  request.record.account.status = SILENT_CLOSE;
  request.dismiss();
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
