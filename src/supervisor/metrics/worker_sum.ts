// The sum of the metrics of several workers: one value for each name of the process, of each cluster, and
// of each backend.

import type {
  BackendMetrics,
  ClusterMetrics,
  FilteredMetrics,
  WorkerMetrics,
} from "../../../config/schema/messages.ts";
import { mergeMetric } from "./merge_rules.ts";

/** Metrics by name. */
export type MetricValues = Map<string, FilteredMetrics>;

/** The backends of a cluster, by id; `null` when there is no such cluster. */
export type KnownBackends = (clusterId: string) => ReadonlySet<string> | null;

/** A sum to which workers are added one by one. */
export class WorkerSum {
  readonly #proxy: MetricValues = new Map();
  readonly #clusters = new Map<string, ClusterSum>();

  add({ proxy, clusters }: WorkerMetrics): void {
    mergeInto(this.#proxy, proxy);
    for (const [id, metrics] of clusters) {
      let cluster = this.#clusters.get(id);
      if (cluster === undefined) {
        cluster = new ClusterSum();
        this.#clusters.set(id, cluster);
      }
      cluster.add(metrics);
    }
  }

  hasCluster(id: string): boolean {
    return this.#clusters.has(id);
  }

  /** Removes clusters and backends that are not known. */
  keepOnly(known: KnownBackends): void {
    for (const id of this.#clusters.keys()) this.keepOnlyOf(id, known(id));
  }

  /** Removes a cluster, or the backends of it that are not known. */
  keepOnlyOf(clusterId: string, backends: ReadonlySet<string> | null): void {
    if (backends === null) this.#clusters.delete(clusterId);
    else this.#clusters.get(clusterId)?.keepOnly(backends);
  }

  /** The sum as the metrics of one worker. */
  total(): WorkerMetrics {
    const clusters = [...this.#clusters].map(([id, cluster]) => [id, cluster.message()] as const);
    return { proxy: new Map(this.#proxy), clusters: new Map(clusters) };
  }
}

/** The sum of one cluster. */
class ClusterSum {
  readonly #own: MetricValues = new Map();
  readonly #backends = new Map<string, MetricValues>();

  add({ cluster, backends }: ClusterMetrics): void {
    mergeInto(this.#own, cluster);
    for (const { backend_id, metrics } of backends) {
      const known = this.#backends.get(backend_id);
      if (known === undefined) this.#backends.set(backend_id, new Map(metrics));
      else mergeInto(known, metrics);
    }
  }

  keepOnly(backends: ReadonlySet<string>): void {
    for (const id of this.#backends.keys()) if (!backends.has(id)) this.#backends.delete(id);
  }

  message(): ClusterMetrics {
    const backends: BackendMetrics[] = [...this.#backends].map(([backend_id, metrics]) => ({
      backend_id,
      metrics,
    }));
    return { cluster: this.#own, backends };
  }
}

/** Merges the metrics of `from` into `into`, name by name. */
export function mergeInto(
  into: MetricValues,
  from: ReadonlyMap<string, FilteredMetrics>,
): void {
  for (const [name, metric] of from) {
    const known = into.get(name);
    into.set(name, known === undefined ? metric : mergeMetric(name, known, metric));
  }
}
