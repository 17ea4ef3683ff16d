// Verbs that change settings of the processes and not the configuration: log filter, metrics switches, connection
// limits. They are not saved; a worker that starts later gets the last of each.

import { MAX_LEASE_CLIENT_BYTES, MAX_LEASE_SECONDS } from "../../../config/defaults.ts";
import { encode } from "../../../config/codec/protobuf.ts";
import {
  Request,
  type Response,
  type WorkerMetricDetailStatus,
} from "../../../config/schema/messages.ts";
import { rowOf } from "../../../config/state/verbs.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import type { Client } from "../command_socket/client_session.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import type { EventHub } from "../command_socket/events.ts";
import type { ProcessSettings } from "../process_settings.ts";
import { type AskParts, askWorkers } from "./ask_workers.ts";
import type { WorkerAnswer } from "./fan_out.ts";
import { clearMainMetrics, type MainMetricsParts } from "../metrics/main.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import { eventOf } from "../command_socket/request_events.ts";
import { failure, ok } from "../command_socket/responses.ts";
import { appliedText, describeAnswers, failuresOf } from "../workers/texts.ts";

/** What every verb of this file takes. */
interface SettingParts extends AskParts, AuditParts {
  readonly events: EventHub;
}

/** What changing the log filter takes. */
export interface LoggingParts extends SettingParts {
  readonly log: {
    /** Puts a filter in force here and for later workers; the list says what is wrong with it. */
    change(filter: string): readonly string[];
  };
}

/** What changing a setting of the processes takes. */
export interface ProcessSettingParts extends SettingParts {
  readonly settings: ProcessSettings;
  readonly counters: MainMetricsParts["counters"];
  readonly retained: RetainedCounts;
}

/** What changing the metric detail takes. */
export interface MetricDetailParts extends SettingParts {
  /** The detail of the configuration, as the schema numbers it. */
  readonly metricDetail: number;
}

/** Changes the log filter of main, of its workers and of those started later. */
export async function changeLogging(
  parts: LoggingParts,
  client: Client,
  type: Verb & { readonly value: string },
): Promise<Response> {
  const audited = beginAudit(parts, client, type);
  const errors = parts.log.change(type.value);
  parts.events.emit("main", eventOf(type) as NonNullable<ReturnType<typeof eventOf>>);
  if (errors.length > 0) {
    audited?.failed("invalid_input", errors.join("; "));
    return failure(`Refused the log filter: ${errors.join("; ")}`);
  }
  const answers = await askWorkers(parts, client, type);
  audited?.completed(answers);
  return allOrFailure(answers);
}

/** Changes a setting that every worker has, and that no state holds. */
export async function changeProcessSetting(
  parts: ProcessSettingParts,
  client: Client,
  type: Verb,
): Promise<Response> {
  const audited = beginAudit(parts, client, type, encode(Request, { request_type: type }));
  audited?.done();
  const event = eventOf(type);
  if (event !== null) parts.events.emit("main", event);
  const answers = await askWorkers(parts, client, type);
  audited?.completed(answers);
  if (event !== null) parts.events.emit("main", event);
  if (failuresOf(answers).length === 0) parts.settings.remember(type);
  if (rowOf(type.kind).forgets?.(type.value) === true) clearMainMetrics(parts);
  return allOrFailure(answers);
}

/** The limit of connections from one address, as the workers apply it. */
export async function queryConnectionLimit(
  parts: AskParts,
  client: Client,
  type: Verb,
): Promise<Response> {
  const answers = await askWorkers(parts, client, type);
  const failed = allOrFailure(answers);
  const content = answers.find((answer) => answer.outcome === "ok")?.content?.content_type;
  return content === undefined || content === null || failuresOf(answers).length > 0
    ? failed
    : ok("The limit as the workers apply it", content);
}

/** Raises the metric detail for a time, by a lease of the client. */
export async function setMetricDetail(
  parts: MetricDetailParts,
  client: Client,
  type: Verb & { kind: "set_metric_detail" },
): Promise<Response> {
  const { client_id, ttl_seconds } = type.value;
  // Workers bind a lease to the session of the client; a pid in the request is ignored.
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
  const audited = beginAudit(parts, client, own, encode(Request, { request_type: own }));
  const problem = leaseProblem(client_id, ttl_seconds);
  if (problem !== null) {
    audited?.failed("invalid_input", problem);
    return failure(problem);
  }
  audited?.done();
  const event = eventOf(type);
  if (event !== null) parts.events.emit("main", event);
  const answers = await askWorkers(parts, client, own);
  audited?.completed(answers);
  if (event !== null) parts.events.emit("main", event);
  return metricDetailAnswer(parts.metricDetail, answers);
}

function leaseProblem(client_id: string, ttl_seconds: number | undefined): string | null {
  if (new TextEncoder().encode(client_id).length > MAX_LEASE_CLIENT_BYTES) {
    return `Field client_id is too long, accepted: up to ${MAX_LEASE_CLIENT_BYTES} bytes`;
  }
  return ttl_seconds !== undefined && ttl_seconds > MAX_LEASE_SECONDS
    ? `Field ttl_seconds is ${ttl_seconds}, accepted: up to ${MAX_LEASE_SECONDS} seconds`
    : null;
}

function metricDetailAnswer(configured: number, answers: readonly WorkerAnswer[]): Response {
  const failures = failuresOf(answers);
  const workers = new Map<string, WorkerMetricDetailStatus>();
  for (const { workerId, content } of answers) {
    const type = content?.content_type;
    if (type?.kind === "worker_metric_detail_status") workers.set(String(workerId), type.value);
  }
  return ok(failures.length > 0 ? describeAnswers(answers) : appliedText(answers.length), {
    kind: "metric_detail_status",
    value: { configured, effective: configured, previous_effective: configured, workers },
  });
}

/** OK when every worker answered OK, otherwise the workers that did not, with their reasons. */
function allOrFailure(answers: readonly WorkerAnswer[]): Response {
  return failuresOf(answers).length === 0
    ? ok(appliedText(answers.length))
    : failure(describeAnswers(answers));
}
