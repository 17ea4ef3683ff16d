import assert from "node:assert/strict";
import {
  type ClusterMetrics,
  type FilteredMetrics,
  QueryMetricsOptions,
  type WorkerMetrics,
} from "../../../config/schema/messages.ts";
import type { WorkerAnswer } from "../commands/fan_out.ts";
import { metricsAnswer } from "./answer.ts";

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
  outcome: "timed_out",
  message: "No answer within 10 ms",
  content: null,
};
const ANSWERS = [answered(0, 3n, 1n), answered(1, 4n, 2n), SILENT];

Deno.test("metricsAnswer() adds counts and levels of the workers that answered", () => {
  const merged = metricsAnswer(ANSWERS, QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  assert.deepEqual(merged.value.proxying.get("requests")?.inner, { kind: "count", value: 7n });
  assert.deepEqual(
    merged.value.proxying.get("client.connections")?.inner,
    { kind: "gauge", value: 3n },
  );
  assert.equal(merged.value.workers.size, 0);
});

Deno.test("metricsAnswer() keeps the workers apart when asked to", () => {
  const merged = metricsAnswer(ANSWERS, { ...QueryMetricsOptions.empty(), workers: true });
  assert.equal(merged.kind, "metrics");
  assert.deepEqual([...merged.value.workers.keys()], ["0", "1"]);
  assert.equal(merged.value.proxying.size, 0);
});

Deno.test("metricsAnswer() lists each name once, in order", () => {
  const listed = (workerId: number, proxy_metrics: string[]): WorkerAnswer => ({
    ...SILENT,
    workerId,
    outcome: "ok",
    content: {
      content_type: { kind: "available_metrics", value: { proxy_metrics, cluster_metrics: [] } },
    },
  });
  assert.deepEqual(
    metricsAnswer([listed(0, ["b", "a"]), listed(1, ["c", "a"]), SILENT], {
      ...QueryMetricsOptions.empty(),
      list: true,
    }),
    {
      kind: "available_metrics",
      value: { proxy_metrics: ["a", "b", "c"], cluster_metrics: [] },
    },
  );
});

Deno.test("metricsAnswer() shows what main itself measured, unless only names are wanted", () => {
  const own = [{ name: "workers.crashed", value: 2, gauge: false }, {
    name: "workers.running",
    value: 1,
    gauge: true,
  }];
  const merged = metricsAnswer(ANSWERS, QueryMetricsOptions.empty(), own);
  assert.equal(merged.kind, "metrics");
  assert.deepEqual(merged.value.main.get("workers.crashed")?.inner, { kind: "count", value: 2n });
  assert.deepEqual(merged.value.main.get("workers.running")?.inner, { kind: "gauge", value: 1n });
});

function count(value: bigint): FilteredMetrics {
  return { inner: { kind: "count", value } };
}

function times(value: bigint, counts: readonly bigint[]): Map<string, FilteredMetrics> {
  const total = counts.at(-1) ?? 0n;
  const quantile = { p_50: value, p_90: value, p_99: value, p_99_9: value };
  const highest = { p_99_99: value, p_99_999: value, p_100: value };
  const buckets = counts.map((count, i) => ({ count, le: 2n ** BigInt(i) - 1n }));
  return new Map<string, FilteredMetrics>([
    ["t", {
      inner: {
        kind: "percentiles",
        value: { samples: total, ...quantile, ...highest, sum: value * total },
      },
    }],
    ["t_histogram", {
      inner: { kind: "histogram", value: { sum: value * total, count: total, buckets } },
    }],
  ]);
}

function workerAnswer(workerId: number, value: WorkerMetrics): WorkerAnswer {
  const content = { content_type: { kind: "worker_metrics", value } as const };
  return { workerId, index: 0, outcome: "ok", message: "", content };
}

Deno.test("metricsAnswer() takes the largest of each quantile and adds samples, sums and buckets", () => {
  const merged = metricsAnswer([
    workerAnswer(0, { proxy: times(3n, [0n, 0n, 2n]), clusters: new Map() }),
    workerAnswer(1, { proxy: times(9n, [1n, 1n, 1n, 1n, 4n]), clusters: new Map() }),
  ], QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  const quantiles = merged.value.proxying.get("t")?.inner;
  assert.equal(quantiles?.kind, "percentiles");
  assert.deepEqual([quantiles.value.samples, quantiles.value.sum], [6n, 42n]);
  assert.deepEqual([quantiles.value.p_50, quantiles.value.p_100], [9n, 9n]);
  const histogram = merged.value.proxying.get("t_histogram")?.inner;
  assert.equal(histogram?.kind, "histogram");
  assert.deepEqual(histogram.value.buckets.map(({ count }) => count), [1n, 1n, 3n, 3n, 6n]);
  assert.deepEqual(histogram.value.buckets.map(({ le }) => le), [0n, 1n, 3n, 7n, 15n]);
  assert.deepEqual([histogram.value.count, histogram.value.sum], [6n, 42n]);
});

Deno.test("metricsAnswer() adds what workers tell of the same cluster and backend", () => {
  const cluster = (requests: bigint, backend: string): ClusterMetrics => ({
    cluster: new Map([["requests", count(requests)]]),
    backends: [{ backend_id: backend, metrics: new Map([["requests", count(requests)]]) }],
  });
  const one = new Map([["a", cluster(1n, "a-1")], ["b", cluster(10n, "b-1")]]);
  const two = new Map([["a", cluster(2n, "a-2")], ["b", cluster(20n, "b-1")]]);
  const merged = metricsAnswer([
    workerAnswer(0, { proxy: new Map(), clusters: one }),
    workerAnswer(1, { proxy: new Map(), clusters: two }),
  ], QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  const { clusters } = merged.value;
  assert.deepEqual(clusters.get("a")?.cluster.get("requests"), count(3n));
  assert.deepEqual(clusters.get("a")?.backends.map(({ backend_id }) => backend_id), ["a-1", "a-2"]);
  assert.deepEqual(clusters.get("b")?.backends[0]?.metrics.get("requests"), count(30n));
  // What the workers sent is not changed by it.
  assert.deepEqual(one.get("b")?.backends[0]?.metrics.get("requests"), count(10n));
});

Deno.test("metricsAnswer() moves the clusters of a single worker to the top", () => {
  const clusters = new Map([["a", { cluster: new Map([["requests", count(1n)]]), backends: [] }]]);
  const merged = metricsAnswer(
    [workerAnswer(0, { proxy: new Map(), clusters })],
    QueryMetricsOptions.empty(),
  );
  assert.equal(merged.kind, "metrics");
  assert.equal(merged.value.workers.size, 0);
  assert.deepEqual(merged.value.clusters, clusters);
});

Deno.test("metricsAnswer() tells the least of ages and of moments", () => {
  const proxy = (value: bigint) =>
    new Map<string, FilteredMetrics>([
      ["process.uptime_seconds", { inner: { kind: "gauge", value } }],
    ]);
  const merged = metricsAnswer([
    workerAnswer(0, { proxy: proxy(9n), clusters: new Map() }),
    workerAnswer(1, { proxy: proxy(4n), clusters: new Map() }),
  ], QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  assert.deepEqual(merged.value.proxying, proxy(4n));
});

Deno.test("metricsAnswer() does not add up what each worker finds out about the same backends", () => {
  const level = (value: bigint): FilteredMetrics => ({ inner: { kind: "gauge", value } });
  const told = (available: bigint, percent: bigint, expiry: bigint): WorkerMetrics => ({
    proxy: new Map([
      ["client.connections_percent", level(percent)],
      ["accept_queue.backpressure", level(available === 2n ? 1n : 0n)],
      ["tls.cert.min_expires_at_seconds", level(expiry)],
      ["client.connections", level(5n)],
    ]),
    clusters: new Map([["a", {
      cluster: new Map([
        ["cluster.available_backends", level(available)],
        ["cluster.total_backends", level(3n)],
        ["health_check.healthy_backends", level(available)],
        ["connections_per_backend", level(4n)],
      ]),
      backends: [{ backend_id: "b", metrics: new Map([["backend.available", level(available)]]) }],
    }]]),
  });
  const merged = metricsAnswer(
    [workerAnswer(0, told(3n, 10n, 0n)), workerAnswer(1, told(2n, 80n, 9n))],
    QueryMetricsOptions.empty(),
  );
  assert.equal(merged.kind, "metrics");
  const values = (metrics: ReadonlyMap<string, FilteredMetrics> | undefined) =>
    [...metrics?.values() ?? []].map(({ inner }) => Number(inner?.value));
  const { proxying, clusters } = merged.value;
  assert.deepEqual(values(proxying), [80, 1, 9, 10]);
  assert.deepEqual(values(clusters.get("a")?.cluster), [2, 3, 2, 8]);
  assert.deepEqual(values(clusters.get("a")?.backends[0]?.metrics), [2]);
});

Deno.test("metricsAnswer() tells the histograms in microseconds to those alone who ask for them", () => {
  const one: FilteredMetrics = {
    inner: { kind: "histogram", value: { sum: 9n, count: 1n, buckets: [{ le: 100n, count: 1n }] } },
  };
  const values = () => new Map([...times(3n, [0n, 0n, 2n]), ["t_histogram_us", one]]);
  const told = (query: Partial<QueryMetricsOptions>) => {
    const answers = [0, 1].map((id) =>
      workerAnswer(id, {
        proxy: values(),
        clusters: new Map([["a", {
          cluster: values(),
          backends: [{ backend_id: "b", metrics: values() }],
        }]]),
      })
    );
    const merged = metricsAnswer(answers, { ...QueryMetricsOptions.empty(), ...query });
    assert.equal(merged.kind, "metrics");
    const { workers, proxying, clusters } = merged.value;
    const worker = workers.get("1");
    const cluster = (worker?.clusters ?? clusters).get("a");
    return [worker?.proxy ?? proxying, cluster?.cluster, cluster?.backends[0]?.metrics]
      .map((metrics) => metrics?.get("t_histogram_us")?.inner?.kind === "histogram");
  };
  assert.deepEqual(told({}), [false, false, false]);
  assert.deepEqual(told({ workers: true }), [false, false, false]);
  assert.deepEqual(told({ durations: true }), [true, true, true]);
  assert.deepEqual(told({ durations: true, workers: true }), [true, true, true]);
});

Deno.test("metricsAnswer() has no metric for an unknown name, of main neither", () => {
  const own = [{ name: "workers.running", value: 2, gauge: true }];
  const clusters = new Map([["a", { cluster: new Map(), backends: [] }]]);
  const named = (names: string[]) => {
    const query = { ...QueryMetricsOptions.empty(), metric_names: names };
    const answers = [workerAnswer(0, { proxy: new Map(), clusters })];
    const merged = metricsAnswer(answers, query, own);
    assert.equal(merged.kind, "metrics");
    return [merged.value.main.size, merged.value.proxying.size, merged.value.clusters.size];
  };
  assert.deepEqual(named(["nonexistent"]), [0, 0, 0]);
  assert.deepEqual(named(["workers.running"]), [1, 0, 0]);
  const ofCluster = { ...QueryMetricsOptions.empty(), cluster_ids: ["a"] };
  const merged = metricsAnswer([workerAnswer(0, { proxy: new Map(), clusters })], ofCluster, own);
  assert.equal(merged.kind, "metrics");
  assert.deepEqual([merged.value.main.size, merged.value.clusters.size], [0, 1]);
});

Deno.test("metricsAnswer() adds histograms of different bounds without a count that falls", () => {
  const histogram = (...buckets: [number, number][]): FilteredMetrics => ({
    inner: {
      kind: "histogram",
      value: {
        sum: 1n,
        count: BigInt(buckets.at(-1)?.[1] ?? 0),
        buckets: buckets.map(([le, count]) => ({ le: BigInt(le), count: BigInt(count) })),
      },
    },
  });
  const merged = metricsAnswer([
    workerAnswer(0, {
      proxy: new Map([["t_histogram", histogram([1, 1], [3, 5])]]),
      clusters: new Map(),
    }),
    workerAnswer(1, {
      proxy: new Map([["t_histogram", histogram([2, 2], [3, 2], [9, 4])]]),
      clusters: new Map(),
    }),
  ], QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  const inner = merged.value.proxying.get("t_histogram")?.inner;
  assert.equal(inner?.kind, "histogram");
  assert.deepEqual(
    inner.value.buckets.map(({ le, count }) => [Number(le), Number(count)]),
    [[1, 1], [2, 3], [3, 7], [9, 9]],
  );
});

Deno.test("metricsAnswer() keeps the first of two values that are of different kinds", () => {
  const proxy = (inner: FilteredMetrics["inner"]) => new Map([["x", { inner }]]);
  const merged = metricsAnswer([
    workerAnswer(0, { proxy: proxy({ kind: "count", value: 1n }), clusters: new Map() }),
    workerAnswer(1, { proxy: proxy({ kind: "gauge", value: 5n }), clusters: new Map() }),
  ], QueryMetricsOptions.empty());
  assert.equal(merged.kind, "metrics");
  assert.deepEqual(merged.value.proxying.get("x"), count(1n));
});
