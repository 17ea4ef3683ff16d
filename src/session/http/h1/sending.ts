// The first half of an exchange from the choice of a backend to its first bytes: everything that the loop of
// requests does between its waits.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import type { Cluster } from "../../cluster.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { Outcome } from "../account.ts";
import { Interruption } from "../exchange.ts";
import { openUpstream, pickBackend } from "../phases/connect.ts";
import { beginServing, mayResend } from "../phases/serve.ts";
import type { H1Exchange } from "./exchange.ts";
import { pumpRequestBody } from "./request_body.ts";
import { answerAtOnce } from "./response.ts";
import type { HttpSession } from "./session.ts";

/**
 * How long a backend may take before the client is watched for leaving. Most answers come sooner, and
 * a read that has to be cancelled at the end of a connection costs more than all the rest of closing.
 */
const WATCH_AFTER_MS = 200;

/** How an exchange goes on after the first bytes from its backend; positive numbers see its method. */
export const Answered = {
  /** There is more to come, or something unusual: `receive` it. */
  PARTLY: 0,
  /** The connection was lost, and the request is sent again on another. */
  AGAIN: -1,
  /** The connection was lost, and the request with it. */
  LOST: -2,
} as const;
export type Answered = number;

/** An idle connection to the backend to try first; `null` when one must be {@link open}ed. */
export function takeIdle(exchange: H1Exchange): Upstream | null {
  const { record } = exchange;
  const backend = pickBackend(record, record.cluster as Cluster);
  // After a stale idle connection only a fresh one can tell whether the backend is well.
  if (record.retried || backend === null) return null;
  const upstream = record.client.worker.upstreams.take(backend);
  exchange.upstream = upstream;
  record.account.reused = upstream !== null;
  if (upstream !== null) record.account.attempts++;
  return upstream;
}

/** Opens a connection, first to the backend that was picked; 0, or the status to fail with. */
export async function open(
  exchange: H1Exchange,
  session: HttpSession,
): Promise<AnswerStatus | 0> {
  const { record } = exchange;
  session.watchSoon();
  const opened = await openUpstream(record, session, record.cluster as Cluster);
  if (typeof opened === "number") return opened;
  exchange.upstream = opened;
  if (record.interruption === Interruption.NONE) return 0;
  opened.close();
  return 503;
}

/** The head is about to be sent. */
export function beginSending(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
): void {
  beginServing(exchange.record, upstream.backend);
  exchange.unwatched = exchange.requestBody.done;
  if (exchange.unwatched) session.arm(WATCH_AFTER_MS);
  else session.armExchange();
}

/** The head has been sent; the body, if there is one, follows on its own. */
export function headSent(exchange: H1Exchange, session: HttpSession, upstream: Upstream): void {
  session.worker.counters.add(Counter.BACKEND_BYTES_OUT, exchange.outEnd);
  exchange.record.account.backendOut += exchange.outEnd;
  exchange.sentWhole = exchange.requestBody.done;
  if (exchange.sentWhole) return;
  session.watchSoon();
  exchange.pump = pumpRequestBody(exchange, session, upstream);
}

/**
 * The backend answered with `count` bytes in `upstream.bytes`, 0 when the connection was lost. Says how
 * it goes on: a positive number is so much of `out` to be written, after which the request is over.
 */
export function answered(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  count: number,
): Answered {
  const { counters } = session.worker;
  const { record } = exchange;
  exchange.unwatched = false;
  if (count === 0) {
    const again = mayResend(record, upstream.reused);
    upstream.discard();
    exchange.upstream = null;
    if (!again) return Answered.LOST;
    counters.add(Counter.RETRIES, 1);
    record.account.retries++;
    return Answered.AGAIN;
  }
  record.account.backendIn += count;
  counters.add(Counter.BACKEND_BYTES_IN, count);
  return exchange.pump === null
    ? answerAtOnce(exchange, session, upstream, count)
    : Answered.PARTLY;
}

/** The whole answer, `end` bytes, has been written; true when the client connection goes on. */
export function answerSent(exchange: H1Exchange, session: HttpSession, end: number): boolean {
  const { account } = exchange.record;
  session.worker.counters.add(Counter.BYTES_OUT, end);
  account.clientOut += end;
  account.outcome = Outcome.COMPLETE;
  return exchange.persists;
}
