import assert from "node:assert/strict";
import { type FilteredMetrics, QueryMetricsOptions } from "../../../config/schema/messages.ts";
import type { WorkerAnswer } from "../commands/fan_out.ts";
import { KeptMeasurements } from "./kept.ts";
import { mergeMetrics } from "./answer.ts";

type Inner = NonNullable<FilteredMetrics["inner"]>;

const ALL = QueryMetricsOptions.empty();
const QUANTILES = {
  p_50: 7n,
  p_90: 7n,
  p_99: 7n,
  p_99_9: 7n,
  p_99_99: 7n,
  p_99_999: 7n,
  p_100: 7n,
};

const values = (entries: Record<string, Inner>): Map<string, FilteredMetrics> =>
  new Map(Object.entries(entries).map(([name, inner]) => [name, { inner }]));

/** A worker that has counted so much, for itself, for a cluster and for two of its backends. */
function answerOf(workerId: number, count: bigint): WorkerAnswer {
  const counted = values({
    requests: { kind: "count", value: count },
    open: { kind: "gauge", value: count },
    time: { kind: "percentiles", value: { ...QUANTILES, samples: count, sum: count * 7n } },
    time_histogram: {
      kind: "histogram",
      value: { sum: count * 7n, count, buckets: [{ le: 0n, count }] },
    },
  });
  const backends = ["one", "two"].map((backend_id) => ({ backend_id, metrics: counted }));
  const clusters = new Map(["a", "b"].map((id) => [id, { cluster: counted, backends }]));
  const value = { proxy: counted, clusters };
  const content = { content_type: { kind: "worker_metrics" as const, value } };
  return { workerId, index: 0, outcome: "ok", message: "", content };
}

function told(
  kept: KeptMeasurements,
  answers: readonly WorkerAnswer[],
  query: Partial<QueryMetricsOptions> = {},
) {
  const content = mergeMetrics(answers, { ...ALL, ...query }, [], kept);
  assert.equal(content.kind, "metrics");
  return content.value;
}

const countIn = (metrics: ReadonlyMap<string, FilteredMetrics> | undefined, name = "requests") =>
  metrics?.get(name)?.inner?.value;

const knowsAll = () => new Set(["one", "two"]);

Deno.test("KeptMeasurements goes on counting a worker that has ended, its levels it forgets", () => {
  const kept = new KeptMeasurements(knowsAll);
  told(kept, [answerOf(0, 5n), answerOf(1, 3n)]);
  kept.ended(0);
  const { proxying, clusters } = told(kept, [answerOf(1, 4n), answerOf(2, 1n)]);
  assert.equal(countIn(proxying), 10n);
  assert.equal(countIn(proxying, "open"), 5n);
  assert.deepEqual(countIn(proxying, "time_histogram"), {
    sum: 70n,
    count: 10n,
    buckets: [{ le: 0n, count: 10n }],
  });
  assert.deepEqual(countIn(proxying, "time"), { ...QUANTILES, samples: 10n, sum: 70n });
  const { cluster, backends } = clusters.get("a") ?? { backends: [] };
  assert.deepEqual([countIn(cluster), countIn(cluster, "open")], [10n, 5n]);
  assert.deepEqual(backends.map(({ metrics }) => countIn(metrics)), [10n, 10n]);
});

Deno.test("KeptMeasurements counts what is last known of a worker that does not answer", () => {
  const kept = new KeptMeasurements(knowsAll);
  told(kept, [answerOf(0, 5n)]);
  assert.equal(countIn(told(kept, [answerOf(1, 1n)]).proxying), 6n);
  kept.note(0, { proxy: values({ requests: { kind: "count", value: 8n } }), clusters: new Map() });
  kept.ended(0);
  assert.equal(countIn(told(kept, [answerOf(1, 1n)]).proxying), 9n);
  kept.ended(7);
  kept.clear();
  assert.equal(countIn(told(kept, [answerOf(1, 1n)]).proxying), 1n);
});

Deno.test("KeptMeasurements keeps to what a query asks for", () => {
  const kept = new KeptMeasurements(knowsAll);
  told(kept, [answerOf(0, 5n)]);
  kept.ended(0);
  const only = (answer: WorkerAnswer, id: string) => {
    const type = answer.content?.content_type;
    if (type?.kind === "worker_metrics") {
      type.value.proxy = new Map();
      for (const key of type.value.clusters.keys()) if (key !== id) type.value.clusters.delete(key);
    }
    return answer;
  };
  const one = told(kept, [only(answerOf(1, 1n), "a")], { cluster_ids: ["a"] });
  assert.deepEqual([...one.clusters.keys()], ["a"]);
  assert.deepEqual([one.proxying.size, countIn(one.clusters.get("a")?.cluster)], [0, 6n]);
  const none = told(kept, [answerOf(1, 1n)], { no_clusters: true, metric_names: ["time"] });
  assert.equal(countIn(none.clusters.get("a")?.cluster), 1n, "what the worker tells is not cut");
  assert.equal(countIn(none.proxying), 1n);
  assert.deepEqual(countIn(none.proxying, "time"), { ...QUANTILES, samples: 6n, sum: 42n });
  assert.equal(told(kept, [answerOf(1, 1n)], { workers: true }).proxying.size, 0);
  // A partial answer says nothing about the rest of its worker.
  kept.ended(1);
  assert.equal(countIn(told(kept, []).proxying), 6n);
});

Deno.test("mergeMetrics() joins an answer that came in parts, and notes the whole", () => {
  const kept = new KeptMeasurements(knowsAll);
  const { content } = answerOf(0, 5n);
  const type = content?.content_type;
  assert.equal(type?.kind, "worker_metrics");
  const [first, ...rest] = [...type.value.clusters].map(([id, cluster]) => ({
    content_type: {
      kind: "worker_metrics" as const,
      value: { proxy: new Map(), clusters: new Map([[id, cluster]]) },
    },
  }));
  const proxy = { ...type, value: { ...type.value, clusters: new Map() } };
  const answer = { ...answerOf(0, 0n), content: first ?? null };
  const whole = told(kept, [{ ...answer, parts: [{ content_type: proxy }, ...rest] }]);
  assert.equal(countIn(whole.proxying), 5n);
  assert.deepEqual([...whole.clusters.keys()].sort(), ["a", "b"]);
  kept.ended(0);
  assert.equal(countIn(told(kept, []).clusters.get("b")?.cluster), 5n);
});

Deno.test("KeptMeasurements forgets clusters and backends that are gone", () => {
  const known = new Map([["a", new Set(["one", "two"])], ["b", new Set(["one"])]]);
  const kept = new KeptMeasurements((id) => known.get(id) ?? null);
  kept.inherit(told(kept, [answerOf(9, 2n)]));
  kept.ended(9);
  known.set("a", new Set(["two"]));
  known.delete("b");
  const { clusters } = told(kept, []);
  assert.deepEqual([...clusters.keys()], ["a"]);
  assert.deepEqual(clusters.get("a")?.backends.map(({ backend_id }) => backend_id), ["two"]);
});

Deno.test("KeptMeasurements counts from nothing what was removed and is added again", () => {
  const all = new Map([["a", new Set(["one", "two"])], ["b", new Set(["one", "two"])]]);
  const known = new Map(all);
  const kept = new KeptMeasurements((id) => known.get(id) ?? null);
  kept.inherit(told(new KeptMeasurements(knowsAll), [answerOf(9, 2n)]));
  told(kept, [answerOf(0, 5n), answerOf(1, 1n)]);
  kept.ended(0);
  known.delete("a");
  kept.changed("a");
  known.set("b", new Set(["two"]));
  kept.changed("b");
  known.set("a", new Set(["one", "two"])).set("b", new Set(["one", "two"]));
  const { clusters } = told(kept, []);
  const { cluster, backends } = clusters.get("b") ?? { backends: [] };
  assert.deepEqual([...clusters.keys()], ["b"]);
  assert.equal(countIn(cluster), 8n);
  assert.deepEqual(backends.map(({ backend_id, metrics }) => [backend_id, countIn(metrics)]), [[
    "two",
    8n,
  ]]);
});

Deno.test("KeptMeasurements is left to the next main process, which adds its own", () => {
  const old = new KeptMeasurements(knowsAll);
  told(old, [answerOf(0, 5n), answerOf(1, 2n)]);
  old.ended(0);
  const own = values({ panic: { kind: "count", value: 1n }, now: { kind: "gauge", value: 1n } });
  const next = new KeptMeasurements(knowsAll);
  next.inherit(old.estate(own));
  next.inherit(old.estate(own));
  assert.deepEqual([...next.main.keys()], ["panic"]);
  const { proxying, main } = told(next, [answerOf(4, 1n)]);
  assert.deepEqual([countIn(proxying), countIn(main, "panic")], [8n, 1n]);
  const afterNext = next.estate(own);
  assert.deepEqual([countIn(afterNext.proxying), countIn(afterNext.main, "panic")], [8n, 2n]);
});
