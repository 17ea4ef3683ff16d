// The measurements of several workers as one answer: counts and levels add up, which is all that workers
// send. A worker that did not answer is just absent.

import type {
  AggregatedMetrics,
  FilteredMetrics,
  QueryMetricsOptions,
  ResponseContent,
  WorkerMetrics,
} from "../../config/messages.ts";
import type { Metric } from "../observe/counters.ts";
import type { WorkerAnswer } from "./gather.ts";

type Content = NonNullable<ResponseContent["content_type"]>;

/** The answer of main, which measured `own`, to a metrics query that the workers have answered. */
export function mergeMetrics(
  answers: readonly WorkerAnswer[],
  query: QueryMetricsOptions,
  own: readonly Metric[] = [],
): Content {
  if (query.list) return mergeNames(answers);
  const main = new Map(own.map((metric) => [metric.name, toMessage(metric)]));
  return { kind: "metrics", value: { ...mergeValues(answers, query), main } };
}

function mergeNames(answers: readonly WorkerAnswer[]): Content {
  const proxy = new Set<string>();
  const cluster = new Set<string>();
  for (const { content } of answers) {
    const type = content?.content_type;
    if (type?.kind !== "available_metrics") continue;
    for (const name of type.value.proxy_metrics) proxy.add(name);
    for (const name of type.value.cluster_metrics) cluster.add(name);
  }
  return {
    kind: "available_metrics",
    value: { proxy_metrics: [...proxy].sort(), cluster_metrics: [...cluster].sort() },
  };
}

function mergeValues(
  answers: readonly WorkerAnswer[],
  { workers: apart }: QueryMetricsOptions,
): AggregatedMetrics {
  const workers = new Map<string, WorkerMetrics>();
  const proxying = new Map<string, FilteredMetrics>();
  for (const { workerId, content } of answers) {
    const type = content?.content_type;
    if (type?.kind !== "worker_metrics") continue;
    if (apart) workers.set(String(workerId), type.value);
    else for (const [name, metric] of type.value.proxy) addTo(proxying, name, metric);
  }
  return { main: new Map(), workers, clusters: new Map(), proxying };
}

function addTo(sums: Map<string, FilteredMetrics>, name: string, { inner }: FilteredMetrics): void {
  const known = sums.get(name)?.inner;
  if (inner?.kind !== "count" && inner?.kind !== "gauge") return;
  const before = known?.kind === inner.kind ? known.value : 0n;
  sums.set(name, { inner: { kind: inner.kind, value: before + inner.value } });
}

function toMessage({ value, gauge }: Metric): FilteredMetrics {
  return { inner: { kind: gauge ? "gauge" : "count", value: BigInt(value) } };
}
