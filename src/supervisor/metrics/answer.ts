// The answer to a metrics query, made from the answers of the workers. Counts and gauges add up, histograms add up
// bucket by bucket, of quantiles the largest counts (merge_rules.ts). A worker that did not answer is absent.

import {
  type FilteredMetrics,
  QueryMetricsOptions,
  type ResponseContent,
  type WorkerMetrics,
} from "../../../config/schema/messages.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import { DURATION_SUFFIX } from "../../observe/metrics/duration_buckets.ts";
import type { WorkerAnswer } from "../commands/fan_out.ts";
import { RetainedCounts } from "./retained.ts";
import { mergeInto, type MetricValues, WorkerSum } from "./worker_sum.ts";

type Content = NonNullable<ResponseContent["content_type"]>;

/**
 * The answer of main, whose own metrics are `own`, to a query that the workers have answered. Answers with
 * everything are recorded in `retained`. Its counts of workers that did not answer are added, unless the
 * query asks for each worker apart.
 */
export function metricsAnswer(
  answers: readonly WorkerAnswer[],
  query: QueryMetricsOptions,
  own: readonly Metric[] = [],
  retained: RetainedCounts = new RetainedCounts(() => null),
): Content {
  if (query.list) return mergeNames(answers, own);
  const ofMain = messagesOf(own);
  mergeInto(ofMain, retained.ofEarlierMains);
  const main = isAboutMain(query) ? chosen(ofMain, query) : new Map();
  const workers = metricsByWorker(answers);
  if (isWhole(query)) recordAnswers(retained, answers);
  if (query.workers) {
    const told = new Map(
      [...workers].map(([id, metrics]) => [String(id), asAsked(metrics, query)]),
    );
    const value = { main, workers: told, clusters: new Map(), proxying: new Map() };
    return { kind: "metrics", value };
  }
  const merged = new WorkerSum();
  for (const metrics of workers.values()) merged.add(metrics);
  const rest = retained.totalExcept(new Set(workers.keys()));
  merged.add(restrict(rest, query, (id) => merged.hasCluster(id)));
  const { proxy, clusters } = asAsked(merged.total(), query);
  return { kind: "metrics", value: { main, workers: new Map(), proxying: proxy, clusters } };
}

/** Records the answers of the workers to {@link everythingQuery}. */
export function recordAnswers(retained: RetainedCounts, answers: readonly WorkerAnswer[]): void {
  for (const [id, metrics] of metricsByWorker(answers)) retained.record(id, metrics);
}

/** The query for all metrics of a worker. */
export function everythingQuery(): QueryMetricsOptions {
  return { ...QueryMetricsOptions.empty(), durations: true };
}

/** The query for the workers when a client asks `query`; a recorded answer needs the histograms. */
export function queryForWorkers(query: QueryMetricsOptions): QueryMetricsOptions {
  return isWhole(query) ? { ...query, durations: true } : query;
}

/** A query for certain clusters or backends is about them alone. */
function isAboutMain({ cluster_ids, backend_ids }: QueryMetricsOptions): boolean {
  return cluster_ids.length === 0 && backend_ids.length === 0;
}

/** Without the histograms in microseconds, unless the query asks for them, and without empty scopes. */
function asAsked({ proxy, clusters }: WorkerMetrics, query: QueryMetricsOptions): WorkerMetrics {
  const { durations = false, metric_names } = query;
  const told = (values: MetricValues): MetricValues =>
    durations ? values : new Map([...values].filter(([name]) => !name.endsWith(DURATION_SUFFIX)));
  const entries = [...clusters].map(([id, { cluster, backends }]) =>
    [id, {
      cluster: told(cluster),
      backends: backends.map(({ backend_id, metrics }) => ({ backend_id, metrics: told(metrics) }))
        .filter(({ metrics }) => metric_names.length === 0 || metrics.size > 0),
    }] as const
  ).filter(([, { cluster, backends }]) =>
    metric_names.length === 0 || cluster.size > 0 || backends.length > 0
  );
  return { proxy: told(proxy), clusters: new Map(entries) };
}

/** Whether the query asks for all metrics of a worker. */
function isWhole(query: QueryMetricsOptions): boolean {
  return !query.no_clusters && query.metric_names.length === 0 &&
    query.cluster_ids.length === 0 && query.backend_ids.length === 0;
}

/** The metrics of the workers that answered, by id. */
function metricsByWorker(answers: readonly WorkerAnswer[]): Map<number, WorkerMetrics> {
  const workers = new Map<number, WorkerMetrics>();
  for (const { workerId, content, parts = [] } of answers) {
    const last = content?.content_type;
    if (last?.kind !== "worker_metrics") continue;
    if (parts.length === 0) workers.set(workerId, last.value);
    else workers.set(workerId, joined([...parts, { content_type: last }]));
  }
  return workers;
}

/** The metrics of one worker that came in parts, which do not overlap. */
function joined(parts: readonly ResponseContent[]): WorkerMetrics {
  const whole: WorkerMetrics = { proxy: new Map(), clusters: new Map() };
  for (const { content_type: part } of parts) {
    if (part?.kind !== "worker_metrics") continue;
    for (const [name, value] of part.value.proxy) whole.proxy.set(name, value);
    for (const [id, cluster] of part.value.clusters) whole.clusters.set(id, cluster);
  }
  return whole;
}

/** The metrics that an answer to `query` holds; `isTold`: clusters the answer has already. */
function restrict(
  { proxy, clusters }: WorkerMetrics,
  query: QueryMetricsOptions,
  isTold: (clusterId: string) => boolean,
): WorkerMetrics {
  const wanted = (values: MetricValues): MetricValues => chosen(values, query);
  const isPartial = !isAboutMain(query);
  const told = query.no_clusters ? [] : [...clusters].filter(([id]) => !isPartial || isTold(id));
  const entries = told.map(([id, { cluster, backends }]) =>
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

/** The metrics a query names, or all when it names none. */
function chosen(values: MetricValues, { metric_names }: QueryMetricsOptions): MetricValues {
  if (metric_names.length === 0) return values;
  const names = new Set(metric_names);
  return new Map([...values].filter(([name]) => isNamed(names, name)));
}

/** Suffixes of a time that is told as a histogram as well. */
const TIME_SUFFIXES = ["_histogram", DURATION_SUFFIX];

/** Whether a filter names the metric; the name of a time includes its histograms. */
function isNamed(names: ReadonlySet<string>, name: string): boolean {
  return names.has(name) ||
    TIME_SUFFIXES.some((suffix) =>
      name.endsWith(suffix) && names.has(name.slice(0, -suffix.length))
    );
}

function mergeNames(answers: readonly WorkerAnswer[], own: readonly Metric[]): Content {
  const proxy = new Set(own.map(({ name }) => name));
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

/** Metrics of main as messages. */
export function messagesOf(metrics: readonly Metric[]): MetricValues {
  return new Map(metrics.map((metric) => [metric.name, toMessage(metric)]));
}

function toMessage({ value, gauge }: Metric): FilteredMetrics {
  return { inner: { kind: gauge ? "gauge" : "count", value: BigInt(Math.floor(value)) } };
}
