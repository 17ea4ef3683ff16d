// The second half of an exchange: reads response heads (interim ones are passed on), sends the final
// head with the first body bytes in one write, relays the rest, and gives the backend connection back.

import { copyBytes } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { ReadStatus } from "../../../protocol/h1/field_reader.ts";
import { Problem } from "../../../protocol/h1/problem.ts";
import { responsePersists } from "../../../protocol/h1/response_rules.ts";
import { BodyFraming } from "../../../protocol/http/message_head.ts";
import { grantsUpgrade } from "../../../protocol/http/upgrade.ts";
import { beginTunnelAccount } from "../close_account.ts";
import { ExchangePhase, Interruption } from "../exchange.ts";
import type { H1Exchange } from "./exchange.ts";
import type { HttpSession } from "./session.ts";
import { mustDechunk, writeInterim, writeResponse } from "./heads.ts";
import { beginTunnel, endTunnel } from "../protocol_levels.ts";
import { endServing } from "../phases/serve.ts";
import { Reason } from "../../reason.ts";
import { Outcome } from "../account.ts";
import { RelayEnd, relayPayload, relayResponseBody } from "./response_body.ts";
import { finishRequestBody } from "./request_body.ts";
import { runUpgraded } from "./tunnel.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/**
 * Prepares the usual response, one whose head and body have arrived together: gives the backend
 * connection back and returns how much of `exchange.out` is to be written. 0 when the response is
 * anything else; then nothing has happened yet.
 */
export function answerAtOnce(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  count: number,
): number {
  const { responseReader: reader, responseBody: body } = exchange;
  const { head } = reader;
  head.toHead = exchange.record.toHead;
  reader.begin(upstream.bytes, 0);
  if (reader.read(count) !== ReadStatus.DONE || head.status < 200) return 0;
  if (head.framing === BodyFraming.UNTIL_CLOSE || mustDechunk(exchange.record)) return 0;
  body.begin(head);
  if (body.follow(upstream.bytes, head.end, count) !== count || body.extended) return 0;
  if (!body.done || body.problem !== Problem.NONE || !isReusable(exchange)) return 0;
  const out = exchange.out as Uint8Array;
  const at = writeResponse(exchange.record, exchange, out);
  if (at < 0 || at + count - head.end > out.length) return 0;
  const end = copyBytes(upstream.bytes, head.end, count, out, at);
  exchange.record.enter(ExchangePhase.RELAYING);
  const { account } = exchange.record;
  account.status = head.status;
  account.responseHeadAt = session.worker.accountClock();
  release(exchange, session, upstream);
  session.armExchange();
  return end;
}

/**
 * Receives the response whose first `count` bytes lie in `upstream.bytes` and relays it. Resolves with
 * 0 when the client has all of it, or with the status to fail with.
 */
export async function receiveResponse(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  count: number,
): Promise<0 | 502> {
  const reader = exchange.responseReader;
  const head = reader.head;
  let end = count;
  head.toHead = exchange.record.toHead;
  reader.begin(upstream.bytes, 0);
  for (;;) {
    const status = reader.read(end);
    if (status === ReadStatus.BAD) return 502;
    if (status === ReadStatus.MORE) {
      const more = await readMore(session, upstream, end);
      if (more === 0) {
        exchange.record.account.reason = Reason.BACKEND_CLOSED;
        return 502;
      }
      exchange.record.account.backendIn += more;
      session.worker.counters.add(Counter.BACKEND_BYTES_IN, more);
      end += more;
      continue;
    }
    if (head.status >= 200 || head.status === 101) break;
    await passInterim(exchange, session);
    end = skipHead(upstream, head.end, end);
    reader.begin(upstream.bytes, 0);
  }
  if (head.status === 101 || (exchange.record.connects && head.status < 300)) {
    return await switchProtocols(exchange, session, upstream, end);
  }
  return await relayFinal(exchange, session, upstream, end);
}

/** Reads behind `end`; 0 when the backend ended or the head is too large. */
async function readMore(session: HttpSession, upstream: Upstream, end: number): Promise<number> {
  if (end === upstream.bytes.length) return 0;
  session.armExchange();
  try {
    return upstream.accept(await upstream.read(end));
  } catch {
    return 0;
  }
}

/** Moves what follows an interim head to the front; returns its end. */
function skipHead(upstream: Upstream, headEnd: number, end: number): number {
  upstream.bytes.copyWithin(0, headEnd, end);
  return end - headEnd;
}

async function passInterim(exchange: H1Exchange, session: HttpSession): Promise<void> {
  const out = exchange.out as Uint8Array;
  // RFC 9110 section 15.2: an HTTP/1.0 client must not be sent an interim response.
  if (exchange.record.request.version === 10) return;
  const end = writeInterim(exchange.record, out);
  if (end > 0) await session.write(out.subarray(0, end));
}

async function relayFinal(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  end: number,
): Promise<0 | 502> {
  const head = exchange.record.response;
  const body = exchange.responseBody;
  const out = exchange.out as Uint8Array;
  exchange.dechunks = mustDechunk(exchange.record);
  if (exchange.dechunks || head.framing === BodyFraming.UNTIL_CLOSE) exchange.persists = false;
  // An early answer: when the rest of the body will have come, nobody knows.
  if (!exchange.requestBody.done) exchange.persists = false;
  let at = writeResponse(exchange.record, exchange, out);
  if (at < 0) return 502;
  body.begin(head);
  const { account } = exchange.record;
  account.status = head.status;
  account.responseHeadAt = session.worker.accountClock();
  let next = head.end;
  if (!exchange.dechunks) {
    const fits = Math.min(end, next + out.length - at);
    next = body.advance(upstream.bytes, next, fits);
    if (body.problem !== Problem.NONE) return 502;
    at = copyBytes(upstream.bytes, head.end, body.keptEnd, out, at);
  }
  const reusable = isReusable(exchange);
  exchange.record.enter(ExchangePhase.RELAYING);
  if (body.done && reusable && next === end && exchange.sentWhole) {
    release(exchange, session, upstream);
    await session.write(out.subarray(0, at));
    exchange.record.account.outcome = Outcome.COMPLETE;
    return 0;
  }
  session.armExchange();
  await session.write(out.subarray(0, at));
  const ending = await relayRest(exchange, session, upstream, next, end);
  if (ending === RelayEnd.BROKEN) {
    // Too late for an answer: the exchange, which is relaying, ends both connections instead.
    if (exchange.record.interruption === Interruption.NONE && !session.closed) {
      exchange.record.account.outcome = Outcome.BACKEND_BROKEN;
    }
    return 502;
  }
  exchange.reusable = ending === RelayEnd.CLEAN && reusable;
  exchange.record.account.outcome = Outcome.COMPLETE;
  return 0;
}

/** Relays what of the body was not sent with the head. */
async function relayRest(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  from: number,
  end: number,
): Promise<RelayEnd> {
  const body = exchange.responseBody;
  let next = from;
  if (exchange.dechunks) next = await relayPayload(exchange, session, upstream.bytes, end, from);
  else if (!body.done && next < end) {
    next = body.advance(upstream.bytes, from, end);
    const kept = body.keptEnd;
    if (kept > from) await session.write(upstream.bytes.subarray(from, kept));
  }
  if (body.problem !== Problem.NONE) return RelayEnd.BROKEN;
  if (body.done) return next === end ? RelayEnd.CLEAN : RelayEnd.EXCESS;
  try {
    return await relayResponseBody(exchange, session, upstream);
  } catch (error) {
    if (exchange.record.interruption === Interruption.NONE && !session.closed) throw error;
    return RelayEnd.BROKEN;
  }
}

/** True when the backend keeps its connection open and understands that we do. */
function isReusable(exchange: H1Exchange): boolean {
  return exchange.record.request.version === 11 && !exchange.record.connects &&
    responsePersists(exchange.record.response);
}

function release(exchange: H1Exchange, session: HttpSession, upstream: Upstream): void {
  exchange.upstream = null;
  endServing(exchange.record);
  session.worker.upstreams.give(upstream);
}

/**
 * 101, or 2xx to CONNECT: the rest of both connections is a tunnel, including what was received already.
 * The request is complete before that, because the client changes the protocol behind it, not within.
 */
export async function switchProtocols(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  end: number,
): Promise<0 | 502> {
  const { account, response: head } = exchange.record;
  if (head.status === 101 && !grantsUpgrade(exchange.upgrade, head)) {
    account.reason = Reason.UNASKED_UPGRADE;
    session.worker.counters.add(Counter.UNASKED_UPGRADES, 1);
    return 502;
  }
  if (!(await finishRequestBody(exchange))) {
    account.reason = Reason.BACKEND_CLOSED;
    return 502;
  }
  const out = exchange.out as Uint8Array;
  const at = writeResponse(exchange.record, exchange, out);
  if (at < 0) return 502;
  exchange.persists = false;
  exchange.record.enter(ExchangePhase.TUNNEL);
  account.status = head.status;
  account.responseHeadAt = session.worker.accountClock();
  session.worker.counters.add(Counter.UPGRADES, 1);
  session.armExchange();
  await session.write(out.subarray(0, at));
  beginTunnelAccount(exchange.record);
  beginTunnel(session.client);
  const clean = await runUpgraded(exchange, session, upstream, head.end, end);
  if (clean && exchange.record.interruption === Interruption.NONE && !session.closed) {
    account.outcome = Outcome.COMPLETE;
  }
  if (exchange.record.interruption === Interruption.CLIENT_GONE) {
    session.worker.counters.add(Counter.CLIENT_ABORTS, 1);
  }
  endTunnel(session.client);
  exchange.conclude();
  // A client whose tunnel was cut short lingers, and has a while to read what came.
  if (clean) session.close();
  return 0;
}
