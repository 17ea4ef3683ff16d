// Queries: answered from the state of main, or with one answer of main and of each worker.

import type { Response, ResponseContent, WorkerInfo } from "../../../config/schema/messages.ts";
import { answerClusterQuery, type ClusterQuery } from "../../../config/state/queries.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import { mainMetrics, type MainMetricsParts } from "../metrics/main.ts";
import { metricsAnswer, queryForWorkers } from "../metrics/answer.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import { asOpen, type ServingPool } from "../listeners/open.ts";
import { ok } from "../command_socket/responses.ts";
import { type AskParts, askWorkers } from "./ask_workers.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** Queries that main answers alone. */
export type MainQuery = Verb & {
  kind:
    | "list_workers"
    | "list_frontends"
    | "list_listeners"
    | "query_certificates_from_the_state"
    | "count_requests"
    | "query_health_checks";
};

/** What main answers from. */
export interface MainQueryParts {
  readonly state: ConfigState;
  readonly pool: ServingPool & { list(): WorkerInfo[] };
}

/** Answers from the state of main. */
export function answerFromMain({ state, pool }: MainQueryParts, query: MainQuery): Response {
  switch (query.kind) {
    case "list_workers":
      return ok("", { kind: "workers", value: { vec: pool.list() } });
    case "list_frontends":
      return ok("", { kind: "frontend_list", value: state.listFrontends(query.value) });
    case "list_listeners":
      return ok("", { kind: "listeners_list", value: asOpen(pool, state.listListeners()) });
    case "query_certificates_from_the_state":
      return ok("", {
        kind: "certificates_with_fingerprints",
        value: state.certificates(query.value),
      });
    case "count_requests":
      return ok("", { kind: "request_counts", value: state.requestCounts() });
    case "query_health_checks":
      return ok("", {
        kind: "health_checks_list",
        value: state.healthChecks(query.value.cluster_id),
      });
  }
}

/** Queries with one answer of main and of each worker. */
export type MergedQuery = ClusterQuery | (Verb & { kind: "query_certificates_from_workers" });

/** What a merged answer takes. */
export interface MergedQueryParts extends AskParts {
  readonly state: ConfigState;
}

/** Asks every worker; the answer has one entry for each that answered, and one of main. */
export async function answerMerged(
  parts: MergedQueryParts,
  client: Client,
  query: MergedQuery,
): Promise<Response> {
  const answers = await askWorkers(parts, client, query);
  const map = new Map<string, ResponseContent>();
  if (query.kind !== "query_certificates_from_workers") {
    map.set("main", { content_type: answerClusterQuery(parts.state, query) });
  }
  for (const { workerId, content } of answers) {
    if (content !== null) map.set(String(workerId), content);
  }
  const failures = failuresOf(answers);
  const note = failures.length === 0 ? "" : `No answer from ${describeAnswers(failures)}`;
  return ok(note, { kind: "worker_responses", value: { map } });
}

/** What answering with metrics takes. */
export interface MetricsQueryParts extends AskParts, MainMetricsParts {
  readonly retained: RetainedCounts;
}

/** Metrics of the workers; those that do not answer are absent. */
export async function answerMetrics(
  parts: MetricsQueryParts,
  client: Client,
  query: Verb & { kind: "query_metrics" },
): Promise<Response> {
  const asked = { ...query, value: queryForWorkers(query.value) };
  const answers = await askWorkers(parts, client, asked);
  const failures = failuresOf(answers);
  const note = failures.length === 0 ? "" : `No answer from ${describeAnswers(failures)}`;
  return ok(note, metricsAnswer(answers, query.value, mainMetrics(parts), parts.retained));
}
