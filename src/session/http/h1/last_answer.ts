// What becomes of a client after the last answer of its connection, when it may still be sending: closing
// with bytes unread would reset the connection, and a client that writes before it reads would lose its
// answer.

import { Counter } from "../../../observe/metrics/counters.ts";
import type { H1Exchange } from "./exchange.ts";
import type { HttpSession } from "./session.ts";
import { discard } from "../../linger.ts";

/** Discards until the client ends, or has lingered for long enough. */
export async function discardInput(session: HttpSession): Promise<void> {
  session.forgetHead();
  await discard(session);
}

/**
 * The answer is complete and the request body is not: says goodbye, and lets `pump` move on what still
 * comes for as long as the backend takes it. The client lingers on after it.
 */
export async function outliveAnswer(
  exchange: H1Exchange,
  session: HttpSession,
  pump: Promise<boolean> | null,
): Promise<void> {
  exchange.answered = true;
  session.worker.counters.add(Counter.REQUEST_INCOMPLETE, 1);
  // What nobody takes is no part of the request any more.
  if (!exchange.flows) exchange.conclude();
  await session.sayGoodbye();
  if (pump !== null) await pump;
  if (exchange.requestBody.done && !exchange.discarding) exchange.releaseUpstream();
  exchange.abortBackend();
}
