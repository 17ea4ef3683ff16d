// Questions: answered from the state of main, or from main and every worker side by side.

import type {
  QueryMetricsOptions,
  Response,
  ResponseContent,
} from "../../../config/schema/messages.ts";
import { queryMetrics } from "../../../config/state/verb.ts";
import { rowOf, type VerbOf, type VerbsWith } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import type { MainContext } from "../context.ts";
import { mainMetrics } from "../metrics/main.ts";
import { mergeMetrics, queryForWorkers } from "../metrics/answer.ts";
import { asOpen } from "../listeners/open.ts";
import { failure, ok } from "../command_socket/responses.ts";
import { askWorkers } from "./runtime.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** A question that a process answers from its own configuration. */
export type StateQuery = VerbOf<VerbsWith<"answer">>;

/** Main answers alone, or main and the workers side by side: one entry for each that answered. */
export async function answerFromState(
  context: MainContext,
  client: Client,
  query: StateQuery,
): Promise<Response> {
  const { runsOn, answer } = rowOf(query.kind);
  const own = runsOn === "workers" ? null : answer?.(context.state, query.value) ?? null;
  if (typeof own === "string") return failure(own);
  if (runsOn === "main") return ok("", own ?? undefined);
  const answers = await askWorkers(context, client, query);
  const map = new Map<string, ResponseContent>();
  if (own !== null) map.set("main", { content_type: own });
  for (const { workerId, content } of answers) {
    if (content !== null) map.set(String(workerId), content);
  }
  const failures = failuresOf(answers);
  const note = failures.length === 0 ? "" : `No answer from ${describeAnswers(failures)}`;
  return ok(note, { kind: "worker_responses", value: { map } });
}

/** The workers as main knows them. */
export function listWorkers({ pool }: MainContext): Response {
  return ok("", { kind: "workers", value: { vec: pool.list() } });
}

/** The listeners of the state, and which of them are open. */
export function listListeners({ pool, state }: MainContext): Response {
  return ok("", { kind: "listeners_list", value: asOpen(pool, state.listListeners()) });
}

/** Metrics of the workers; those that do not answer are absent. */
export async function answerMetrics(
  context: MainContext,
  client: Client,
  query: QueryMetricsOptions,
): Promise<Response> {
  const answers = await askWorkers(context, client, queryMetrics(queryForWorkers(query)));
  const failures = failuresOf(answers);
  const note = failures.length === 0 ? "" : `No answer from ${describeAnswers(failures)}`;
  return ok(note, mergeMetrics(answers, query, mainMetrics(context), context.kept));
}
