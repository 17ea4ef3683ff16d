import assert from "node:assert/strict";
import { QueryMetricsOptions } from "../../../config/schema/messages.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import { answerMetrics, type ClusterView, metricParts, type MetricView } from "./queries.ts";

const ALL = QueryMetricsOptions.empty();
const metrics: Metric[] = [{ name: "requests", value: 3, gauge: false }];

function viewOf(clusters: number, backends: number, measured: readonly Metric[]): MetricView {
  const views: ClusterView[] = Array.from({ length: clusters }, (_, i) => ({
    id: `c${i}`,
    metrics: measured,
    series: null,
    backends: Array.from({ length: backends }, (_, k) => ({
      id: `b${k}`,
      metrics: measured,
      series: null,
    })),
  }));
  return {
    proxy: { metrics, series: null },
    clusters: () => views,
    cluster: (id) => views.find((it) => it.id === id) ?? null,
  };
}

Deno.test("metricParts() tells each cluster once, in parts that stay small", () => {
  const view = viewOf(3_000, 2, metrics);
  const parts = [...metricParts(view, ALL) ?? []];
  assert.ok(parts.length > 10, `${parts.length} parts`);
  assert.deepEqual(parts.map(({ proxy }) => proxy.size), [1, ...parts.slice(1).map(() => 0)]);
  const told = parts.flatMap(({ clusters }) => [...clusters]);
  assert.ok(parts.every(({ clusters }) => clusters.size < 400));
  const answer = answerMetrics(view, ALL);
  assert.ok(typeof answer !== "string" && answer.kind === "worker_metrics");
  assert.deepEqual(new Map(told), answer.value.clusters);
  assert.equal(told.length, 3_000);
});

Deno.test("metricParts() does not look through very many empty clusters at once", () => {
  assert.ok([...metricParts(viewOf(20_000, 1, []), ALL) ?? []].length > 10);
});

Deno.test("metricParts() is for questions about all clusters, whatever names they ask for", () => {
  const view = viewOf(1, 1, metrics);
  for (
    const query of [
      { list: true },
      { no_clusters: true },
      { cluster_ids: ["c0"] },
      { backend_ids: ["b0"] },
    ]
  ) assert.equal(metricParts(view, { ...ALL, ...query }), null);
  const [only, ...more] = metricParts(view, { ...ALL, metric_names: ["nothing"] }) ?? [];
  assert.deepEqual([only, more], [{ proxy: new Map(), clusters: new Map() }, []]);
});
