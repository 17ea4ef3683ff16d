// The measurements of several workers as one answer. Counts and levels add up, histograms bucket by
// bucket; of quantiles the largest is kept, which is the most that can be said of all together. A worker
// that did not answer is just absent.

import type {
  AggregatedMetrics,
  BackendMetrics,
  ClusterMetrics,
  FilteredMetrics,
  QueryMetricsOptions,
  ResponseContent,
  WorkerMetrics,
} from "../../config/messages.ts";
import type { Metric } from "../observe/counters.ts";
import type { WorkerAnswer } from "./gather.ts";
import { mergeMetric } from "./metric_value_merge.ts";

type Content = NonNullable<ResponseContent["content_type"]>;
type Values = Map<string, FilteredMetrics>;

/** The answer of main, which measured `own`, to a metrics query that the workers have answered. */
export function mergeMetrics(
  answers: readonly WorkerAnswer[],
  query: QueryMetricsOptions,
  own: readonly Metric[] = [],
): Content {
  if (query.list) return mergeNames(answers);
  const main = new Map(own.map((metric) => [metric.name, toMessage(metric)]));
  const workers = measurementsOf(answers);
  if (query.workers) {
    return { kind: "metrics", value: { main, workers, clusters: new Map(), proxying: new Map() } };
  }
  return { kind: "metrics", value: { ...mergeWorkers(workers.values()), main } };
}

/** The measurements of the workers that answered, by id. */
function measurementsOf(answers: readonly WorkerAnswer[]): Map<string, WorkerMetrics> {
  const workers = new Map<string, WorkerMetrics>();
  for (const { workerId, content } of answers) {
    const type = content?.content_type;
    if (type?.kind === "worker_metrics") workers.set(String(workerId), type.value);
  }
  return workers;
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

function mergeWorkers(workers: Iterable<WorkerMetrics>): AggregatedMetrics {
  const proxying: Values = new Map();
  const merged = new Map<string, MergedCluster>();
  for (const { proxy, clusters } of workers) {
    mergeValues(proxying, proxy);
    for (const [id, metrics] of clusters) {
      let cluster = merged.get(id);
      if (cluster === undefined) {
        cluster = new MergedCluster();
        merged.set(id, cluster);
      }
      cluster.add(metrics);
    }
  }
  const clusters = new Map([...merged].map(([id, cluster]) => [id, cluster.message()]));
  return { main: new Map(), workers: new Map(), clusters, proxying };
}

/** One cluster, as more and more workers tell of it. */
class MergedCluster {
  readonly #own: Values = new Map();
  readonly #backends = new Map<string, Values>();

  add({ cluster, backends }: ClusterMetrics): void {
    mergeValues(this.#own, cluster);
    for (const { backend_id, metrics } of backends) {
      const known = this.#backends.get(backend_id);
      if (known === undefined) this.#backends.set(backend_id, new Map(metrics));
      else mergeValues(known, metrics);
    }
  }

  message(): ClusterMetrics {
    const backends: BackendMetrics[] = [...this.#backends].map(([backend_id, metrics]) => ({
      backend_id,
      metrics,
    }));
    return { cluster: this.#own, backends };
  }
}

function mergeValues(into: Values, from: ReadonlyMap<string, FilteredMetrics>): void {
  for (const [name, metric] of from) {
    const known = into.get(name);
    into.set(name, known === undefined ? metric : mergeMetric(name, known, metric));
  }
}

function toMessage({ value, gauge }: Metric): FilteredMetrics {
  return { inner: { kind: gauge ? "gauge" : "count", value: BigInt(Math.floor(value)) } };
}
