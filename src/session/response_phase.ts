// The second half of an exchange: reads response heads (interim ones are passed on), sends the final
// head with the first body bytes in one write, relays the rest, and gives the backend connection back.

import { copyBytes } from "../bytes/ascii.ts";
import { Counter } from "../observe/counters.ts";
import { ReadStatus } from "../protocol/h1/field_reader.ts";
import { Problem } from "../protocol/h1/problem.ts";
import { responsePersists } from "../protocol/h1/response_rules.ts";
import { BodyFraming } from "../protocol/http/message_head.ts";
import { beginTunnelAccount } from "./close_account.ts";
import { type Exchange, ExchangePhase, Interruption } from "./exchange.ts";
import type { HttpSession } from "./http_session.ts";
import { mustDechunk, prepareInterim, prepareResponse } from "./message_edit.ts";
import { beginTunnel, endTunnel } from "./protocol_levels.ts";
import { Reason } from "./reason.ts";
import { Outcome } from "./request_account.ts";
import { RelayEnd, relayPayload, relayResponseBody } from "./response_relay.ts";
import { runTunnel } from "./tunnel.ts";
import type { Upstream } from "./upstream.ts";

/**
 * Prepares the usual response, one whose head and body have arrived together: gives the backend
 * connection back and returns how much of `exchange.out` is to be written. 0 when the response is
 * anything else; then nothing has happened yet.
 */
export function answerAtOnce(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
  count: number,
): number {
  const { responseReader: reader, responseBody: body } = exchange;
  const { head } = reader;
  head.toHead = exchange.toHead;
  reader.begin(upstream.bytes, 0);
  if (reader.read(count) !== ReadStatus.DONE || head.status < 200) return 0;
  if (head.framing === BodyFraming.UNTIL_CLOSE || mustDechunk(exchange)) return 0;
  body.begin(head);
  if (body.follow(upstream.bytes, head.end, count) !== count || body.extended) return 0;
  if (!body.done || body.problem !== Problem.NONE || !isReusable(exchange)) return 0;
  const out = exchange.out as Uint8Array;
  const at = prepareResponse(exchange, session, out);
  if (at < 0 || at + count - head.end > out.length) return 0;
  const end = copyBytes(upstream.bytes, head.end, count, out, at);
  exchange.phase = ExchangePhase.RELAYING;
  exchange.account.status = head.status;
  release(exchange, session, upstream);
  session.armExchange();
  return end;
}

/**
 * Receives the response whose first `count` bytes lie in `upstream.bytes` and relays it. Resolves with
 * 0 when the client has all of it, or with the status to fail with.
 */
export async function receiveResponse(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
  count: number,
): Promise<0 | 502> {
  const reader = exchange.responseReader;
  const head = reader.head;
  let end = count;
  head.toHead = exchange.toHead;
  reader.begin(upstream.bytes, 0);
  for (;;) {
    const status = reader.read(end);
    if (status === ReadStatus.BAD) return 502;
    if (status === ReadStatus.MORE) {
      const more = await readMore(session, upstream, end);
      if (more === 0) {
        exchange.account.reason = Reason.BACKEND_CLOSED;
        return 502;
      }
      exchange.account.backendIn += more;
      session.worker.counters.add(Counter.BACKEND_BYTES_IN, more);
      end += more;
      continue;
    }
    if (head.status >= 200 || head.status === 101) break;
    await passInterim(exchange, session);
    end = skipHead(upstream, head.end, end);
    reader.begin(upstream.bytes, 0);
  }
  if (head.status === 101) return await switchProtocols(exchange, session, upstream, end);
  return await relayFinal(exchange, session, upstream, end);
}

/** Reads behind `end`; 0 when the backend ended or the head is too large. */
async function readMore(session: HttpSession, upstream: Upstream, end: number): Promise<number> {
  if (end === upstream.bytes.length) return 0;
  session.armExchange();
  try {
    return await upstream.read(end);
  } catch {
    return 0;
  }
}

/** Moves what follows an interim head to the front; returns its end. */
function skipHead(upstream: Upstream, headEnd: number, end: number): number {
  upstream.bytes.copyWithin(0, headEnd, end);
  return end - headEnd;
}

async function passInterim(exchange: Exchange, session: HttpSession): Promise<void> {
  const out = exchange.out as Uint8Array;
  // RFC 9110 section 15.2: an HTTP/1.0 client must not be sent an interim response.
  if (exchange.reader.head.version === 10) return;
  const end = prepareInterim(exchange, out);
  if (end > 0) await session.write(out.subarray(0, end));
}

async function relayFinal(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
  end: number,
): Promise<0 | 502> {
  const head = exchange.responseReader.head;
  const body = exchange.responseBody;
  const out = exchange.out as Uint8Array;
  exchange.dechunks = mustDechunk(exchange);
  if (exchange.dechunks || head.framing === BodyFraming.UNTIL_CLOSE) exchange.persists = false;
  let at = prepareResponse(exchange, session, out);
  if (at < 0) return 502;
  body.begin(head);
  exchange.account.status = head.status;
  let next = head.end;
  if (!exchange.dechunks) {
    const fits = Math.min(end, next + out.length - at);
    next = body.advance(upstream.bytes, next, fits);
    if (body.problem !== Problem.NONE) return 502;
    at = copyBytes(upstream.bytes, head.end, body.keptEnd, out, at);
  }
  const reusable = isReusable(exchange);
  exchange.phase = ExchangePhase.RELAYING;
  if (body.done && reusable && next === end && exchange.requestBody.done) {
    release(exchange, session, upstream);
    await session.write(out.subarray(0, at));
    exchange.account.outcome = Outcome.COMPLETE;
    return 0;
  }
  session.armExchange();
  await session.write(out.subarray(0, at));
  const ending = await relayRest(exchange, session, upstream, next, end);
  if (ending === RelayEnd.BROKEN) {
    // Too late for an answer: the exchange, which is relaying, ends both connections instead.
    if (exchange.interruption === Interruption.NONE && !session.closed) {
      exchange.account.outcome = Outcome.BACKEND_BROKEN;
    }
    return 502;
  }
  if (ending === RelayEnd.CLEAN && reusable && exchange.requestBody.done) {
    release(exchange, session, upstream);
  }
  exchange.account.outcome = Outcome.COMPLETE;
  return 0;
}

/** Relays what of the body was not sent with the head. */
async function relayRest(
  exchange: Exchange,
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
    if (exchange.interruption === Interruption.NONE && !session.closed) throw error;
    return RelayEnd.BROKEN;
  }
}

/** True when the backend keeps its connection open and understands that we do. */
function isReusable(exchange: Exchange): boolean {
  return exchange.reader.head.version === 11 && !exchange.connects &&
    responsePersists(exchange.responseReader.head);
}

function release(exchange: Exchange, session: HttpSession, upstream: Upstream): void {
  exchange.upstream = null;
  session.worker.upstreams.give(upstream);
}

/** 101: the rest of both connections is a tunnel, including what was received already. */
async function switchProtocols(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
  end: number,
): Promise<0 | 502> {
  const out = exchange.out as Uint8Array;
  const headEnd = exchange.responseReader.head.end;
  const at = prepareResponse(exchange, session, out);
  if (at < 0) return 502;
  exchange.persists = false;
  exchange.phase = ExchangePhase.TUNNEL;
  exchange.account.status = 101;
  session.worker.counters.add(Counter.UPGRADES, 1);
  session.armTunnel();
  await session.write(out.subarray(0, at));
  beginTunnelAccount(exchange, session);
  beginTunnel(session);
  const clean = await runTunnel(exchange, session, upstream, headEnd, end);
  if (clean && exchange.interruption === Interruption.NONE && !session.closed) {
    exchange.account.outcome = Outcome.COMPLETE;
  }
  endTunnel(session);
  session.close();
  return 0;
}
