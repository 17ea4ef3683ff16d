import assert from "node:assert/strict";
import { QueryMetricsOptions } from "../config/messages.ts";
import { answerMetrics } from "./metric_queries.ts";

const METRICS = [
  { name: "requests", value: 3, gauge: false },
  { name: "client.connections", value: 1, gauge: true },
];

function namesFor(query: Partial<QueryMetricsOptions>): string[] {
  const answer = answerMetrics(METRICS, { ...QueryMetricsOptions.empty(), ...query });
  return answer.kind === "worker_metrics" ? [...answer.value.proxy.keys()] : [];
}

Deno.test("answerMetrics() restricts values to the names that are wanted", () => {
  assert.deepEqual(namesFor({}), ["requests", "client.connections"]);
  assert.deepEqual(namesFor({ metric_names: ["requests", "unknown"] }), ["requests"]);
});

Deno.test("answerMetrics() leaves the worker's own values out of a question for clusters", () => {
  assert.deepEqual(namesFor({ cluster_ids: ["app"] }), []);
  assert.deepEqual(namesFor({ backend_ids: ["one"] }), []);
  assert.deepEqual(namesFor({ cluster_ids: ["app"], no_clusters: true }).length, 2);
});

Deno.test("answerMetrics() lists names in order", () => {
  assert.deepEqual(
    answerMetrics(METRICS, { ...QueryMetricsOptions.empty(), list: true }),
    {
      kind: "available_metrics",
      value: { proxy_metrics: ["client.connections", "requests"], cluster_metrics: [] },
    },
  );
});
