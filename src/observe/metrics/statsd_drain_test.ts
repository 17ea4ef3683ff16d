import assert from "node:assert/strict";
import fc from "fast-check";
import { Datagrams, MAX_DATAGRAM_BYTES } from "./datagrams.ts";
import { ScopeCount, ScopeTime } from "./scope_metrics.ts";
import { Series } from "./series.ts";
import { type DrainedScope, StatsdDrain } from "./statsd_drain.ts";
import { StatsdLines } from "./statsd_line.ts";

const SOURCE = { prefix: "sozu", origin: "WRK-01", version: "2.1.0", tagged: false };

function lines(datagrams: readonly Uint8Array[]): string[] {
  return datagrams.flatMap((it) => {
    const text = new TextDecoder().decode(it);
    assert.ok(text.endsWith("\n"), "a datagram ends with a line");
    return text.slice(0, -1).split("\n");
  });
}

function proxyScope(metrics: DrainedScope["metrics"], series: Series | null = null): DrainedScope {
  return { cluster: null, backend: null, metrics, series };
}

Deno.test("StatsdLines writes both forms for the process, a cluster and a backend", () => {
  const scopes = [
    { cluster: null, backend: null },
    { cluster: "shop", backend: null },
    { cluster: "shop", backend: "shop-1" },
  ];
  const write = (tagged: boolean) =>
    scopes.map((scope) => new StatsdLines({ ...SOURCE, tagged }, scope).line("k", 42, "ms"));
  assert.deepEqual(write(false), [
    "sozu.WRK-01.k:42|ms",
    "sozu.WRK-01.cluster.shop.k:42|ms",
    "sozu.WRK-01.cluster.shop.backend.shop-1.k:42|ms",
  ]);
  assert.deepEqual(write(true), [
    "sozu.k,origin=WRK-01,version=2.1.0:42|ms",
    "sozu.cluster.k,origin=WRK-01,version=2.1.0,cluster_id=shop:42|ms",
    "sozu.backend.k,origin=WRK-01,version=2.1.0,cluster_id=shop,backend_id=shop-1:42|ms",
  ]);
});

Deno.test("StatsdLines lets no id end a name, a tag or the line", () => {
  const hostile = fc.string({ unit: "binary", maxLength: 400 });
  fc.assert(fc.property(hostile, hostile, fc.boolean(), (cluster, backend, tagged) => {
    const line = new StatsdLines({ ...SOURCE, tagged }, { cluster, backend }).line("k", 1, "c");
    assert.match(line, /^[!-~]+$/);
    assert.equal(line.split(":").length, 2);
    assert.equal(line.split("|").length, 2);
    if (tagged) assert.equal(line.split(",").length, 5);
    if (tagged) assert.equal(line.split("=").length, 5);
    assert.ok(line.length < MAX_DATAGRAM_BYTES);
  }));
});

Deno.test("StatsdLines keeps long ids apart", () => {
  const long = "x".repeat(500);
  const of = (cluster: string) =>
    new StatsdLines(SOURCE, { cluster, backend: null }).line("k", 1, "c");
  assert.notEqual(of(`${long}1`), of(`${long}2`));
});

Deno.test("Datagrams holds whole lines, no datagram too large and no line lost", () => {
  const line = fc.integer({ min: 1, max: MAX_DATAGRAM_BYTES + 50 }).map((n) => "x".repeat(n));
  fc.assert(fc.property(fc.array(line, { maxLength: 40 }), (all) => {
    const packer = new Datagrams();
    for (const it of all) packer.add(it);
    const taken = packer.take();
    assert.ok(taken.every(({ length }) => length <= MAX_DATAGRAM_BYTES));
    const fitting = all.filter(({ length }) => length < MAX_DATAGRAM_BYTES);
    assert.deepEqual(lines(taken), fitting);
    assert.equal(packer.dropped, all.length - fitting.length);
    assert.deepEqual(packer.take(), []);
  }));
});

Deno.test("StatsdDrain sends the growth of counts and levels that moved", () => {
  const drain = new StatsdDrain(SOURCE);
  const pass = (requests: number, clients: number) =>
    lines(drain.pass([proxyScope([
      { name: "http.requests", value: requests, gauge: false },
      { name: "client.connections", value: clients, gauge: true },
    ])]));
  assert.deepEqual(pass(0, 0), ["sozu.WRK-01.client.connections:0|g"]);
  assert.deepEqual(pass(3, 2), [
    "sozu.WRK-01.http.requests:3|c",
    "sozu.WRK-01.client.connections:2|g",
  ]);
  assert.deepEqual(pass(3, 2), []);
  assert.deepEqual(pass(5, 2), ["sozu.WRK-01.http.requests:2|c"]);
  // Cleared, then counted on.
  assert.deepEqual(pass(1, -1), [
    "sozu.WRK-01.http.requests:1|c",
    "sozu.WRK-01.client.connections:0|g",
  ]);
});

Deno.test("StatsdDrain sends the counts and times of a series, and those of its successor anew", () => {
  const drain = new StatsdDrain(SOURCE);
  const scope = (series: Series): DrainedScope => ({
    cluster: "shop",
    backend: null,
    metrics: [],
    series,
  });
  const first = new Series();
  first.add(ScopeCount.REQUESTS, 2);
  first.time(ScopeTime.REQUEST, 7.9, drain.times);
  first.time(ScopeTime.REQUEST, 7.1, drain.times);
  assert.deepEqual(lines(drain.pass([scope(first)])), [
    "sozu.WRK-01.cluster.shop.requests:2|c",
    "sozu.WRK-01.cluster.shop.request_time:7|ms",
    "sozu.WRK-01.cluster.shop.request_time:7|ms",
  ]);
  assert.deepEqual(lines(drain.pass([scope(first)])), []);
  const second = new Series();
  second.add(ScopeCount.REQUESTS, 1);
  assert.deepEqual(lines(drain.pass([scope(second)])), ["sozu.WRK-01.cluster.shop.requests:1|c"]);
});

Deno.test("StatsdDrain sends nothing of a cluster that is gone, not even times it had gathered", () => {
  const drain = new StatsdDrain(SOURCE);
  const series = new Series();
  series.add(ScopeCount.REQUESTS, 1);
  series.time(ScopeTime.REQUEST, 3, drain.times);
  assert.deepEqual(drain.pass([proxyScope([])]), []);
  assert.deepEqual(drain.times.take(series), []);
});

Deno.test("StatsdDrain puts very many equal samples into one line with their rate", () => {
  const drain = new StatsdDrain(SOURCE);
  const series = new Series();
  for (let i = 0; i < 10_000; i++) series.time(ScopeTime.REQUEST, 1, drain.times);
  series.time(ScopeTime.SERVICE, 0, drain.times);
  assert.deepEqual(lines(drain.pass([proxyScope([], series)])), [
    "sozu.WRK-01.request_time:1|ms|@0.000100000000000",
    "sozu.WRK-01.service_time:0|ms",
  ]);
});

Deno.test("StatsdDrain bounds the times it gathers and counts the rest", () => {
  const drain = new StatsdDrain(SOURCE);
  const series = new Series();
  for (let i = 0; i < 70_000; i++) series.time(ScopeTime.REQUEST, i, drain.times);
  drain.pass([proxyScope([], series)]);
  assert.equal(drain.dropped, 70_000 - 65_536);
});
