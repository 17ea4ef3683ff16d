// What becomes of a client after the last answer of its connection, when it may still be sending: closing
// with bytes unread would reset the connection, and a client that writes before it reads would lose its
// answer.

import { closeAccount } from "../close_account.ts";
import type { H1Exchange } from "./exchange.ts";
import type { HttpSession } from "./session.ts";
import { discard } from "../../linger.ts";

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
  exchange: H1Exchange,
  session: HttpSession,
  pump: Promise<boolean> | null,
): Promise<void> {
  await session.sayGoodbye();
  // What nobody takes is no part of the request any more.
  if (!exchange.flows) closeAccount(exchange.record);
  if (pump !== null) await pump;
  closeAccount(exchange.record);
  if (exchange.requestBody.done && !exchange.discarding) exchange.releaseUpstream();
  exchange.abortBackend();
  await discardInput(session);
}
