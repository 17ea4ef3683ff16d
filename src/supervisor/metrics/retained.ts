// The counts of workers that have ended. Without them every sum over the workers would fall when a worker
// is replaced or dies, and monitoring would take that for a restart. Gauges end with their worker. Counts
// and histograms are retained as long as their cluster and their backend are configured. Pure.

import type {
  AggregatedMetrics,
  ClusterMetrics,
  FilteredMetrics,
  WorkerMetrics,
} from "../../../config/schema/messages.ts";
import { type KnownBackends, mergeInto, WorkerSum } from "./worker_sum.ts";

/** The counts of workers that have ended, and the last known ones of those that run. */
export class RetainedCounts {
  readonly #known: KnownBackends;
  /** Counts of workers that have ended. */
  #past = new WorkerSum();
  /** The counts of all earlier main processes and their workers. */
  #earlier: AggregatedMetrics | null = null;
  /** The last known metrics of each worker that runs. */
  readonly #last = new Map<number, WorkerMetrics>();

  /** Clusters and backends that `known` does not know are forgotten. */
  constructor(known: KnownBackends) {
    this.#known = known;
  }

  /** Records all metrics of a worker up to now. */
  record(workerId: number, metrics: WorkerMetrics): void {
    this.#last.set(workerId, metrics);
  }

  /** The worker has ended: its last known counts are retained. */
  ended(workerId: number): void {
    const last = this.#last.get(workerId);
    if (last === undefined) return;
    this.#last.delete(workerId);
    this.#past.add(countsOf(last));
    this.#past.keepOnly(this.#known);
  }

  /** Takes the counts of an earlier main process, in the place of those it sent before. */
  restore(metrics: AggregatedMetrics): void {
    this.#earlier = metrics;
  }

  /** All counts except those of the workers `told`, whose metrics the caller has. */
  totalExcept(told: ReadonlySet<number>): WorkerMetrics {
    const sum = new WorkerSum();
    sum.add(this.#past.total());
    if (this.#earlier !== null) {
      sum.add({ proxy: this.#earlier.proxying, clusters: this.#earlier.clusters });
    }
    for (const [id, metrics] of this.#last) if (!told.has(id)) sum.add(countsOf(metrics));
    sum.keepOnly(this.#known);
    return sum.total();
  }

  /** The metrics of the earlier main processes themselves. */
  get ofEarlierMains(): ReadonlyMap<string, FilteredMetrics> {
    return this.#earlier?.main ?? NOTHING;
  }

  /** All counts up to now, for the successor of this main process; `own`: its own metrics. */
  snapshot(own: ReadonlyMap<string, FilteredMetrics>): AggregatedMetrics {
    const main = new Map(this.ofEarlierMains);
    mergeInto(main, onlyCounts(own));
    const { proxy, clusters } = this.totalExcept(new Set());
    return { main, workers: new Map(), proxying: proxy, clusters };
  }

  /**
   * A change removed the cluster, or a backend of it: their counts are forgotten. A backend that is added
   * again counts from zero.
   */
  forgetRemoved(clusterId: string): void {
    const backends = this.#known(clusterId);
    this.#past.keepOnlyOf(clusterId, backends);
    const told = [...this.#last.values()].map(({ clusters }) => clusters);
    if (this.#earlier !== null) told.push(this.#earlier.clusters);
    for (const clusters of told) {
      const metrics = clusters.get(clusterId);
      if (metrics === undefined) continue;
      if (backends === null) clusters.delete(clusterId);
      else metrics.backends = metrics.backends.filter(({ backend_id }) => backends.has(backend_id));
    }
  }

  /** Forgets every count. */
  clear(): void {
    this.#past = new WorkerSum();
    this.#earlier = null;
    this.#last.clear();
  }
}

const NOTHING: ReadonlyMap<string, FilteredMetrics> = new Map();

/** The metrics that are retained when their worker has ended. */
function countsOf({ proxy, clusters }: WorkerMetrics): WorkerMetrics {
  return {
    proxy: onlyCounts(proxy),
    clusters: new Map([...clusters].map(([id, metrics]) => [id, clusterCounts(metrics)])),
  };
}

function clusterCounts({ cluster, backends }: ClusterMetrics): ClusterMetrics {
  return {
    cluster: onlyCounts(cluster),
    backends: backends.map(({ backend_id, metrics }) => ({
      backend_id,
      metrics: onlyCounts(metrics),
    })),
  };
}

/** Counts and histograms; of quantiles, which describe the present, only the number of values. */
function onlyCounts(metrics: ReadonlyMap<string, FilteredMetrics>): Map<string, FilteredMetrics> {
  const counts = new Map<string, FilteredMetrics>();
  for (const [name, metric] of metrics) {
    const { inner } = metric;
    if (inner?.kind === "count" || inner?.kind === "histogram") counts.set(name, metric);
    else if (inner?.kind === "percentiles") {
      const { samples, sum } = inner.value;
      counts.set(name, { inner: { kind: "percentiles", value: { ...QUANTILES, samples, sum } } });
    }
  }
  return counts;
}

const QUANTILES = {
  p_50: 0n,
  p_90: 0n,
  p_99: 0n,
  p_99_9: 0n,
  p_99_99: 0n,
  p_99_999: 0n,
  p_100: 0n,
} as const;
