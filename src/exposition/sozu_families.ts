// The measurements of a proxy as families of our own: a prefix, units in the name, seconds for times,
// labels for cluster, backend and worker. Pure.

import type {
  AggregatedMetrics,
  ClusterMetrics,
  FilteredHistogram,
  FilteredMetrics,
} from "../../config/messages.ts";
import { Families, type Family, type HistogramValue, type Labels, safeName } from "./family.ts";
import { helpFor } from "./metric_help.ts";

const PREFIX = "sozu_";
const HISTOGRAM_SUFFIX = "_histogram";
const MS_PER_SECOND = 1000;

/** Every family of the answer to a metrics query, sorted; the last counts series that did not fit. */
export function sozuFamilies(metrics: AggregatedMetrics): Family[] {
  const families = new Families();
  addAll(families, metrics.main, [["process", "main"]]);
  addAll(families, metrics.proxying, []);
  addClusters(families, metrics.clusters, []);
  for (const [id, worker] of metrics.workers) {
    addAll(families, worker.proxy, [["worker_id", id]]);
    addClusters(families, worker.clusters, [["worker_id", id]]);
  }
  const dropped: Omit<Family, "series"> = {
    name: `${PREFIX}exposition_dropped_series`,
    kind: "gauge",
    help: "Measurements left out here because another one has their name",
  };
  return [
    ...families.sorted(),
    { ...dropped, series: [{ labels: [], value: BigInt(families.dropped) }] },
  ];
}

function addClusters(
  families: Families,
  clusters: ReadonlyMap<string, ClusterMetrics>,
  labels: Labels,
): void {
  for (const [id, { cluster, backends }] of clusters) {
    const ofCluster: Labels = [...labels, ["cluster_id", id]];
    addAll(families, cluster, ofCluster);
    for (const { backend_id, metrics } of backends) {
      addAll(families, metrics, [...ofCluster, ["backend_id", backend_id]]);
    }
  }
}

function addAll(
  families: Families,
  metrics: ReadonlyMap<string, FilteredMetrics>,
  labels: Labels,
): void {
  for (const [name, metric] of metrics) add(families, name, metric, labels);
}

function add(families: Families, name: string, { inner }: FilteredMetrics, labels: Labels): void {
  // Shares of several workers add up to nothing that means something; their parts are here anyway.
  if (name.endsWith("_percent")) return;
  if (inner?.kind === "count") {
    const total = `${PREFIX}${safeName(name)}`;
    families.add(
      {
        name: total.endsWith("_total") ? total : `${total}_total`,
        kind: "counter",
        help: helpFor(name),
      },
      { labels, value: inner.value < 0n ? 0n : inner.value },
    );
  } else if (inner?.kind === "gauge") {
    families.add(
      { name: `${PREFIX}${safeName(name)}`, kind: "gauge", help: helpFor(name) },
      { labels, value: inner.value },
    );
  } else if (inner?.kind === "histogram") {
    const base = name.endsWith(HISTOGRAM_SUFFIX) ? name.slice(0, -HISTOGRAM_SUFFIX.length) : name;
    families.add(
      {
        name: `${PREFIX}${safeName(base.replace(/_ms$/, ""))}_seconds`,
        kind: "histogram",
        help: helpFor(base),
      },
      { labels, value: inSeconds(inner.value) },
    );
  }
}

function inSeconds({ buckets, count, sum }: FilteredHistogram): HistogramValue {
  return {
    buckets: buckets.map(({ le, count }) => ({ le: Number(le) / MS_PER_SECOND, count })),
    count,
    sum: Number(sum) / MS_PER_SECOND,
  };
}
