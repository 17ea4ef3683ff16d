// Streams the part of a request body that had not arrived with its head. Runs beside the response,
// because a backend may answer early or ask for the body with 100 (Continue).

import { Counter } from "../observe/counters.ts";
import { Problem } from "../protocol/h1/problem.ts";
import { routeText } from "./answer_variables.ts";
import { type Exchange, Interruption } from "./exchange.ts";
import type { HttpSession } from "./http_session.ts";
import type { Upstream } from "./upstream.ts";
import { writeRest } from "./write_rest.ts";

/** What a client may still send once nobody wants its body, so that it can read the answer. */
const DISCARD_BYTES = 256 * 1024;

/**
 * What must arrive before the deadline moves on: a body that drips byte by byte is cut, one that comes
 * with more than about a hundred bytes a second is not.
 */
const LEAST_PROGRESS_BYTES = 4096;

/**
 * Moves the body from the client to `upstream` until it is complete, the client ends, or the exchange
 * starts to discard it; true when it is complete and sent. Never rejects: what went wrong is told to the
 * exchange.
 */
export async function pumpRequestBody(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<boolean> {
  try {
    return await pump(exchange, session, upstream);
  } catch {
    // Either side is gone. The response tells which: the backend may have answered before it closed.
    return false;
  }
}

/**
 * Waits until the request body has been sent, and nothing of it is read any more; false when it never
 * will be, or when the exchange is interrupted before.
 */
export async function finishRequestBody(exchange: Exchange): Promise<boolean> {
  if (exchange.pump === null) return exchange.requestBody.done;
  if (exchange.interruption !== Interruption.NONE) return false;
  const interrupted = new Promise<false>((resolve) => exchange.wake = () => resolve(false));
  const sent = await Promise.race([exchange.pump, interrupted]);
  exchange.wake = null;
  return sent && exchange.interruption === Interruption.NONE;
}

async function pump(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<boolean> {
  const { input } = session;
  const body = exchange.requestBody;
  releaseHead(exchange, session);
  let discarded = 0;
  let progress = 0;
  while (!body.done) {
    if (input.length === 0 && !(await receiveBody(session))) {
      exchange.interrupt(Interruption.CLIENT_GONE);
      return false;
    }
    if (exchange.discarding) {
      discarded += input.length;
      exchange.account.clientIn += input.length;
      input.start = input.end;
      if (discarded <= DISCARD_BYTES) continue;
      session.close();
      return false;
    }
    const start = input.start;
    input.start = body.advance(input.bytes, start, input.end);
    exchange.account.clientIn += input.start - start;
    if (body.keptEnd > start) await send(exchange, session, upstream, start, body.keptEnd);
    progress += input.start - start;
    if (progress >= LEAST_PROGRESS_BYTES || body.done) {
      session.armExchange();
      progress = 0;
    }
    if (body.problem !== Problem.NONE) {
      exchange.interrupt(Interruption.CLIENT_ERROR);
      return false;
    }
  }
  exchange.sentWhole = true;
  return true;
}

/** The head is about to make room for what follows it. */
export function releaseHead(exchange: Exchange, session: HttpSession): void {
  const { account } = exchange;
  if (!account.headGone) {
    session.worker.observer?.headGoes(account, session);
    account.route = routeText(exchange);
  }
  account.headGone = true;
  session.input.releaseHead();
}

/** Reads more of the body, into a larger buffer when the last read filled this one. */
async function receiveBody(session: HttpSession): Promise<boolean> {
  const { input } = session;
  const full = input.end === input.bytes.length;
  if (!input.reading) {
    input.start = input.end = 0;
    if (full) await growForBulk(session);
  }
  return await session.receive();
}

/** The client sends faster than one small buffer at a time: use larger ones, and wait for a turn. */
async function growForBulk(session: HttpSession): Promise<void> {
  session.input.growForBody();
  const turn = session.worker.bulkTurns.take();
  if (turn !== null) await turn;
}

async function send(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
  start: number,
  end: number,
): Promise<void> {
  const bytes = session.input.bytes;
  const written = await upstream.stream.write(bytes.subarray(start, end));
  if (start + written < end) await writeRest(upstream.stream, bytes, start + written, end);
  session.worker.counters.add(Counter.BACKEND_BYTES_OUT, end - start);
  exchange.account.backendOut += end - start;
}
