// What workers that are gone have counted. Without it every sum over the workers would fall when one of
// them is replaced or dies, which whoever reads the sums would take for a restart. Levels go with their
// worker; counts, and times as far as they add up, stay for as long as what they are about. Pure.

import type {
  AggregatedMetrics,
  ClusterMetrics,
  FilteredMetrics,
  WorkerMetrics,
} from "../../../config/schema/messages.ts";
import { type KnownBackends, MergedMetrics, mergeValues } from "./merge.ts";

/** The counts of workers that are gone, and the last known ones of those that are not. */
export class KeptMeasurements {
  readonly #known: KnownBackends;
  /** Counts of workers that have ended. */
  #past = new MergedMetrics();
  /** What the main process before this one had counted, with its workers and those before them. */
  #inherited: AggregatedMetrics | null = null;
  /** Everything each worker that has not ended had measured when it was last told. */
  readonly #last = new Map<number, WorkerMetrics>();

  /** What `known` does not know any more is forgotten. */
  constructor(known: KnownBackends) {
    this.#known = known;
  }

  /** Takes note of everything a worker has measured so far. */
  note(workerId: number, metrics: WorkerMetrics): void {
    this.#last.set(workerId, metrics);
  }

  /** The worker has ended: what was last known of it is all there will ever be. */
  ended(workerId: number): void {
    const last = this.#last.get(workerId);
    if (last === undefined) return;
    this.#last.delete(workerId);
    this.#past.add(countsOf(last));
    this.#past.keepOnly(this.#known);
  }

  /** Takes what an earlier main process leaves, in the place of what it left before. */
  inherit(metrics: AggregatedMetrics): void {
    this.#inherited = metrics;
  }

  /** What was counted by nobody of those who tell of themselves. */
  beside(told: ReadonlySet<number>): WorkerMetrics {
    const sum = new MergedMetrics();
    sum.add(this.#past.total());
    if (this.#inherited !== null) {
      sum.add({ proxy: this.#inherited.proxying, clusters: this.#inherited.clusters });
    }
    for (const [id, metrics] of this.#last) if (!told.has(id)) sum.add(countsOf(metrics));
    sum.keepOnly(this.#known);
    return sum.total();
  }

  /** What the main processes before this one have counted of themselves. */
  get main(): ReadonlyMap<string, FilteredMetrics> {
    return this.#inherited?.main ?? NOTHING;
  }

  /** Everything that has been counted so far, for the next main process; `own`: of this one itself. */
  estate(own: ReadonlyMap<string, FilteredMetrics>): AggregatedMetrics {
    const main = new Map(this.main);
    mergeValues(main, onlyCounts(own));
    const { proxy, clusters } = this.beside(new Set());
    return { main, workers: new Map(), proxying: proxy, clusters };
  }

  /**
   * A change was made of the cluster, which may have lost backends, or be gone: added again, they count from
   * nothing.
   */
  changed(clusterId: string): void {
    const backends = this.#known(clusterId);
    this.#past.keepOnlyOf(clusterId, backends);
    const told = [...this.#last.values()].map(({ clusters }) => clusters);
    if (this.#inherited !== null) told.push(this.#inherited.clusters);
    for (const clusters of told) {
      const metrics = clusters.get(clusterId);
      if (metrics === undefined) continue;
      if (backends === null) clusters.delete(clusterId);
      else metrics.backends = metrics.backends.filter(({ backend_id }) => backends.has(backend_id));
    }
  }

  /** Every count starts over. */
  clear(): void {
    this.#past = new MergedMetrics();
    this.#inherited = null;
    this.#last.clear();
  }
}

const NOTHING: ReadonlyMap<string, FilteredMetrics> = new Map();

/** What of the measurements adds up when their worker is gone. */
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

/** Counts as they are; of quantiles, which say how it is now, only how many values there were. */
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
