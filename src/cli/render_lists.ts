// Answers that are one simple table or line: workers, counters, health checks, limits.

import {
  type HealthChecksList,
  type MaxConnectionsPerIpLimit,
  MetricDetail,
  type MetricDetailStatus,
  type RequestCounts,
  RunState,
  type WorkerInfos,
  type WorkerMetricDetailStatus,
} from "../../config/messages.ts";
import { boxTable } from "./box_table.ts";
import { enumName } from "./enum_names.ts";
import { byKey, inResponderOrder } from "./responders.ts";

export function renderWorkers({ vec }: WorkerInfos): string {
  const rows = [...vec].sort((a, b) => a.id - b.id).map((worker) => [
    String(worker.id),
    String(worker.pid),
    enumName(RunState, worker.run_state),
  ]);
  return boxTable([["worker id", "pid", "run state"], ...rows]);
}

export function renderRequestCounts({ map }: RequestCounts): string {
  const rows = byKey(map).map(([verb, count]) => [verb, String(count)]);
  return boxTable([["request type", "count"], ...rows]);
}

export function renderHealthChecks({ map }: HealthChecksList): string {
  if (map.size === 0) return "No health check is configured\n";
  const rows = byKey(map).map(([cluster, check]) => [
    cluster,
    check.uri,
    `${check.interval}s`,
    `${check.timeout}s`,
    String(check.healthy_threshold),
    String(check.unhealthy_threshold),
    check.expected_status === 0 ? "any 2xx" : String(check.expected_status),
  ]);
  const header = [
    "cluster",
    "uri",
    "interval",
    "timeout",
    "healthy threshold",
    "unhealthy threshold",
    "expected status",
  ];
  return boxTable([header, ...rows]);
}

export function renderConnectionLimit({ limit }: MaxConnectionsPerIpLimit): string {
  return limit === 0n ? "unlimited (0)\n" : `${limit}\n`;
}

export function renderMetricDetail(status: MetricDetailStatus): string {
  const main = [
    "main",
    enumName(MetricDetail, status.configured),
    enumName(MetricDetail, status.previous_effective),
    enumName(MetricDetail, status.effective),
    // The main process grants leases and holds none.
    "\u2014",
  ];
  const workers = inResponderOrder(status.workers).map(([id, worker]) =>
    workerDetailRow(`worker:${id}`, worker)
  );
  return boxTable([DETAIL_HEADER, main, ...workers]);
}

export function renderWorkerMetricDetail(status: WorkerMetricDetailStatus): string {
  return boxTable([DETAIL_HEADER, workerDetailRow("worker", status)]);
}

const DETAIL_HEADER = ["scope", "configured", "previous effective", "effective", "active leases"];

function workerDetailRow(scope: string, status: WorkerMetricDetailStatus): string[] {
  return [
    scope,
    enumName(MetricDetail, status.configured),
    enumName(MetricDetail, status.previous_effective),
    enumName(MetricDetail, status.effective),
    String(status.active_lease_count),
  ];
}
