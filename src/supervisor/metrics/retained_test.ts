import assert from "node:assert/strict";
import { type FilteredMetrics, QueryMetricsOptions } from "../../../config/schema/messages.ts";
import type { WorkerAnswer } from "../commands/fan_out.ts";
import { RetainedCounts } from "./retained.ts";
import { metricsAnswer } from "./answer.ts";

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
  retained: RetainedCounts,
  answers: readonly WorkerAnswer[],
  query: Partial<QueryMetricsOptions> = {},
) {
  const content = metricsAnswer(answers, { ...ALL, ...query }, [], retained);
  assert.equal(content.kind, "metrics");
  return content.value;
}

const countIn = (metrics: ReadonlyMap<string, FilteredMetrics> | undefined, name = "requests") =>
  metrics?.get(name)?.inner?.value;

const knowsAll = () => new Set(["one", "two"]);

Deno.test("RetainedCounts goes on counting a worker that has ended, its levels it forgets", () => {
  const retained = new RetainedCounts(knowsAll);
  told(retained, [answerOf(0, 5n), answerOf(1, 3n)]);
  retained.ended(0);
  const { proxying, clusters } = told(retained, [answerOf(1, 4n), answerOf(2, 1n)]);
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

Deno.test("RetainedCounts counts what is last known of a worker that does not answer", () => {
  const retained = new RetainedCounts(knowsAll);
  told(retained, [answerOf(0, 5n)]);
  assert.equal(countIn(told(retained, [answerOf(1, 1n)]).proxying), 6n);
  retained.record(0, {
    proxy: values({ requests: { kind: "count", value: 8n } }),
    clusters: new Map(),
  });
  retained.ended(0);
  assert.equal(countIn(told(retained, [answerOf(1, 1n)]).proxying), 9n);
  retained.ended(7);
  retained.clear();
  assert.equal(countIn(told(retained, [answerOf(1, 1n)]).proxying), 1n);
});

Deno.test("RetainedCounts keeps to what a query asks for", () => {
  const retained = new RetainedCounts(knowsAll);
  told(retained, [answerOf(0, 5n)]);
  retained.ended(0);
  const only = (answer: WorkerAnswer, id: string) => {
    const type = answer.content?.content_type;
    if (type?.kind === "worker_metrics") {
      type.value.proxy = new Map();
      for (const key of type.value.clusters.keys()) if (key !== id) type.value.clusters.delete(key);
    }
    return answer;
  };
  const one = told(retained, [only(answerOf(1, 1n), "a")], { cluster_ids: ["a"] });
  assert.deepEqual([...one.clusters.keys()], ["a"]);
  assert.deepEqual([one.proxying.size, countIn(one.clusters.get("a")?.cluster)], [0, 6n]);
  const none = told(retained, [answerOf(1, 1n)], { no_clusters: true, metric_names: ["time"] });
  assert.equal(countIn(none.clusters.get("a")?.cluster), 1n, "what the worker tells is not cut");
  assert.equal(countIn(none.proxying), 1n);
  assert.deepEqual(countIn(none.proxying, "time"), { ...QUANTILES, samples: 6n, sum: 42n });
  assert.equal(told(retained, [answerOf(1, 1n)], { workers: true }).proxying.size, 0);
  // A partial answer says nothing about the rest of its worker.
  retained.ended(1);
  assert.equal(countIn(told(retained, []).proxying), 6n);
});

Deno.test("metricsAnswer() joins an answer that came in parts, and notes the whole", () => {
  const retained = new RetainedCounts(knowsAll);
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
  const whole = told(retained, [{ ...answer, parts: [{ content_type: proxy }, ...rest] }]);
  assert.equal(countIn(whole.proxying), 5n);
  assert.deepEqual([...whole.clusters.keys()].sort(), ["a", "b"]);
  retained.ended(0);
  assert.equal(countIn(told(retained, []).clusters.get("b")?.cluster), 5n);
});

Deno.test("RetainedCounts forgets clusters and backends that are gone", () => {
  const known = new Map([["a", new Set(["one", "two"])], ["b", new Set(["one"])]]);
  const retained = new RetainedCounts((id) => known.get(id) ?? null);
  retained.restore(told(retained, [answerOf(9, 2n)]));
  retained.ended(9);
  known.set("a", new Set(["two"]));
  known.delete("b");
  const { clusters } = told(retained, []);
  assert.deepEqual([...clusters.keys()], ["a"]);
  assert.deepEqual(clusters.get("a")?.backends.map(({ backend_id }) => backend_id), ["two"]);
});

Deno.test("RetainedCounts counts from nothing what was removed and is added again", () => {
  const all = new Map([["a", new Set(["one", "two"])], ["b", new Set(["one", "two"])]]);
  const known = new Map(all);
  const retained = new RetainedCounts((id) => known.get(id) ?? null);
  retained.restore(told(new RetainedCounts(knowsAll), [answerOf(9, 2n)]));
  told(retained, [answerOf(0, 5n), answerOf(1, 1n)]);
  retained.ended(0);
  known.delete("a");
  retained.forgetRemoved("a");
  known.set("b", new Set(["two"]));
  retained.forgetRemoved("b");
  known.set("a", new Set(["one", "two"])).set("b", new Set(["one", "two"]));
  const { clusters } = told(retained, []);
  const { cluster, backends } = clusters.get("b") ?? { backends: [] };
  assert.deepEqual([...clusters.keys()], ["b"]);
  assert.equal(countIn(cluster), 8n);
  assert.deepEqual(backends.map(({ backend_id, metrics }) => [backend_id, countIn(metrics)]), [[
    "two",
    8n,
  ]]);
});

Deno.test("RetainedCounts is left to the next main process, which adds its own", () => {
  const old = new RetainedCounts(knowsAll);
  told(old, [answerOf(0, 5n), answerOf(1, 2n)]);
  old.ended(0);
  const own = values({ panic: { kind: "count", value: 1n }, now: { kind: "gauge", value: 1n } });
  const next = new RetainedCounts(knowsAll);
  next.restore(old.snapshot(own));
  next.restore(old.snapshot(own));
  assert.deepEqual([...next.ofEarlierMains.keys()], ["panic"]);
  const { proxying, main } = told(next, [answerOf(4, 1n)]);
  assert.deepEqual([countIn(proxying), countIn(main, "panic")], [8n, 1n]);
  const afterNext = next.snapshot(own);
  assert.deepEqual([countIn(afterNext.proxying), countIn(afterNext.main, "panic")], [8n, 2n]);
});
