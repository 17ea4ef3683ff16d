// Answers that are one simple table or line: workers, counters, health checks, limits.

import {
  type HealthChecksList,
  type MaxConnectionsPerIpLimit,
  type MaxConnectionsPerSubnetLimit,
  MetricDetail,
  type MetricDetailStatus,
  type RequestCounts,
  RunState,
  type WorkerInfos,
  type WorkerMetricDetailStatus,
} from "../../../config/schema/messages.ts";
import { enumName } from "../options/enum_names.ts";
import { byKey, inResponderOrder } from "../responders.ts";
import { boxTable, firm, type TableView } from "./table.ts";

export function renderWorkers({ vec }: WorkerInfos, view: TableView): string {
  const rows = [...vec].sort((a, b) => a.id - b.id).map((worker) => [
    String(worker.id),
    String(worker.pid),
    enumName(RunState, worker.run_state),
  ]);
  return boxTable(["worker id", "pid", firm("run state")], rows, view);
}

export function renderRequestCounts({ map }: RequestCounts, view: TableView): string {
  const rows = byKey(map).map(([verb, count]) => [verb, String(count)]);
  return boxTable(["request type", firm("count")], rows, view);
}

export function renderHealthChecks({ map }: HealthChecksList, view: TableView): string {
  if (map.size === 0) return "No health check is configured\n";
  const rows = byKey(map).map(([cluster, check]) => [
    cluster,
    check.uri,
    check.expected_status === 0 ? "2xx" : String(check.expected_status),
    `${check.interval} s`,
    `${check.timeout} s`,
    `${check.healthy_threshold} good`,
    `${check.unhealthy_threshold} bad`,
  ]);
  const head = ["cluster", "uri", "expects", "every", "patience", "up after", "down after"];
  const [id = "", uri = "", ...settings] = head;
  return boxTable([id, uri, ...settings.map(firm)], rows, view);
}

export function renderConnectionLimit({ limit }: MaxConnectionsPerIpLimit): string {
  return limit === 0n ? "unlimited (0)\n" : `${limit}\n`;
}

export function renderSubnetLimit(
  { limit, ipv4_prefix, ipv6_prefix }: MaxConnectionsPerSubnetLimit,
): string {
  const size = `/${ipv4_prefix} of IPv4, /${ipv6_prefix} of IPv6`;
  return `${limit === 0n ? "unlimited (0)" : limit} for each ${size}\n`;
}

export function renderMetricDetail(status: MetricDetailStatus, view: TableView): string {
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
  return boxTable(DETAIL_HEADER, [main, ...workers], view);
}

export function renderWorkerMetricDetail(
  status: WorkerMetricDetailStatus,
  view: TableView,
): string {
  return boxTable(DETAIL_HEADER, [workerDetailRow("worker", status)], view);
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
