// Verbs that change how processes run but not the configuration: log level, metrics switches,
// connection limits. They are not saved; a worker started later gets the last of each.

import { encode } from "../../../config/codec/protobuf.ts";
import {
  Request,
  type Response,
  type WorkerMetricDetailStatus,
} from "../../../config/schema/messages.ts";
import { rowOf, verbName } from "../../../config/state/verbs.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import { beginAudit } from "../audit/begin.ts";
import { parcelsFor, type WorkerAnswer } from "./fan_out.ts";
import { clearMainMetrics } from "../metrics/main.ts";
import { deadline, type MainContext } from "../context.ts";
import { eventOf } from "../command_socket/request_events.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** Longest lease name, in bytes, and longest lease, in seconds (sozu 2.1). */
const MAX_LEASE_CLIENT_BYTES = 64;
const MAX_LEASE_SECONDS = 300;

/** Sends a request to every worker and collects the answers. */
export function askWorkers(
  context: MainContext,
  client: Client,
  type: Verb,
): Promise<readonly WorkerAnswer[]> {
  const targets = context.pool.targets();
  client.progress(processing(`Sent to ${targets.length} workers`));
  return context.gatherer.scatter({
    verb: verbName(type.kind),
    parcels: parcelsFor(targets, { request_type: type }),
    patience: deadline(context),
    onProcessing: (id, requestId, message) =>
      client.progress(processing(`Worker ${id} is processing ${requestId}. ${message}`)),
  });
}

/** Changes the log filter of main, of its workers and of those started later. */
export async function changeLogging(
  context: MainContext,
  client: Client,
  type: Verb & { readonly value: string },
): Promise<Response> {
  const audited = beginAudit(context, client, type);
  const errors = context.log.change(type.value);
  context.events.emit("main", eventOf(type) as NonNullable<ReturnType<typeof eventOf>>);
  if (errors.length > 0) {
    audited?.failed("invalid_input", errors.join("; "));
    return failure(`Refused the log filter: ${errors.join("; ")}`);
  }
  const answers = await askWorkers(context, client, type);
  audited?.completed(answers);
  return allOrFailure(answers);
}

/** Changes a setting that every worker has, and that no state holds. */
export async function changeRuntime(
  context: MainContext,
  client: Client,
  type: Verb,
): Promise<Response> {
  const audited = beginAudit(context, client, type, encode(Request, { request_type: type }));
  audited?.done();
  const event = eventOf(type);
  if (event !== null) context.events.emit("main", event);
  const answers = await askWorkers(context, client, type);
  audited?.completed(answers);
  if (event !== null) context.events.emit("main", event);
  if (failuresOf(answers).length === 0) context.rememberRuntime(type);
  if (rowOf(type.kind).forgets?.(type.value) === true) clearMainMetrics(context);
  return allOrFailure(answers);
}

/** The limit of connections from one address, as the workers apply it. */
export async function queryConnectionLimit(
  context: MainContext,
  client: Client,
  type: Verb,
): Promise<Response> {
  const answers = await askWorkers(context, client, type);
  const failed = allOrFailure(answers);
  const content = answers.find((answer) => answer.outcome === "ok")?.content?.content_type;
  return content === undefined || content === null || failuresOf(answers).length > 0
    ? failed
    : ok("", content);
}

/** Raises the level of detail of metrics for a while, on behalf of a client. */
export async function setMetricDetail(
  context: MainContext,
  client: Client,
  type: Verb & { kind: "set_metric_detail" },
): Promise<Response> {
  const { client_id, ttl_seconds } = type.value;
  // Workers bind a lease to the session that took it; what a client claims to be does not count.
  const { peer_pid: _, ...claimed } = type.value;
  const { pid } = client.peer;
  const own: Verb = {
    kind: "set_metric_detail",
    value: {
      ...claimed,
      ...(pid === null ? {} : { peer_pid: pid }),
      peer_session_ulid: client.ulid,
    },
  };
  const audited = beginAudit(context, client, own, encode(Request, { request_type: own }));
  const problem = leaseProblem(client_id, ttl_seconds);
  if (problem !== null) {
    audited?.failed("invalid_input", problem);
    return failure(problem);
  }
  audited?.done();
  const event = eventOf(type);
  if (event !== null) context.events.emit("main", event);
  const answers = await askWorkers(context, client, own);
  audited?.completed(answers);
  if (event !== null) context.events.emit("main", event);
  return metricDetailAnswer(context, answers);
}

function leaseProblem(client_id: string, ttl_seconds: number | undefined): string | null {
  if (new TextEncoder().encode(client_id).length > MAX_LEASE_CLIENT_BYTES) {
    return `Field client_id is too long, accepted: up to ${MAX_LEASE_CLIENT_BYTES} bytes`;
  }
  return ttl_seconds !== undefined && ttl_seconds > MAX_LEASE_SECONDS
    ? `Field ttl_seconds is ${ttl_seconds}, accepted: up to ${MAX_LEASE_SECONDS} seconds`
    : null;
}

function metricDetailAnswer(context: MainContext, answers: readonly WorkerAnswer[]): Response {
  const failures = failuresOf(answers);
  const configured = context.settings.metricDetail;
  const workers = new Map<string, WorkerMetricDetailStatus>();
  for (const { workerId, content } of answers) {
    const type = content?.content_type;
    if (type?.kind === "worker_metric_detail_status") workers.set(String(workerId), type.value);
  }
  return ok(failures.length > 0 ? describeAnswers(answers) : "", {
    kind: "metric_detail_status",
    value: { configured, effective: configured, previous_effective: configured, workers },
  });
}

/** OK when every worker says so, otherwise who did not and why. */
function allOrFailure(answers: readonly WorkerAnswer[]): Response {
  return failuresOf(answers).length === 0 ? ok("") : failure(describeAnswers(answers));
}
