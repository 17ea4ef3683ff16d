import assert from "node:assert/strict";
import { type FilteredMetrics, QueryMetricsOptions } from "../../config/messages.ts";
import type { WorkerAnswer } from "./gather.ts";
import { mergeMetrics } from "./metrics_merge.ts";

function answered(workerId: number, requests: bigint, connections: bigint): WorkerAnswer {
  const proxy = new Map<string, FilteredMetrics>([
    ["requests", { inner: { kind: "count", value: requests } }],
    ["client.connections", { inner: { kind: "gauge", value: connections } }],
  ]);
  const content = {
    content_type: { kind: "worker_metrics", value: { proxy, clusters: new Map() } } as const,
  };
  return { workerId, index: 0, outcome: "ok", message: "", content };
}

const SILENT: WorkerAnswer = {
  workerId: 2,
  index: 0,
  outcome: "silent",
  message: "No answer within 10 ms",
  content: null,
};
const ANSWERS = [answered(0, 3n, 1n), answered(1, 4n, 2n), SILENT];

Deno.test("mergeMetrics() adds counts and levels of the workers that answered", () => {
  const merged = mergeMetrics(ANSWERS, QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  assert.deepEqual(merged.value.proxying.get("requests")?.inner, { kind: "count", value: 7n });
  assert.deepEqual(
    merged.value.proxying.get("client.connections")?.inner,
    { kind: "gauge", value: 3n },
  );
  assert.equal(merged.value.workers.size, 0);
});

Deno.test("mergeMetrics() keeps the workers apart when asked to", () => {
  const merged = mergeMetrics(ANSWERS, { ...QueryMetricsOptions.empty(), workers: true });
  assert.equal(merged.kind, "metrics");
  assert.deepEqual([...merged.value.workers.keys()], ["0", "1"]);
  assert.equal(merged.value.proxying.size, 0);
});

Deno.test("mergeMetrics() lists each name once, in order", () => {
  const listed = (workerId: number, proxy_metrics: string[]): WorkerAnswer => ({
    ...SILENT,
    workerId,
    outcome: "ok",
    content: {
      content_type: { kind: "available_metrics", value: { proxy_metrics, cluster_metrics: [] } },
    },
  });
  assert.deepEqual(
    mergeMetrics([listed(0, ["b", "a"]), listed(1, ["c", "a"]), SILENT], {
      ...QueryMetricsOptions.empty(),
      list: true,
    }),
    {
      kind: "available_metrics",
      value: { proxy_metrics: ["a", "b", "c"], cluster_metrics: [] },
    },
  );
});

Deno.test("mergeMetrics() shows what main itself measured, unless only names are wanted", () => {
  const own = [{ name: "workers.crashed", value: 2, gauge: false }, {
    name: "workers.running",
    value: 1,
    gauge: true,
  }];
  const merged = mergeMetrics(ANSWERS, QueryMetricsOptions.empty(), own);
  assert.equal(merged.kind, "metrics");
  assert.deepEqual(merged.value.main.get("workers.crashed")?.inner, { kind: "count", value: 2n });
  assert.deepEqual(merged.value.main.get("workers.running")?.inner, { kind: "gauge", value: 1n });
});
