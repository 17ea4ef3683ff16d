// How an exchange ends when its answer does not come in one piece: it is received and relayed, answered by
// ourselves, or given up.

import { Counter } from "../../../observe/metrics/counters.ts";
import { Reason } from "../../reason.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { Outcome } from "../account.ts";
import { ExchangePhase, Interruption } from "../exchange.ts";
import { failureStatus } from "../phases/failure.ts";
import { endServing } from "../phases/serve.ts";
import { type Refusal, SILENT_CLOSE } from "../route_policy.ts";
import type { H1Exchange } from "./exchange.ts";
import { outliveAnswer } from "./last_answer.ts";
import { receiveResponse } from "./response.ts";
import type { HttpSession } from "./session.ts";

/**
 * Receives and relays a response of which `count` bytes lie in `upstream.bytes`; true when the client
 * connection goes on.
 */
export async function receive(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  count: number,
): Promise<boolean> {
  exchange.record.account.firstByteAt = session.worker.accountClock();
  session.watchSoon();
  const failure = await receiveResponse(exchange, session, upstream, count);
  if (failure !== 0) return await fail(exchange, session, failure, Reason.MALFORMED_RESPONSE);
  return await settle(exchange, session);
}

/** The client has its response, but its request may not be complete. True as for {@link receive}. */
export async function settle(exchange: H1Exchange, session: HttpSession): Promise<boolean> {
  if (exchange.requestBody.done) {
    if (exchange.pump !== null) await exchange.pump;
    exchange.releaseUpstream();
    return exchange.persists;
  }
  // The response came before the body was complete: let the client read it, then close.
  await outliveAnswer(exchange, session, exchange.pump);
  return false;
}

/**
 * Answers for ourselves, or just ends when nobody would read it or a response has begun. `reason` is for
 * the account, where none has been noted yet. True when the client connection goes on.
 */
export async function fail(
  exchange: H1Exchange,
  session: HttpSession,
  failure: Refusal,
  reason: Reason = Reason.NONE,
): Promise<boolean> {
  const { record } = exchange;
  if (failure === SILENT_CLOSE) return await closeSilently(exchange, session);
  if (record.responding || session.closed) return await abandon(exchange, session);
  if (record.interruption === Interruption.CLIENT_GONE) return await abandon(exchange, session);
  const status = failureStatus(record, failure, reason);
  const unread = !exchange.requestBody.done;
  record.enter(ExchangePhase.ANSWERING);
  exchange.refuseBody();
  exchange.abortBackend();
  endServing(record);
  const closes = await session.answer(status, record, unread || !exchange.persists);
  record.account.outcome = Outcome.COMPLETE;
  if (unread) await outliveAnswer(exchange, session, exchange.pump);
  else if (exchange.pump !== null) await exchange.pump;
  return !closes;
}

/**
 * The client gets no byte, and is told that none will come. What it still sends is thrown away as after any
 * last answer: a reset could cost it the answers to earlier requests.
 */
async function closeSilently(exchange: H1Exchange, session: HttpSession): Promise<false> {
  const { record } = exchange;
  record.enter(ExchangePhase.ANSWERING);
  record.account.status = SILENT_CLOSE;
  exchange.refuseBody();
  if (!exchange.requestBody.done) await outliveAnswer(exchange, session, null);
  return false;
}

/** Ends both connections and waits until nothing of this request runs any more. */
export async function abandon(exchange: H1Exchange, session: HttpSession): Promise<false> {
  if (exchange.record.interruption === Interruption.CLIENT_GONE) {
    session.worker.counters.add(Counter.CLIENT_ABORTS, 1);
  }
  exchange.abortBackend();
  session.close();
  // Inside TLS a read that is under way ends only a while later.
  exchange.conclude();
  if (exchange.pump !== null) await exchange.pump;
  return false;
}
