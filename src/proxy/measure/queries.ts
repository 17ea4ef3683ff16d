// What a worker tells about its measurements: those of the worker as a whole, of its clusters and of
// their backends, restricted as a query asks. A question for certain clusters or backends is about them
// alone and leaves the worker's own values out, as in sozu 2.1.

import type {
  BackendMetrics,
  ClusterMetrics,
  FilteredMetrics,
  QueryMetricsOptions,
  ResponseContent,
  WorkerMetrics,
} from "../../../config/schema/messages.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import { SCOPE_COUNTS, SCOPE_TIMES } from "../../observe/metrics/scope_metrics.ts";
import type { Series } from "../../observe/metrics/series.ts";
import { addMetric, addSeries, type Wanted, wantedBy } from "./messages.ts";

type Content = NonNullable<ResponseContent["content_type"]>;

/** What is measured of one scope at this moment. */
export interface ScopeView {
  /** Levels, and the counts that are kept apart from the series. */
  readonly metrics: readonly Metric[];
  /** `null` when nothing has been measured. */
  readonly series: Series | null;
}

/** One cluster that is measured. */
export interface ClusterView extends ScopeView {
  readonly id: string;
  readonly backends: readonly (ScopeView & { readonly id: string })[];
}

/** Everything a worker measures. */
export interface MetricView {
  readonly proxy: ScopeView;
  clusters(): Iterable<ClusterView>;
  /** `null` when there is no such cluster. */
  cluster(id: string): ClusterView | null;
}

/** The answer to a metrics query, or why there is none. */
export function answerMetrics(view: MetricView, query: QueryMetricsOptions): Content | string {
  if (query.list) return { kind: "available_metrics", value: names(view) };
  const metrics = choose(view, query, wantedBy(query));
  return typeof metrics === "string" ? metrics : { kind: "worker_metrics", value: metrics };
}

/**
 * The answer to a query for all clusters, in parts of so many of them that each is made in a few
 * milliseconds; the worker's own values are in the first. `null` when the query asks for something else,
 * which is answered in one piece.
 */
export function metricParts(
  view: MetricView,
  query: QueryMetricsOptions,
): Iterable<WorkerMetrics> | null {
  const { list, no_clusters, cluster_ids, backend_ids } = query;
  if (list || no_clusters || cluster_ids.length > 0 || backend_ids.length > 0) return null;
  return partsOf(view, wantedBy(query));
}

/** About how many values a part holds: a value takes a few microseconds. */
const PART_VALUES = 1000;

function* partsOf(view: MetricView, wanted: Wanted): Iterable<WorkerMetrics> {
  let part: WorkerMetrics = { proxy: scope(view.proxy, wanted), clusters: new Map() };
  let values = 0;
  for (const cluster of view.clusters()) {
    const metrics = whole(cluster, wanted);
    values += cluster.backends.length + 1;
    if (metrics.cluster.size > 0 || metrics.backends.length > 0) {
      part.clusters.set(cluster.id, metrics);
      values += metrics.cluster.size;
      for (const { metrics: own } of metrics.backends) values += own.size;
    }
    if (values < PART_VALUES) continue;
    yield part;
    part = { proxy: new Map(), clusters: new Map() };
    values = 0;
  }
  yield part;
}

function choose(
  view: MetricView,
  query: QueryMetricsOptions,
  wanted: Wanted,
): WorkerMetrics | string {
  const clusters = new Map<string, ClusterMetrics>();
  if (query.no_clusters) return { proxy: scope(view.proxy, wanted), clusters };
  if (query.cluster_ids.length > 0) {
    for (const id of query.cluster_ids) {
      const cluster = view.cluster(id);
      if (cluster === null) return "No metrics of one of the clusters: there is none with its id";
      clusters.set(id, whole(cluster, wanted));
    }
    return { proxy: new Map(), clusters };
  }
  if (query.backend_ids.length > 0) {
    addClustersOf(view, query.backend_ids, wanted, clusters);
    return { proxy: new Map(), clusters };
  }
  let proxy = new Map<string, FilteredMetrics>();
  for (const part of partsOf(view, wanted)) {
    if (part.proxy.size > 0) proxy = part.proxy;
    for (const [id, metrics] of part.clusters) clusters.set(id, metrics);
  }
  return { proxy, clusters };
}

/** For each backend the first cluster that has it, with all its backends and nothing else. */
function addClustersOf(
  view: MetricView,
  backendIds: readonly string[],
  wanted: Wanted,
  clusters: Map<string, ClusterMetrics>,
): void {
  const sought = new Set(backendIds);
  for (const cluster of view.clusters()) {
    const found = cluster.backends.filter(({ id }) => sought.has(id));
    if (found.length === 0) continue;
    for (const { id } of found) sought.delete(id);
    clusters.set(cluster.id, { cluster: new Map(), backends: backendsOf(cluster, wanted) });
    if (sought.size === 0) return;
  }
}

function whole(cluster: ClusterView, wanted: Wanted): ClusterMetrics {
  return { cluster: scope(cluster, wanted), backends: backendsOf(cluster, wanted) };
}

function backendsOf({ backends }: ClusterView, wanted: Wanted): BackendMetrics[] {
  return backends
    .map((backend) => ({ backend_id: backend.id, metrics: scope(backend, wanted) }))
    .filter(({ metrics }) => metrics.size > 0);
}

function scope({ metrics, series }: ScopeView, wanted: Wanted): Map<string, FilteredMetrics> {
  const messages = new Map<string, FilteredMetrics>();
  for (const metric of metrics) addMetric(messages, metric, wanted);
  if (series !== null) addSeries(messages, series, wanted);
  return messages;
}

function names(view: MetricView): { proxy_metrics: string[]; cluster_metrics: string[] } {
  const cluster = new Set<string>();
  for (const it of view.clusters()) {
    for (const name of scopeNames(it)) cluster.add(name);
    for (const backend of it.backends) for (const name of scopeNames(backend)) cluster.add(name);
  }
  return {
    proxy_metrics: [...new Set(scopeNames(view.proxy))].sort(),
    cluster_metrics: [...cluster].sort(),
  };
}

function scopeNames({ metrics, series }: ScopeView): string[] {
  const found = metrics.map(({ name }) => name);
  if (series === null) return found;
  const { counts, times } = series;
  return [
    ...found,
    ...SCOPE_COUNTS.filter((_, i) => counts[i] !== 0),
    ...SCOPE_TIMES.filter((_, i) => (times[i]?.samples ?? 0) > 0),
  ];
}
