// The metrics of a proxy as families: a prefix, units in the name, times in seconds, labels for cluster,
// backend, worker and network. Every series of a histogram has the same bounds at all times; sums over series
// and rates would be wrong otherwise. Pure.

import type {
  AggregatedMetrics,
  ClusterMetrics,
  FilteredHistogram,
  FilteredMetrics,
} from "../../config/schema/messages.ts";
import { DURATION_BOUNDS, DURATION_SUFFIX } from "../observe/metrics/duration_buckets.ts";
import { BUCKET_PREFIX } from "../observe/metrics/source_bucket.ts";
import { Families, type Family, type HistogramValue, type Labels, safeName } from "./family.ts";
import { helpFor } from "./metric_help.ts";

const PREFIX = "sozu_";
const HISTOGRAM_SUFFIX = "_histogram";
const MS_PER_SECOND = 1_000;
const MICROS_PER_MS = 1_000;
const MICROS_PER_SECOND = 1_000_000;
/** Connections by the group of networks they come from: one family, the group is a label. */
const SOURCES = "client.connect.per_source";
const FIRST_EXPIRY = "tls.cert.min_expires_at_seconds";

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
  for (const [name, { inner }] of metrics) {
    if (inner?.kind === "count") addCount(families, name, inner.value, labels);
    else if (inner?.kind === "gauge") addLevel(families, name, inner.value, labels);
    else if (inner?.kind !== "histogram") continue;
    else if (name.endsWith(DURATION_SUFFIX)) {
      const base = name.slice(0, -DURATION_SUFFIX.length);
      addTime(families, base, fromMicroseconds(inner.value), labels);
    } else {
      const base = name.endsWith(HISTOGRAM_SUFFIX) ? name.slice(0, -HISTOGRAM_SUFFIX.length) : name;
      // The same time comes in microseconds as well, except from an older proxy.
      if (metrics.has(base + DURATION_SUFFIX)) continue;
      addTime(families, base, fromMilliseconds(inner.value), labels);
    }
  }
}

function addCount(families: Families, name: string, value: bigint, labels: Labels): void {
  const isSource = name.startsWith(BUCKET_PREFIX);
  const all = isSource ? SOURCES : name;
  const own: Labels = isSource ? [...labels, ["bucket", name.slice(BUCKET_PREFIX.length)]] : labels;
  const total = `${PREFIX}${safeName(all)}`;
  families.add(
    {
      name: total.endsWith("_total") ? total : `${total}_total`,
      kind: "counter",
      help: helpFor(all),
    },
    { labels: own, value: value < 0n ? 0n : value },
  );
}

function addLevel(families: Families, name: string, value: bigint, labels: Labels): void {
  // A share is of one worker; its parts are exposed as metrics of their own.
  if (name.endsWith("_percent")) return;
  // 0 means that there is no certificate; as a time it would be an expiry in 1970.
  if (name === FIRST_EXPIRY && value === 0n) return;
  families.add(
    { name: `${PREFIX}${safeName(name)}`, kind: "gauge", help: helpFor(name) },
    { labels, value },
  );
}

function addTime(families: Families, name: string, value: HistogramValue, labels: Labels): void {
  families.add(
    {
      name: `${PREFIX}${safeName(name.replace(/_ms$/, ""))}_seconds`,
      kind: "histogram",
      help: helpFor(name),
    },
    { labels, value },
  );
}

function fromMicroseconds({ buckets, count, sum }: FilteredHistogram): HistogramValue {
  const told = buckets.map(({ le, count }) => ({ le: Number(le), count }));
  return { buckets: atBounds(told), count, sum: Number(sum) / MICROS_PER_SECOND };
}

/** Fractions are cut off: a time counted as at most 3 ms took less than 4 ms. */
function fromMilliseconds({ buckets, count, sum }: FilteredHistogram): HistogramValue {
  const told = buckets.map(({ le, count }) => ({ le: (Number(le) + 1) * MICROS_PER_MS, count }));
  return { buckets: atBounds(told), count, sum: Number(sum) / MS_PER_SECOND };
}

/** The counts at the bounds of every histogram: what is known to lie at or below each. */
function atBounds(
  told: readonly { readonly le: number; readonly count: bigint }[],
): HistogramValue["buckets"] {
  let next = 0;
  let below = 0n;
  return DURATION_BOUNDS.map((bound) => {
    for (let one = told[next]; one !== undefined && one.le <= bound; one = told[++next]) {
      below = one.count;
    }
    return { le: bound / MICROS_PER_SECOND, count: below };
  });
}
