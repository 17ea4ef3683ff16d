// The measurements of several workers as one answer. Counts and levels add up, histograms bucket by
// bucket; of quantiles the largest is kept, which is the most that can be said of all together. A worker
// that did not answer is just absent.

import type {
  FilteredMetrics,
  QueryMetricsOptions,
  ResponseContent,
  WorkerMetrics,
} from "../../config/messages.ts";
import type { Metric } from "../observe/counters.ts";
import type { WorkerAnswer } from "./gather.ts";
import { KeptMeasurements } from "./kept_measurements.ts";
import { MergedMetrics, mergeValues, type MetricValues } from "./merged_metrics.ts";

type Content = NonNullable<ResponseContent["content_type"]>;

/**
 * The answer of main, which measured `own`, to a metrics query that the workers have answered. Whole
 * answers are noted in `kept`, and what it has of workers that did not answer counts as well, unless the
 * workers are to be told apart.
 */
export function mergeMetrics(
  answers: readonly WorkerAnswer[],
  query: QueryMetricsOptions,
  own: readonly Metric[] = [],
  kept: KeptMeasurements = new KeptMeasurements(() => null),
): Content {
  if (query.list) return mergeNames(answers);
  const main = messagesOf(own);
  mergeValues(main, kept.main);
  const workers = measurementsOf(answers);
  if (isWhole(query)) { for (const [id, metrics] of workers) kept.note(id, metrics); }
  if (query.workers) {
    const told = new Map([...workers].map(([id, metrics]) => [String(id), metrics]));
    const value = { main, workers: told, clusters: new Map(), proxying: new Map() };
    return { kind: "metrics", value };
  }
  const merged = new MergedMetrics();
  for (const metrics of workers.values()) merged.add(metrics);
  const rest = kept.beside(new Set(workers.keys()));
  merged.add(restrict(rest, query, (id) => merged.hasCluster(id)));
  const { proxy, clusters } = merged.total();
  return { kind: "metrics", value: { main, workers: new Map(), proxying: proxy, clusters } };
}

/** A question for everything, whose answer tells all there is of a worker. */
function isWhole(query: QueryMetricsOptions): boolean {
  return !query.no_clusters && query.metric_names.length === 0 &&
    query.cluster_ids.length === 0 && query.backend_ids.length === 0;
}

/** The measurements of the workers that answered, by id. */
function measurementsOf(answers: readonly WorkerAnswer[]): Map<number, WorkerMetrics> {
  const workers = new Map<number, WorkerMetrics>();
  for (const { workerId, content, parts = [] } of answers) {
    const last = content?.content_type;
    if (last?.kind !== "worker_metrics") continue;
    if (parts.length === 0) workers.set(workerId, last.value);
    else workers.set(workerId, joined([...parts, { content_type: last }]));
  }
  return workers;
}

/** The measurements of one worker that came in parts: no two tell of the same. */
function joined(parts: readonly ResponseContent[]): WorkerMetrics {
  const whole: WorkerMetrics = { proxy: new Map(), clusters: new Map() };
  for (const { content_type: part } of parts) {
    if (part?.kind !== "worker_metrics") continue;
    for (const [name, value] of part.value.proxy) whole.proxy.set(name, value);
    for (const [id, cluster] of part.value.clusters) whole.clusters.set(id, cluster);
  }
  return whole;
}

/** What of `metrics` an answer to `query` holds, which tells of certain clusters already. */
function restrict(
  { proxy, clusters }: WorkerMetrics,
  query: QueryMetricsOptions,
  isTold: (clusterId: string) => boolean,
): WorkerMetrics {
  const names = query.metric_names.length === 0 ? null : new Set(query.metric_names);
  const wanted = (values: MetricValues): MetricValues =>
    names === null ? values : new Map([...values].filter(([name]) => isNamed(names, name)));
  const isPartial = query.cluster_ids.length > 0 || query.backend_ids.length > 0;
  const chosen = query.no_clusters ? [] : [...clusters].filter(([id]) => !isPartial || isTold(id));
  const entries = chosen.map(([id, { cluster, backends }]) =>
    [id, {
      cluster: query.backend_ids.length > 0 ? new Map() : wanted(cluster),
      backends: backends.map(({ backend_id, metrics }) => ({
        backend_id,
        metrics: wanted(metrics),
      })),
    }] as const
  );
  return { proxy: isPartial ? new Map() : wanted(proxy), clusters: new Map(entries) };
}

const HISTOGRAM_SUFFIX = "_histogram";

/** A filter names a time, which is told as a histogram as well. */
function isNamed(names: ReadonlySet<string>, name: string): boolean {
  return names.has(name) ||
    name.endsWith(HISTOGRAM_SUFFIX) && names.has(name.slice(0, -HISTOGRAM_SUFFIX.length));
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

/** Measurements of main as messages. */
export function messagesOf(metrics: readonly Metric[]): MetricValues {
  return new Map(metrics.map((metric) => [metric.name, toMessage(metric)]));
}

function toMessage({ value, gauge }: Metric): FilteredMetrics {
  return { inner: { kind: gauge ? "gauge" : "count", value: BigInt(Math.floor(value)) } };
}
