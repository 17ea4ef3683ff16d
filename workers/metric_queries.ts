// What a worker tells about its measurements. Counts and levels of the worker as a whole; a question for
// certain clusters or backends is about them alone and leaves those out, as in sozu 2.1.

import type { FilteredMetrics, QueryMetricsOptions, ResponseContent } from "../config/messages.ts";
import type { Metric } from "../src/observe/counters.ts";

type Content = NonNullable<ResponseContent["content_type"]>;

/** The answer to a metrics query. */
export function answerMetrics(metrics: readonly Metric[], query: QueryMetricsOptions): Content {
  if (query.list) {
    const proxy_metrics = metrics.map(({ name }) => name).sort();
    return { kind: "available_metrics", value: { proxy_metrics, cluster_metrics: [] } };
  }
  const aboutOthers = query.cluster_ids.length > 0 || query.backend_ids.length > 0;
  const wanted = aboutOthers && !query.no_clusters ? [] : chosen(metrics, query.metric_names);
  const proxy = new Map(wanted.map((metric) => [metric.name, toMessage(metric)]));
  return { kind: "worker_metrics", value: { proxy, clusters: new Map() } };
}

function chosen(metrics: readonly Metric[], names: readonly string[]): readonly Metric[] {
  return names.length === 0 ? metrics : metrics.filter(({ name }) => names.includes(name));
}

function toMessage({ value, gauge }: Metric): FilteredMetrics {
  // A level below zero would be a defect of ours; the wire knows no such gauge.
  return gauge
    ? { inner: { kind: "gauge", value: BigInt(Math.max(0, value)) } }
    : { inner: { kind: "count", value: BigInt(value) } };
}
