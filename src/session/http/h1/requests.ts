// Requests of one connection, one after the other. The usual exchange (a head that comes in one piece, an
// idle backend connection, an answer that comes in one piece) is written out in one function: every
// function that waits costs each request a promise, which is felt. What is unusual is left to the session,
// where it concerns the connection, and to functions of their own, where it concerns the request.

import { ReadStatus } from "../../../protocol/h1/field_reader.ts";
import { Problem } from "../../../protocol/h1/problem.ts";
import { requestPersists } from "../../../protocol/h1/request_rules.ts";
import { isDefect } from "../../defect.ts";
import { abandon, fail, receive } from "./ending.ts";
import { ExchangePhase } from "../exchange.ts";
import type { H1Exchange } from "./exchange.ts";
import { discardInput } from "./last_answer.ts";
import { assemble, takeHead } from "./prepare.ts";
import { serveByRelay } from "./relay/relayed.ts";
import type { Refusal } from "../route_policy.ts";
import { type HttpSession, SessionPhase } from "./session.ts";
import { Reason } from "../../reason.ts";
import { readHead, refuseHead } from "./request_head.ts";
import {
  Answered,
  answered,
  answerSent,
  beginSending,
  headSent,
  open,
  takeIdle,
} from "./sending.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { writeRest } from "../../write_rest.ts";

/** Serves until the connection ends; rejects when it breaks. */
export async function serveRequests(session: HttpSession): Promise<void> {
  await serveUntilLast(session);
  // The last request is over: nothing of it is held or counted for as long as its client stays.
  if (session.phase === SessionPhase.LINGERING) await discardInput(session);
}

/** Serves until there is nothing more to be said to the client, which may linger. */
async function serveUntilLast(session: HttpSession): Promise<void> {
  const { input, stream, worker } = session;
  for (;;) {
    if (input.length === 0) {
      if (!session.received(await input.read())) return;
      // Closed, or told by now that it has waited for too long.
      if (isOver(session, SessionPhase.WAITING)) return;
    }
    const exchange = session.beginHead();
    let goesOn = false;
    let mayHaveSent = false;
    let writtenOut = false;
    try {
      const read = exchange.reader.read(input.end);
      if (read === ReadStatus.MORE && !(await readHead(session, exchange))) return;
      // Closed while the last bytes of the head were handed over.
      if (isOver(session, SessionPhase.HEAD)) return;
      if (exchange.reader.problem !== Problem.NONE) return await refuseHead(session, exchange);
      session.beginRequest();
      let status: Refusal | 0 = takeHead(exchange, input);
      let reason: Reason = Reason.NONE;
      if (status === 0) {
        writtenOut = worker.fastPath && exchange.record.cluster?.settings.http2 !== true;
        if (writtenOut) status = assemble(exchange, input);
        else goesOn = await serveByRelay(exchange, session);
      }
      while (status === 0 && writtenOut) {
        let upstream = takeIdle(exchange);
        if (upstream === null) {
          status = await open(exchange, session);
          if (status !== 0) break;
          upstream = exchange.upstream as Upstream;
        }
        const { outEnd } = exchange;
        const out = exchange.out as Uint8Array;
        let count = 0;
        beginSending(exchange, session, upstream);
        try {
          const written = await upstream.stream.write(out.subarray(0, outEnd));
          if (written < outEnd) await writeRest(upstream.stream, out, written, outEnd);
          headSent(exchange, session, upstream);
          count = upstream.accept(await upstream.read(0));
        } catch {
          // The connection is lost: as good as an answer of no bytes.
        }
        const end = answered(exchange, session, upstream, count);
        if (end === Answered.AGAIN) continue;
        if (end > 0) {
          const written = await stream.write(out.subarray(0, end));
          if (written < end) await writeRest(stream, out, written, end);
          goesOn = answerSent(exchange, session, end);
        } else if (end === Answered.PARTLY) {
          goesOn = await receive(exchange, session, upstream, count);
        } else {
          status = 502;
          reason = Reason.BACKEND_CLOSED;
        }
        break;
      }
      if (status !== 0) goesOn = await fail(exchange, session, status, reason);
      goesOn &&= !session.closed;
      if (!goesOn) mayHaveSent = mayResetClient(session, exchange);
    } catch (error) {
      await endBroken(session, exchange, error);
      throw error;
    } finally {
      session.giveExchange(exchange);
    }
    if (!goesOn) return mayHaveSent ? await session.sayGoodbye() : undefined;
    session.awaitRequest();
  }
}

/**
 * The client may have sent more than was read: a plain close would reset it, and lose the last response with
 * it. False as well for a client that lingers already, or is closed.
 */
function mayResetClient(session: HttpSession, { record }: H1Exchange): boolean {
  const { phase, client, input } = session;
  if (phase !== SessionPhase.EXCHANGE) return false;
  // Its tunnel was cut short.
  if (record.phase === ExchangePhase.TUNNEL) return true;
  // One that did not say that it would close may have.
  return client.isLast || input.length > 0 || requestPersists(record.request);
}

/** The session is no longer where it was before the loop waited. */
function isOver(session: HttpSession, expected: SessionPhase): boolean {
  return session.phase !== expected;
}

/** A stream broke, or we did, while a request was served. */
async function endBroken(
  session: HttpSession,
  exchange: H1Exchange,
  error: unknown,
): Promise<void> {
  if (!session.closed && !isDefect(error)) exchange.clientFailed();
  await abandon(exchange, session);
}
