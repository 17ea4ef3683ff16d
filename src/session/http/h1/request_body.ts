// Streams the part of a request body that had not arrived with its head. Runs beside the response,
// because a backend may answer early or ask for the body with 100 (Continue).

import { Counter } from "../../../observe/metrics/counters.ts";
import { Problem } from "../../../protocol/h1/problem.ts";
import { Interruption } from "../exchange.ts";
import type { H1Exchange } from "./exchange.ts";
import { releaseHead } from "./release_head.ts";
import { type HttpSession, SessionPhase } from "./session.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { writeRest } from "../../write_rest.ts";

/**
 * Moves the body from the client to `upstream` until it is complete or the client ends; what the backend
 * does not take is thrown away. True when all of it was sent. Never rejects: what went wrong is told to
 * the exchange.
 */
export async function pumpRequestBody(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<boolean> {
  exchange.pumping = true;
  let sent = false;
  try {
    sent = await pump(exchange, session, upstream);
  } catch {
    // The client is gone, as the session has told, or we closed its connection.
  }
  exchange.pumping = false;
  return sent;
}

/**
 * Waits until the request body has been sent, and nothing of it is read any more; false when it never
 * will be: the backend takes no more, or the exchange is interrupted.
 */
export async function finishRequestBody(exchange: H1Exchange): Promise<boolean> {
  if (exchange.pump === null) return exchange.requestBody.done;
  if (exchange.record.interruption !== Interruption.NONE || exchange.discarding) return false;
  const interrupted = new Promise<false>((resolve) => exchange.wake = () => resolve(false));
  const sent = await Promise.race([exchange.pump, interrupted]);
  exchange.wake = null;
  return sent && exchange.record.interruption === Interruption.NONE;
}

async function pump(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
): Promise<boolean> {
  const { input } = session;
  const body = exchange.requestBody;
  releaseHead(exchange.record, input);
  let progress = 0;
  while (!body.done) {
    if (input.length === 0 && !(await receiveBody(session))) {
      exchange.clientFailed();
      return false;
    }
    if (exchange.over) return false;
    const start = input.start;
    input.start = body.advance(input.bytes, start, input.end);
    const count = input.start - start;
    exchange.record.account.clientIn += count;
    if (body.keptEnd > start && !exchange.discarding) {
      await send(exchange, session, upstream, start, body.keptEnd);
    }
    progress += count;
    if (progress >= session.listener.uploadMinBytes || body.done) {
      rearm(exchange, session);
      progress = 0;
    }
    if (body.problem !== Problem.NONE) {
      if (body.problem === Problem.TRAILER_TOO_LARGE) {
        session.worker.counters.add(Counter.TRAILERS_TOO_LARGE, 1);
      }
      exchange.interrupt(Interruption.CLIENT_ERROR);
      return false;
    }
  }
  exchange.sentWhole = !exchange.discarding;
  return exchange.sentWhole;
}

/** The body moves: both sides may be silent for as long as they may again. */
export function rearm(exchange: H1Exchange, session: HttpSession): void {
  if (exchange.flows && session.phase === SessionPhase.EXCHANGE) session.armExchange();
}

/** Reads more of the body, into a larger buffer when the last read filled this one; false at its end. */
export async function receiveBody(session: HttpSession): Promise<boolean> {
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

/** A backend that takes no more may have answered, or do so yet: the client is heard to the end. */
async function send(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  start: number,
  end: number,
): Promise<void> {
  const { bytes } = session.input;
  try {
    const written = await upstream.stream.write(bytes.subarray(start, end));
    if (start + written < end) await writeRest(upstream.stream, bytes, start + written, end);
  } catch {
    exchange.refuseBody();
    return;
  }
  session.worker.counters.add(Counter.BACKEND_BYTES_OUT, end - start);
  exchange.record.account.backendOut += end - start;
}
