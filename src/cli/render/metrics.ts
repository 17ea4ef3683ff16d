// Metrics as text: tables for processes, workers, clusters and backends.

import type {
  AggregatedMetrics,
  AvailableMetrics,
  ClusterMetrics,
  FilteredHistogram,
  FilteredMetrics,
  Percentiles,
  WorkerMetrics,
} from "../../../config/schema/messages.ts";
import { printable } from "./printable.ts";
import { byKey, inResponderOrder } from "../responders.ts";
import { boxTable, firm, type TableView } from "./table.ts";

type Metrics = ReadonlyMap<string, FilteredMetrics>;

const HISTOGRAM_SUFFIX = "_histogram";

export function renderMetrics(metrics: AggregatedMetrics, view: TableView): string {
  const sections: string[] = [];
  if (metrics.main.size > 0) sections.push(section("MAIN PROCESS", metrics.main, view));
  if (metrics.proxying.size > 0) sections.push(section("PROXYING", metrics.proxying, view));
  for (const [id, worker] of inResponderOrder(metrics.workers)) {
    if (worker.proxy.size === 0 && worker.clusters.size === 0) continue;
    sections.push(`Worker ${printable(id)}\n${renderWorkerMetrics(worker, view)}`);
  }
  if (metrics.clusters.size > 0) {
    sections.push("Clusters\n" + clusterSections(metrics.clusters, view));
  }
  return sections.length === 0 ? NOTHING : sections.join("\n");
}

const NOTHING =
  'Nothing is measured under these names and ids; "metrics get --list" tells the names\n';

export function renderWorkerMetrics({ proxy, clusters }: WorkerMetrics, view: TableView): string {
  return metricTables(proxy, view) + clusterSections(clusters, view);
}

export function renderAvailableMetrics(available: AvailableMetrics): string {
  const list = (caption: string, names: readonly string[]) =>
    `${caption}:\n` + names.map((name) => `\t${printable(name)}\n`).join("");
  return list("Metrics of the process", available.proxy_metrics) +
    list("Metrics of clusters", available.cluster_metrics);
}

function clusterSections(
  clusters: ReadonlyMap<string, ClusterMetrics>,
  view: TableView,
): string {
  return byKey(clusters).map(([id, { cluster, backends }]) => {
    const own = section(`Cluster ${id}`, cluster, view);
    const servers = backends.map(({ backend_id, metrics }) =>
      section(`${id}/${backend_id}`, metrics, view)
    );
    return [own, ...servers].join("\n");
  }).join("\n");
}

function section(title: string, metrics: Metrics, view: TableView): string {
  return `${printable(title)}\n${metricTables(metrics, view)}`;
}

/** Up to three tables; `time` and `time_serie` values are never sent by sozu 2.1. */
function metricTables(metrics: Metrics, view: TableView): string {
  const numbers: string[][] = [];
  const percentiles: string[][] = [];
  const histograms: { name: string; histogram: FilteredHistogram }[] = [];
  for (const [rawName, { inner }] of byKey(metrics)) {
    const name = rawName.replaceAll("\t", ".");
    if (inner?.kind === "gauge") numbers.push([name, String(inner.value), ""]);
    else if (inner?.kind === "count") numbers.push([name, "", String(inner.value)]);
    else if (inner?.kind === "percentiles") percentiles.push([name, ...quantiles(inner.value)]);
    else if (inner?.kind === "histogram") histograms.push({ name, histogram: inner.value });
  }
  let text = "";
  if (numbers.length > 0) text += boxTable(["", firm("gauge"), firm("count")], numbers, view);
  if (percentiles.length > 0) text += boxTable(PERCENTILE_HEADER, percentiles, view);
  if (histograms.length > 0) text += histogramTable(histograms, view);
  return text;
}

const PERCENTILE_HEADER = [
  "Percentiles",
  "samples",
  "p50",
  "p90",
  "p99",
  "p99.9",
  "p99.99",
  "p99.999",
  "p100",
];

function quantiles(values: Percentiles): string[] {
  return [
    values.samples,
    values.p_50,
    values.p_90,
    values.p_99,
    values.p_99_9,
    values.p_99_99,
    values.p_99_999,
    values.p_100,
  ].map(String);
}

function histogramTable(
  rows: readonly { name: string; histogram: FilteredHistogram }[],
  view: TableView,
): string {
  const columns = Math.max(...rows.map(({ histogram }) => histogram.buckets.length));
  // Bucket i holds values up to 2^i - 1.
  const bounds = Array.from({ length: columns }, (_, i) => String(2n ** BigInt(i) - 1n));
  const lines = rows.map(({ name, histogram }) => {
    const shown = name.endsWith(HISTOGRAM_SUFFIX) ? name.slice(0, -HISTOGRAM_SUFFIX.length) : name;
    return [shown, String(histogram.sum), String(histogram.count), ...bucketCounts(histogram)];
  });
  return boxTable(["Histograms (ms)", "sum", "count", ...bounds], lines, view);
}

/** Buckets are cumulative on the wire; the table shows the count of each one. */
function bucketCounts({ buckets }: FilteredHistogram): string[] {
  let below = 0n;
  return buckets.map(({ count }) => {
    const own = count - below;
    below = count;
    return String(own);
  });
}
