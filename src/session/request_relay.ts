// Streams the part of a request body that had not arrived with its head. Runs beside the response,
// because a backend may answer early or ask for the body with 100 (Continue).

import { Counter } from "../observe/counters.ts";
import { Problem } from "../protocol/h1/problem.ts";
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
 * starts to discard it. Never rejects: what went wrong is told to the exchange.
 */
export async function pumpRequestBody(
  exchange: Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<void> {
  try {
    await pump(exchange, session, upstream);
  } catch {
    // Either side is gone. The response tells which: the backend may have answered before it closed.
  }
}

async function pump(exchange: Exchange, session: HttpSession, upstream: Upstream): Promise<void> {
  const { input } = session;
  const body = exchange.requestBody;
  releaseHead(exchange, session);
  let discarded = 0;
  let progress = 0;
  while (!body.done) {
    if (input.length === 0 && !(await receiveBody(session))) {
      exchange.interrupt(Interruption.CLIENT_GONE);
      return;
    }
    if (exchange.discarding) {
      discarded += input.length;
      exchange.account.clientIn += input.length;
      input.start = input.end;
      if (discarded > DISCARD_BYTES) return session.close();
      continue;
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
      return;
    }
  }
}

/** The head is about to make room for what follows it. */
export function releaseHead(exchange: Exchange, session: HttpSession): void {
  const { account } = exchange;
  if (!account.headGone) session.worker.observer?.headGoes(account, session);
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
