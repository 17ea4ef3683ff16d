// What becomes of a client after the last answer of its connection, when it may still be sending: closing
// with bytes unread would reset the connection, and a client that writes before it reads would lose its
// answer.

import { closeAccount } from "../close_account.ts";
import type { Exchange } from "../exchange.ts";
import type { HttpSession } from "./session.ts";
import { discard, type Linger } from "../../linger.ts";

/** Says goodbye and discards what still comes. */
export async function linger(session: HttpSession): Promise<void> {
  await session.sayGoodbye();
  await discardInput(session);
}

/** Discards until the client ends, or has lingered for long enough. */
export async function discardInput(session: HttpSession): Promise<void> {
  session.forgetHead();
  await discard(session);
}

/**
 * The answer is complete and the request body is not: says goodbye, and lets `pump` move on what still
 * comes for as long as the backend takes it.
 */
export async function outliveAnswer(
  exchange: Exchange,
  session: HttpSession,
  pump: Promise<boolean> | null,
): Promise<void> {
  await session.sayGoodbye();
  // What nobody takes is no part of the request any more.
  if (!exchange.flows) closeAccount(exchange, session);
  if (pump !== null) await pump;
  closeAccount(exchange, session);
  if (exchange.requestBody.done && !exchange.discarding) exchange.releaseUpstream(session);
  exchange.upstream?.close();
  await discardInput(session);
}

/**
 * A step is over in which a body was to flow on to a backend that has answered already. True when the
 * client lingers on: it does not when it has been silent for as long as any client may.
 */
export function flowsOn(exchange: Exchange, session: HttpSession, lingering: Linger): boolean {
  const { now } = session.worker.wheel;
  if (lingering.moved(now)) return true;
  if (session.input.reading) {
    const { front, back } = session.listener.timeouts;
    return now - lingering.lastHeard < Math.min(front, back);
  }
  // The backend keeps its connection and takes nothing: what comes now is for nobody.
  exchange.upstream?.close();
  lingering.restart(now);
  return true;
}
