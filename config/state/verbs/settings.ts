// The verbs that change how processes run, but not the configuration: they are not saved.

import { anyU64, named, question, range } from "../../rules/rule.ts";
import { EventKind, MetricDetail, MetricsConfiguration } from "../../schema/messages.ts";
import type { Rows } from "./row.ts";

const METRICS_NAMES: Readonly<Record<number, string>> = {
  [MetricsConfiguration.ENABLED]: "Enabled",
  [MetricsConfiguration.DISABLED]: "Disabled",
  [MetricsConfiguration.CLEAR]: "Clear",
};

/** Levels of detail as the audit trail names them. */
export const DETAIL_NAMES: Readonly<Record<number, string>> = {
  [MetricDetail.DETAIL_PROCESS]: "DetailProcess",
  [MetricDetail.DETAIL_FRONTEND]: "DetailFrontend",
  [MetricDetail.DETAIL_CLUSTER]: "DetailCluster",
  [MetricDetail.DETAIL_BACKEND]: "DetailBackend",
};

export const SETTING_ROWS = {
  Logging: {
    runsOn: "all",
    rule: question,
    inBatch: true,
    reloads: true,
    auditVerb: "logging_level_changed",
    subject: (filter) => ({ target: `logging:${filter}` }),
    event: EventKind.LOGGING_LEVEL_CHANGED,
    change: (filter) => `what is logged: ${filter}`,
  },
  configure_metrics: {
    runsOn: "all",
    rule: named(MetricsConfiguration),
    inBatch: true,
    remembered: true,
    forgets: (value) => value === MetricsConfiguration.CLEAR,
    reloads: true,
    auditVerb: "metrics_configured",
    subject: (value) => ({ target: `metrics:${METRICS_NAMES[value] ?? value}` }),
    event: EventKind.METRICS_CONFIGURED,
    change: (value) =>
      `measurements of clusters: ${(METRICS_NAMES[value] ?? String(value)).toLowerCase()}`,
  },
  set_max_connections_per_ip: {
    runsOn: "workers",
    rule: anyU64,
    inBatch: true,
    remembered: true,
    reloads: true,
    auditVerb: "max_connections_per_ip_set",
    subject: (limit) => ({ target: `max_connections_per_ip:${limit}` }),
    change: (limit) =>
      limit === 0n
        ? "connections of a client address are not limited"
        : `a client address may hold ${limit} connections to a cluster`,
  },
  set_max_connections_per_subnet: {
    runsOn: "workers",
    rule: anyU64,
    inBatch: true,
    remembered: true,
    reloads: true,
    auditVerb: "max_connections_per_subnet_set",
    subject: (limit) => ({ target: `max_connections_per_subnet:${limit}` }),
    change: (limit) =>
      limit === 0n
        ? "connections of a subnet are not limited"
        : `a subnet may hold ${limit} connections to a cluster`,
  },
  set_max_connection_attempts: {
    runsOn: "workers",
    rule: range(1, 255),
    inBatch: true,
    remembered: true,
    reloads: true,
    auditVerb: "max_connection_attempts_set",
    subject: (attempts) => ({ target: `max_connection_attempts:${attempts}` }),
    change: (attempts) => `a request may try ${attempts} connections to backends`,
  },
  set_metric_detail: {
    runsOn: "workers",
    auditVerb: "metric_detail_changed",
    subject: ({ clear, detail, client_id, reason }) => {
      const level = clear === true ? "clear" : DETAIL_NAMES[detail ?? -1] ?? "<invalid>";
      return {
        target: `metric_detail:${level}`,
        leaseId: client_id,
        metricDetailReason: reason,
      };
    },
    event: EventKind.METRIC_DETAIL_CHANGED,
  },
} as const satisfies Rows<
  | "Logging"
  | "configure_metrics"
  | "set_max_connections_per_ip"
  | "set_max_connections_per_subnet"
  | "set_max_connection_attempts"
  | "set_metric_detail"
>;
