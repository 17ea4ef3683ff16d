import assert from "node:assert/strict";
import { EventKind, MetricDetail, MetricsConfiguration } from "../../../config/schema/messages.ts";
import { countOf, measured, numberOf } from "../../../tests/support/observe/metrics.ts";
import { startOrigin } from "../../../tests/support/http/origin.ts";
import { startProxy, type TestProxy } from "../../../tests/support/session/proxy.ts";
import { startTcpProxy } from "../../../tests/support/session/tcp_proxy.ts";
import { connectRaw, get } from "../../../tests/support/http/raw_client.ts";
import { waitFor } from "../../../tests/support/wait.ts";

/** Serves `count` requests of the cluster `app` and waits until they have been measured. */
async function serve(proxy: TestProxy, count: number): Promise<void> {
  const before = proxy.count("http.e2e.http11");
  for (let i = 0; i < count; i++) await get(proxy.port, "app.test");
  await waitFor(
    "the requests to be measured",
    () =>
      proxy.count("http.e2e.http11") === before + count &&
      proxy.count("http.active_requests") === 0,
  );
}

async function setUp(detail: MetricDetail = MetricDetail.DETAIL_CLUSTER) {
  const origin = startOrigin({ kind: "fixed", body: "ok" });
  const server = { metrics: { address: "127.0.0.1:1", tagged_metrics: false, detail } };
  const proxy = await startProxy({ server, backends: [origin.address] });
  return {
    proxy,
    backend: origin.address,
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

function metrics(proxy: TestProxy) {
  return measured(proxy.plane.measurements);
}

Deno.test("Requests are measured where the level of detail says", async () => {
  const places = [
    [MetricDetail.DETAIL_PROCESS, 3, 0, 0],
    [MetricDetail.DETAIL_FRONTEND, 3, 0, 0],
    [MetricDetail.DETAIL_CLUSTER, 0, 3, 0],
    [MetricDetail.DETAIL_BACKEND, 0, 0, 3],
  ] as const;
  for (const [detail, ofProxy, ofCluster, ofBackend] of places) {
    await using lab = await setUp(detail);
    await serve(lab.proxy, 3);
    const { proxy, clusters } = metrics(lab.proxy);
    const app = clusters.get("app");
    const found = [proxy, app?.cluster, app?.backends[0]?.metrics]
      .map((place) => numberOf(place?.get("requests")));
    assert.deepEqual(found, [ofProxy, ofCluster, ofBackend], `level ${detail}`);
    for (const name of ["http.status.2xx", "http.status.200", "access_logs.count"]) {
      assert.equal(countOf({ proxy, clusters }, name), 3, name);
    }
    // Once with the worker, and once more with the cluster where clusters are told apart.
    const samples = (place?: typeof proxy) => {
      const inner = place?.get("request_time")?.inner;
      return inner?.kind === "percentiles" ? Number(inner.value.samples) : 0;
    };
    assert.equal(samples(proxy), 3);
    assert.equal(samples(app?.cluster), detail >= MetricDetail.DETAIL_CLUSTER ? 3 : 0);
  }
});

Deno.test("Answers of our own are counted by status and reason", async () => {
  await using lab = await setUp();
  const { proxy } = lab;
  await get(proxy.port, "nobody.test");
  await proxy.addCluster("empty");
  await proxy.addFrontend("empty");
  await get(proxy.port, "empty.test");
  await waitFor("both", () => proxy.count("http.e2e.http11") === 2);
  const { proxy: own, clusters } = metrics(proxy);
  assert.equal(numberOf(own.get("http.404.errors")), 1);
  assert.equal(numberOf(own.get("http.status.404")), 1);
  assert.equal(numberOf(own.get("http.failed_backend_matching")), 1);
  const empty = clusters.get("empty")?.cluster;
  assert.equal(numberOf(empty?.get("http.503.errors")), 1);
  assert.equal(numberOf(empty?.get("http.status.5xx")), 1);
  assert.equal(empty?.get("requests"), undefined);
});

Deno.test("A removed cluster is measured no more until it is added again", async () => {
  await using lab = await setUp();
  const { proxy } = lab;
  await serve(proxy, 2);
  assert.ok(metrics(proxy).clusters.has("app"));
  await proxy.apply({ kind: "remove_cluster", value: "app" });
  assert.ok(!metrics(proxy).clusters.has("app"));
  await get(proxy.port, "app.test");
  assert.ok(!metrics(proxy).clusters.has("app"));
  await proxy.addCluster("app");
  await serve(proxy, 1);
  assert.equal(numberOf(metrics(proxy).clusters.get("app")?.cluster.get("requests")), 1);
});

Deno.test("Clearing all metrics brings no removed cluster back", async () => {
  await using lab = await setUp();
  const { proxy } = lab;
  await serve(proxy, 1);
  await proxy.apply({ kind: "remove_cluster", value: "app" });
  await proxy.apply({ kind: "configure_metrics", value: MetricsConfiguration.CLEAR });
  assert.ok(!metrics(proxy).clusters.has("app"));
});

Deno.test("A removed backend takes its measurements along, and only its own", async () => {
  await using lab = await setUp(MetricDetail.DETAIL_BACKEND);
  const { proxy, backend } = lab;
  await using other = startOrigin({ kind: "fixed", body: "ok" });
  await proxy.addBackend("app", other.address);
  await serve(proxy, 4);
  const ids = () => metrics(proxy).clusters.get("app")?.backends.map((it) => it.backend_id).sort();
  assert.deepEqual(ids(), [backend, other.address].sort());
  await proxy.removeBackend("app", backend);
  assert.deepEqual(ids(), [other.address]);
  assert.equal(countOf(metrics(proxy), "requests"), 2);
  await proxy.removeBackend("app", other.address);
  assert.deepEqual(ids(), []);
  assert.ok(metrics(proxy).clusters.has("app"));
});

Deno.test("Metrics of clusters can be switched off and on, and everything can be cleared", async () => {
  await using lab = await setUp();
  const { proxy } = lab;
  const configure = (value: MetricsConfiguration) =>
    proxy.apply({ kind: "configure_metrics", value });
  await serve(proxy, 1);
  await configure(MetricsConfiguration.DISABLED);
  await serve(proxy, 5);
  assert.equal(proxy.count("requests"), 1);
  assert.equal(proxy.count("http.requests"), 6);
  await configure(MetricsConfiguration.ENABLED);
  await serve(proxy, 1);
  assert.equal(proxy.count("requests"), 2);
  await configure(MetricsConfiguration.CLEAR);
  assert.equal(proxy.count("requests"), 0);
  assert.equal(proxy.count("http.requests"), 0);
  assert.equal(metrics(proxy).proxy.get("request_time"), undefined);
  await serve(proxy, 2);
  assert.equal(proxy.count("requests"), 2);
  await assert.rejects(configure(3), /accepted: 0, 1 and 2/);
});

Deno.test("A lease raises the level of detail for a while and tells of it", async () => {
  await using lab = await setUp();
  const { proxy } = lab;
  const { measurements } = proxy.plane;
  const lease = { client_id: "top", peer_pid: 1, peer_session_ulid: "01J00000000000000000000000" };
  assert.deepEqual(measurements.setDetail({ ...lease, detail: MetricDetail.DETAIL_BACKEND }), {
    configured: 2,
    effective: 3,
    previous_effective: 2,
    active_lease_count: 1,
  });
  await serve(proxy, 1);
  assert.equal(
    numberOf(metrics(proxy).clusters.get("app")?.backends[0]?.metrics.get("requests")),
    1,
  );
  assert.equal(typeof measurements.setDetail({ ...lease, peer_pid: 2, clear: true }), "string");
  measurements.setDetail({ ...lease, clear: true });
  await serve(proxy, 1);
  assert.equal(numberOf(metrics(proxy).clusters.get("app")?.cluster.get("requests")), 1);
  const told = proxy.events.filter(({ kind }) => kind === EventKind.METRIC_DETAIL_CHANGED);
  assert.deepEqual(told.map(({ metric_detail }) => metric_detail), [
    { previous_effective: 2, effective: 3, transition_kind: "lease_apply", client_id: "top" },
    { previous_effective: 3, effective: 2, transition_kind: "lease_clear", client_id: "top" },
  ]);
});

Deno.test("A query is answered for the names, clusters and backends it asks for", async () => {
  await using lab = await setUp(MetricDetail.DETAIL_BACKEND);
  const { proxy, backend } = lab;
  await proxy.addCluster("other");
  await serve(proxy, 1);
  const ask = (query: Parameters<typeof measured>[1]) => measured(proxy.plane.measurements, query);

  const named = ask({ metric_names: ["request_time", "http.requests"] });
  assert.deepEqual([...named.proxy.keys()], [
    "http.requests",
    "request_time",
    "request_time_histogram",
  ]);
  assert.equal(ask({ metric_names: ["request_time_histogram"] }).proxy.size, 0);
  const alone = ask({ no_clusters: true, cluster_ids: ["unknown"] });
  assert.deepEqual([alone.clusters.size, alone.proxy.size > 10], [0, true]);
  const one = ask({ cluster_ids: ["app"] });
  assert.deepEqual([[...one.clusters.keys()], one.proxy.size], [["app"], 0]);
  assert.throws(() => ask({ cluster_ids: ["app", "unknown"] }), /there is none/);
  const found = ask({ backend_ids: ["unknown", backend] });
  assert.deepEqual([...found.clusters.keys()], ["app"]);
  assert.equal(found.clusters.get("app")?.cluster.size, 0);
  assert.ok(found.clusters.get("app")?.backends[0]?.metrics.has("requests"));

  const listed = proxy.plane.measurements.query({
    list: true,
    cluster_ids: [],
    backend_ids: [],
    metric_names: ["ignored"],
    no_clusters: false,
    workers: false,
  });
  if (typeof listed === "string" || listed.kind !== "available_metrics") throw new Error("no list");
  const { proxy_metrics, cluster_metrics } = listed.value;
  assert.deepEqual(proxy_metrics, [...proxy_metrics].sort());
  assert.ok(proxy_metrics.includes("request_time") && cluster_metrics.includes("requests"));
  assert.equal(new Set(cluster_metrics).size, cluster_metrics.length);
});

Deno.test("Levels tell how many backends a cluster has and how many can be used", async () => {
  await using lab = await setUp(MetricDetail.DETAIL_BACKEND);
  const { proxy, backend } = lab;
  await proxy.addBackend("app", "127.0.0.1:1");
  const level = (name: string) => numberOf(metrics(proxy).clusters.get("app")?.cluster.get(name));
  assert.deepEqual([level("cluster.total_backends"), level("cluster.available_backends")], [2, 2]);
  const ofBackend = (id: string, name: string) =>
    numberOf(
      metrics(proxy).clusters.get("app")?.backends.find((it) => it.backend_id === id)?.metrics
        .get(name),
    );
  await serve(proxy, 2);
  assert.ok(ofBackend(backend, "connections_per_backend") >= 1);
  const headers = metrics(proxy).clusters.get("app")?.backends
    .find((it) => it.backend_id === backend)?.metrics.get("backend_header_time")?.inner;
  assert.equal(headers?.kind === "percentiles" ? headers.value.samples : null, 2n);
  assert.equal(ofBackend(backend, "backend.available"), 1);
  assert.equal(ofBackend("127.0.0.1:1", "backend.connections.error"), 1);
  const check = { interval: 1, timeout: 1, healthy_threshold: 1, unhealthy_threshold: 1 };
  const config = {
    ...check,
    uri: "/",
    expected_status: 0,
    mode: 0,
    accepted_statuses: [],
    headers: [],
  };
  await proxy.apply({ kind: "set_health_check", value: { cluster_id: "app", config } });
  await waitFor(
    "the probes",
    () => proxy.count("health_check.down") === 1 && proxy.count("health_check.success") > 0,
  );
  assert.equal(ofBackend("127.0.0.1:1", "backend.available"), 0);
  assert.equal(level("health_check.healthy_backends"), 1);
  assert.deepEqual([level("cluster.total_backends"), level("cluster.available_backends")], [2, 1]);
});

Deno.test("TCP connections that find no backend are counted like requests that find none", async () => {
  const metrics = { address: "127.0.0.1:1", tagged_metrics: false, detail: 0 };
  const backends = [1, 2, 3, 4, 5, 6].map((host) => `127.0.0.${host}:1`);
  await using tcp = await startTcpProxy({ server: { metrics }, backends });
  using wire = await connectRaw(tcp.port);
  assert.equal((await wire.readToEnd()).length, 0);
  await using http = await startProxy({ server: { metrics }, backends });
  assert.equal((await get(http.port, "app.test")).status, 503);
  for (const proxy of [tcp, http]) {
    await waitFor(
      "the attempts to be counted",
      () => proxy.count("backend.connect.retries_exhausted") === 1,
    );
    assert.equal(proxy.count("backend.connections.error"), 5);
  }
});

Deno.test("The event loop's delays are measured as long as they last", async () => {
  await using proxy = await startProxy();
  const late = () => {
    const inner = metrics(proxy).proxy.get("event_loop_time")?.inner;
    return inner?.kind === "percentiles" ? inner.value : null;
  };
  await waitFor("the clock to tick", () => (late()?.samples ?? 0n) > 2n);
  for (const until = performance.now() + 400; performance.now() < until;);
  await waitFor("the delay to be noticed", () => (late()?.p_100 ?? 0n) >= 150n);
  assert.ok((late()?.p_50 ?? 0n) < 150n);
});
