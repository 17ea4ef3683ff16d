// Reads the head of a request that did not come in one piece, and answers one that will not be served.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { ReadStatus } from "../../../protocol/h1/field_reader.ts";
import { Problem } from "../../../protocol/h1/problem.ts";
import { closeAccount } from "../close_account.ts";
import type { H1Exchange } from "./exchange.ts";
import { type HttpSession, SessionPhase } from "./session.ts";
import { Reason } from "../../reason.ts";
import { Outcome } from "../account.ts";

/** Reads until the head is complete or wrong; false when the connection ended before. */
export async function readHead(session: HttpSession, exchange: H1Exchange): Promise<boolean> {
  const { input } = session;
  do {
    if (!input.makeRoom()) return await endHead(session, exchange);
    if (!(await session.receive())) return false;
    // Closed, or told by now that the head has taken too long.
    if (session.phase !== SessionPhase.HEAD) return false;
  } while (exchange.reader.read(input.end) === ReadStatus.MORE);
  exchange.record.account.headAt = session.worker.accountClock();
  return true;
}

/** Answers a head that is wrong, and ends the connection. */
export async function refuseHead(session: HttpSession, exchange: H1Exchange): Promise<void> {
  session.worker.counters.add(Counter.BAD_REQUESTS, 1);
  exchange.record.legible = false;
  exchange.reader.endRefused();
  countFraming(session, exchange.reader.problem);
  const tooLarge = exchange.reader.problem === Problem.HEAD_TOO_LARGE;
  exchange.record.account.reason = tooLarge ? Reason.HEAD_TOO_LARGE : Reason.MALFORMED_REQUEST;
  await answerHead(session, exchange, tooLarge ? 413 : 400);
}

function countFraming({ worker }: HttpSession, problem: Problem): void {
  switch (problem) {
    case Problem.TRANSFER_ENCODING:
    case Problem.LENGTH_AND_ENCODING:
      return worker.counters.add(Counter.REQUEST_ENCODING, 1);
    case Problem.CONTENT_LENGTH:
    case Problem.CONTENT_LENGTH_CONFLICT:
      return worker.counters.add(Counter.REQUEST_LENGTH, 1);
  }
}

/** There is no room for the rest of the head: because it is too large, or others have the buffers. */
async function endHead(session: HttpSession, exchange: H1Exchange): Promise<boolean> {
  if (session.input.holdsLargestHead) {
    exchange.reader.problem = Problem.HEAD_TOO_LARGE;
    return true;
  }
  session.worker.counters.add(Counter.NO_BUFFER, 1);
  exchange.record.account.reason = Reason.OUT_OF_BUFFERS;
  await answerHead(session, exchange, 503);
  return false;
}

/** Answers a head that will not be served, and ends the connection. */
async function answerHead(
  session: HttpSession,
  exchange: H1Exchange,
  status: AnswerStatus,
): Promise<void> {
  exchange.record.account.clientIn = session.input.length;
  await session.answer(status, exchange.record, true);
  exchange.record.account.outcome = Outcome.COMPLETE;
  closeAccount(exchange.record);
  await session.sayGoodbye();
}
