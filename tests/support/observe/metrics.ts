// Measurements as tests read them.

import {
  type FilteredMetrics,
  QueryMetricsOptions,
  type WorkerMetrics,
} from "../../../config/schema/messages.ts";
import type { Measurements } from "../../../src/proxy/contract.ts";

/** The measurements of a worker that answer `query`. */
export function measured(
  measurements: Measurements,
  query: Partial<QueryMetricsOptions> = {},
): WorkerMetrics {
  const answer = measurements.query({ ...QueryMetricsOptions.empty(), ...query });
  if (typeof answer === "string") throw new Error(answer);
  if (answer.kind !== "worker_metrics") throw new Error(`Not measurements: ${answer.kind}`);
  return answer.value;
}

/** A count or level of the worker itself; where it has none, its sum over clusters and backends. */
export function countOf({ proxy, clusters }: WorkerMetrics, name: string): number {
  const own = numberOf(proxy.get(name));
  if (own > 0) return own;
  let sum = 0;
  for (const { cluster, backends } of clusters.values()) {
    sum += numberOf(cluster.get(name));
    for (const { metrics } of backends) sum += numberOf(metrics.get(name));
  }
  return sum;
}

/** The value of a count or level; 0 for none. */
export function numberOf(metric: FilteredMetrics | undefined): number {
  const inner = metric?.inner;
  return inner?.kind === "count" || inner?.kind === "gauge" ? Number(inner.value) : 0;
}
