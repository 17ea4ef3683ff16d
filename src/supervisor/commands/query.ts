// Queries: answered from the state of main, or with one answer of main and of each worker.

import type {
  QueryMetricsOptions,
  Response,
  ResponseContent,
  WorkerInfo,
} from "../../../config/schema/messages.ts";
import * as queries from "../../../config/state/queries.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { queryMetrics } from "../../../config/state/verb.ts";
import { rowOf, type VerbOf, type VerbsWith } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import { mainMetrics, type MainMetricsParts } from "../metrics/main.ts";
import { metricsAnswer, queryForWorkers } from "../metrics/answer.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import { asOpen, type ServingPool } from "../listeners/open.ts";
import { failure, ok } from "../command_socket/responses.ts";
import { type AskParts, askWorkers } from "./ask_workers.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** A query that a process answers from its own configuration. */
export type StateQuery = VerbOf<VerbsWith<"answer">>;

/** What main answers from. */
export interface MainQueryParts {
  readonly state: ConfigState;
  readonly pool: ServingPool & { list(): WorkerInfo[] };
}

/** What an answer from the state takes. */
export interface StateQueryParts extends AskParts {
  readonly state: ConfigState;
}

/** Main answers alone, or every worker is asked and the answer has one entry for each that answered and one of main. */
export async function answerFromState(
  parts: StateQueryParts,
  client: Client,
  query: StateQuery,
): Promise<Response> {
  const { runsOn, answer } = rowOf(query.kind);
  const own = runsOn === "workers" ? null : answer?.(parts.state, query.value) ?? null;
  if (typeof own === "string") return failure(own);
  if (runsOn === "main") return ok(answerText(own?.kind), own ?? undefined);
  const answers = await askWorkers(parts, client, query);
  const map = new Map<string, ResponseContent>();
  if (own !== null) map.set("main", { content_type: own });
  for (const { workerId, content } of answers) {
    if (content !== null) map.set(String(workerId), content);
  }
  const failures = failuresOf(answers);
  // Half an answer would be read as a difference between processes.
  if (failures.length > 0) return failure(`No answer from ${describeAnswers(failures)}`);
  return ok(askedText(answers.length), { kind: "worker_responses", value: { map } });
}

/** `Listed frontends`, `Listed health checks`: what an answer of main alone holds. */
function answerText(content: string | undefined): string {
  return content === "request_counts"
    ? "Counted requests"
    : `Listed ${LISTS[content ?? ""] ?? "what was asked for"}`;
}

const LISTS: Readonly<Record<string, string>> = {
  frontend_list: "frontends",
  certificates_with_fingerprints: "certificates",
  health_checks_list: "health checks",
};

function askedText(workers: number): string {
  return workers === 1 ? "Asked the one worker" : `Asked ${workers} workers`;
}

/** The workers as main knows them. */
export function listWorkers({ pool }: MainQueryParts): Response {
  return ok("Listed workers", { kind: "workers", value: { vec: pool.list() } });
}

/** The listeners of the state, and which of them are open. */
export function listListeners({ pool, state }: MainQueryParts): Response {
  return ok("Listed listeners", {
    kind: "listeners_list",
    value: asOpen(pool, queries.listListeners(state.tables)),
  });
}

/** What answering with metrics takes. */
export interface MetricsQueryParts extends AskParts, MainMetricsParts {
  readonly retained: RetainedCounts;
}

/** Metrics of the workers; those that do not answer are absent. */
export async function answerMetrics(
  parts: MetricsQueryParts,
  client: Client,
  query: QueryMetricsOptions,
): Promise<Response> {
  const answers = await askWorkers(parts, client, queryMetrics(queryForWorkers(query)));
  const failures = failuresOf(answers);
  const note = failures.length === 0
    ? askedText(answers.length)
    : `No answer from ${describeAnswers(failures)}`;
  return ok(note, metricsAnswer(answers, query, mainMetrics(parts), parts.retained));
}
