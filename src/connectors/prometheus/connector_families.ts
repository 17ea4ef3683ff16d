// The metrics of a proxy under the names of the upstream connector, for existing dashboards. Three things
// differ, because scrapers refuse the upstream output: each family has one TYPE, every histogram has a bucket
// `+Inf`, and labels hold ids escaped instead of percent-encoded.

import type {
  AggregatedMetrics,
  Bucket,
  ClusterMetrics,
  FilteredMetrics,
} from "../../../config/schema/messages.ts";
import {
  Families,
  type Family,
  type HistogramValue,
  type Labels,
} from "../../exposition/family.ts";

type Metrics = ReadonlyMap<string, FilteredMetrics>;

/** Every family, in the order of the upstream connector: main, proxy, clusters, workers. */
export function connectorFamilies(metrics: AggregatedMetrics): Family[] {
  const families = new Families();
  addAll(families, metrics.main, "_main", []);
  addAll(families, metrics.proxying, "_total", []);
  addClusters(families, metrics.clusters, []);
  for (const [id, { proxy, clusters }] of sorted(metrics.workers)) {
    addAll(families, proxy, "_worker", [["worker_id", id]]);
    addClusters(families, clusters, [["worker_id", id]]);
  }
  return families.values();
}

function addClusters(
  families: Families,
  clusters: ReadonlyMap<string, ClusterMetrics>,
  labels: Labels,
): void {
  for (const [id, { cluster, backends }] of sorted(clusters)) {
    const ofCluster: Labels = [...labels, ["cluster_id", id]];
    addAll(families, cluster, "", ofCluster);
    for (const { backend_id, metrics } of backends) {
      addAll(families, metrics, "", [...ofCluster, ["backend_id", backend_id]]);
    }
  }
}

function addAll(families: Families, metrics: Metrics, suffix: string, labels: Labels): void {
  for (const [rawName, { inner }] of sorted(metrics)) {
    const name = rawName.replaceAll(/[^A-Za-z0-9_]/g, "_") + suffix;
    const help = `${rawName} of sozu`;
    if (inner?.kind === "gauge") {
      families.add({ name, kind: "gauge", help }, { labels, value: inner.value });
    } else if (inner?.kind === "count") {
      families.add({ name, kind: "counter", help }, { labels, value: inner.value });
    } else if (inner?.kind === "histogram") {
      const { buckets, count, sum } = inner.value;
      const value = { buckets: atBounds(buckets), count, sum: Number(sum) };
      families.add({ name, kind: "histogram", help }, { labels, value });
    }
  }
}

/** Bounds of every histogram, in milliseconds: up to more than an hour, as the proxy counts them. */
const BOUNDS = 23;

/**
 * The counts at 0, 1, 3, 7 …. The proxy stops at the first bound that covers every value; series with
 * different bounds could not be added up.
 */
function atBounds(buckets: readonly Bucket[]): HistogramValue["buckets"] {
  return Array.from({ length: BOUNDS }, (_, i) => ({
    le: 2 ** i - 1,
    count: buckets[Math.min(i, buckets.length - 1)]?.count ?? 0n,
  }));
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}
