// Answers that are one simple table or line: workers, counters, health checks, limits.

import {
  type HealthCheckConfig,
  HealthCheckMode,
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
import { statusRangeText } from "../../../config/values/status_ranges.ts";
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

/** Where a mode asks for nothing of the kind. */
const NONE = "-";

const MODES: ReadonlyMap<number, string> = new Map([
  [HealthCheckMode.HEALTH_CHECK_MODE_HTTP, "http"],
  [HealthCheckMode.HEALTH_CHECK_MODE_TCP, "tcp"],
]);

/** The health checks by cluster, one a row. */
export function renderHealthChecks({ map }: HealthChecksList, view: TableView): string {
  if (map.size === 0) return "No health check is configured\n";
  const rows = byKey(map).map(([cluster, check]) => [cluster, ...cells(check)]);
  const numbers = ["interval", "timeout", "healthy threshold", "unhealthy threshold"];
  const head = ["cluster", firm("mode"), firm("port"), "uri", ...numbers.map(firm)];
  return boxTable([...head, "accepted statuses", "headers"], rows, view);
}

function cells(check: HealthCheckConfig): string[] {
  const isTcp = check.mode === HealthCheckMode.HEALTH_CHECK_MODE_TCP;
  const headers = check.headers.map(({ name, fingerprint }) => `${name}: ${fingerprint}`);
  return [
    MODES.get(check.mode) ?? "unknown",
    check.port === undefined ? "data" : String(check.port),
    isTcp ? NONE : check.uri,
    `${check.interval}s`,
    `${check.timeout}s`,
    String(check.healthy_threshold),
    String(check.unhealthy_threshold),
    isTcp ? NONE : statuses(check),
    headers.length === 0 ? NONE : headers.join("\n"),
  ];
}

function statuses({ accepted_statuses, expected_status }: HealthCheckConfig): string {
  if (accepted_statuses.length > 0) return accepted_statuses.map(statusRangeText).join(",");
  return expected_status === 0 ? "2xx" : String(expected_status);
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
