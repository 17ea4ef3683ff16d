import assert from "node:assert/strict";
import type { HealthCheckConfig } from "../../../config/schema/messages.ts";
import { type Backend, parseBackendAddress } from "../../balancing/backend.ts";
import type { BackendAddress } from "../../balancing/backend.ts";
import { BackendSet } from "../../balancing/backend_set.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { Counter, Counters } from "../../observe/metrics/counters.ts";
import { Cluster } from "../../session/cluster.ts";
import { FakeStream } from "../../../tests/support/session/fake_stream.ts";
import { NO_HTTP2 } from "../../../tests/support/session/worker_context.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { healthCheckRefusal, HealthChecks, PROBE_LIMITS } from "./checks.ts";
import { probePeriodMs } from "./period.ts";

const CHECK: HealthCheckConfig = {
  uri: "/up",
  interval: 10,
  timeout: 5,
  healthy_threshold: 2,
  unhealthy_threshold: 2,
  expected_status: 0,
  mode: 0,
  accepted_statuses: [],
  headers: [],
};
const PERIOD_MS = probePeriodMs("app", CHECK.interval);
const COUNTERS = {
  success: Counter.HEALTH_SUCCESS,
  failure: Counter.HEALTH_FAILURE,
  up: Counter.HEALTH_UP,
  down: Counter.HEALTH_DOWN,
};
const OK = "HTTP/1.1 200 OK\r\n";
const BAD = "HTTP/1.1 500 Oops\r\n";

/** Health checks whose connections the test holds in its hands, newest last. */
class Bench {
  readonly streams: FakeStream[] = [];
  readonly counters = new Counters();
  readonly cluster = new Cluster("app", new BackendSet(() => 0));
  readonly checks: HealthChecks;

  constructor(backends: number, check: Partial<HealthCheckConfig> = {}, limits = PROBE_LIMITS) {
    const connect = () => {
      const stream = new FakeStream();
      this.streams.push(stream);
      return Promise.resolve(stream);
    };
    this.checks = new HealthChecks(
      { dialer: { connect }, loggerOf },
      this.counters,
      NO_HTTP2,
      limits,
    );
    for (let i = 0; i < backends; i++) this.addBackend(i);
    this.checks.set(this.cluster, { ...CHECK, ...check });
  }

  addBackend(index: number): Backend {
    const text = `127.0.${index >> 8}.${index & 255}:80`;
    const address = parseBackendAddress(text) as BackendAddress;
    const config = { id: `b${index}`, address, stickyId: null, weight: null, backup: false };
    return this.cluster.backends.add(config, 0);
  }

  backend(index: number): Backend {
    return this.cluster.backends.members[index] as Backend;
  }

  /** Answers the probes under way. */
  async answer(text: string | null): Promise<void> {
    for (const stream of this.streams) if (!stream.closed) stream.feed(text);
    await waitFor("the probes to end", () => this.checks.running === 0);
  }

  /** One round of probes at `nowMs`, all answered alike. */
  async round(nowMs: number, text: string): Promise<void> {
    this.checks.tick(nowMs);
    await this.answer(text);
  }

  /** Resolves when every connection made so far is closed. */
  async allClosed(): Promise<void> {
    await waitFor(
      "the connections to close",
      () => this.streams.every((stream) => stream.closed),
    );
  }

  count(name: "success" | "failure" | "up" | "down"): number {
    return this.counters.get(COUNTERS[name]);
  }

  events(): string[] {
    return this.cluster.backends.takeNotifications().map(({ kind }) => kind);
  }
}

Deno.test("healthCheckRefusal() names the first rule that is broken", () => {
  assert.equal(healthCheckRefusal(undefined), null);
  assert.equal(healthCheckRefusal(CHECK), null);
  const refusal = healthCheckRefusal({ ...CHECK, interval: 0, uri: "up" });
  assert.match(refusal ?? "", /health_check\.interval/);
});

Deno.test("HealthChecks probes at once, then once a period", async () => {
  const bench = new Bench(2);
  await bench.round(1000, OK);
  assert.equal(bench.streams.length, 2);
  bench.checks.tick(1000 + PERIOD_MS - 1);
  assert.equal(bench.streams.length, 2);
  await bench.round(1000 + PERIOD_MS, OK);
  assert.equal(bench.streams.length, 4);
  assert.equal(bench.count("success"), 4);
});

Deno.test("HealthChecks probes the first backend of an empty cluster at once", () => {
  const bench = new Bench(0);
  bench.checks.tick(0);
  bench.addBackend(0);
  bench.checks.tick(100);
  assert.equal(bench.streams.length, 1);
});

Deno.test("HealthChecks turns results in a row into one transition each", async () => {
  const bench = new Bench(1);
  const steps: [string, string[]][] = [
    [BAD, []],
    [OK, []],
    [BAD, []],
    [BAD, ["backend_unhealthy", "no_available_backends"]],
    [BAD, []],
    [OK, []],
    [BAD, []],
    [OK, []],
    [OK, ["backend_healthy", "cluster_recovered"]],
    [OK, []],
  ];
  for (const [index, [text, events]] of steps.entries()) {
    await bench.round(index * PERIOD_MS, text);
    assert.deepEqual(bench.events(), events, `step ${index}`);
  }
  assert.deepEqual(
    [bench.count("success"), bench.count("failure"), bench.count("up"), bench.count("down")],
    [5, 5, 1, 1],
  );
});

Deno.test("HealthChecks keeps one probe a backend, however long it takes", async () => {
  const bench = new Bench(1, { timeout: 1000 });
  for (let round = 0; round < 5; round++) bench.checks.tick(round * PERIOD_MS);
  assert.equal(bench.streams.length, 1);
  await bench.answer(OK);
  bench.checks.tick(5 * PERIOD_MS);
  assert.equal(bench.streams.length, 2);
});

Deno.test("HealthChecks counts a probe without an answer as failed once its time is over", async () => {
  const bench = new Bench(1, { unhealthy_threshold: 1 });
  bench.checks.tick(0);
  bench.checks.tick(5000);
  assert.equal(bench.checks.running, 1);
  bench.checks.tick(5001);
  await waitFor("the probe to end", () => bench.checks.running === 0);
  assert.equal(bench.count("failure"), 1);
  assert.ok(!bench.backend(0).health.healthy);
  assert.ok(bench.streams[0]?.closed);
});

Deno.test("HealthChecks.remove() ends the probes and makes every backend healthy", async () => {
  const bench = new Bench(2);
  for (let round = 0; round < 2; round++) await bench.round(round * PERIOD_MS, BAD);
  assert.equal(bench.cluster.backends.availableCount, 0);
  bench.checks.tick(2 * PERIOD_MS);
  bench.checks.remove("app");
  assert.equal(bench.checks.running, 0);
  await bench.allClosed();
  assert.equal(bench.cluster.backends.availableCount, 2);
  bench.checks.tick(3 * PERIOD_MS);
  assert.equal(bench.streams.length, 6);
  bench.checks.remove("unknown");
});

Deno.test("HealthChecks.remove() resets the counters, and no late result counts", async () => {
  const bench = new Bench(1);
  await bench.round(0, BAD);
  bench.checks.tick(PERIOD_MS);
  bench.checks.remove("app");
  bench.checks.set(bench.cluster, CHECK);
  await bench.round(PERIOD_MS + 100, BAD);
  assert.ok(bench.backend(0).health.healthy);
  assert.equal(bench.count("failure"), 2);
});

Deno.test("HealthChecks.set() begins anew with another configuration and keeps the health", async () => {
  const bench = new Bench(1, { unhealthy_threshold: 1 });
  await bench.round(0, BAD);
  bench.checks.tick(PERIOD_MS);
  bench.checks.set(bench.cluster, { ...CHECK, uri: "/other", healthy_threshold: 1 });
  await bench.allClosed();
  assert.ok(!bench.backend(0).health.healthy);
  bench.checks.tick(PERIOD_MS + 100);
  await waitFor("the request", () => bench.streams.at(-1)?.written.startsWith("GET /other "));
  await bench.answer(OK);
  assert.ok(bench.backend(0).health.healthy);
});

Deno.test("HealthChecks.set() with the same configuration leaves the schedule alone", async () => {
  const bench = new Bench(1);
  bench.checks.tick(0);
  bench.checks.set(bench.cluster, { ...CHECK });
  bench.checks.tick(100);
  await bench.answer(OK);
  bench.checks.tick(200);
  assert.equal(bench.streams.length, 1);
});

Deno.test("HealthChecks lets a removed backend go, and probes its successor", async () => {
  const bench = new Bench(1);
  bench.checks.tick(0);
  bench.cluster.backends.remove("b0", "127.0.0.0:80");
  bench.checks.tick(100);
  assert.equal(bench.checks.running, 0);
  await bench.allClosed();
  bench.addBackend(0);
  await bench.round(PERIOD_MS, OK);
  assert.equal(bench.streams.length, 2);
  assert.equal(bench.count("success"), 1);
  assert.equal(bench.count("failure"), 0);
});

Deno.test("HealthChecks begins a limited number of probes a tick and forgets none", () => {
  const bench = new Bench(25, {}, { running: 100, startsPerTick: 10 });
  const begun = [0, 100, 200, 300].map((nowMs) => {
    bench.checks.tick(nowMs);
    return bench.streams.length;
  });
  assert.deepEqual(begun, [10, 20, 25, 25]);
});

Deno.test("HealthChecks never has more probes under way than its limit", async () => {
  const bench = new Bench(30, { timeout: 1000 }, { running: 20, startsPerTick: 1000 });
  for (let round = 0; round < 3; round++) bench.checks.tick(round * PERIOD_MS);
  assert.equal(bench.checks.running, 20);
  for (const stream of bench.streams.slice(0, 3)) stream.feed(OK);
  await waitFor("three to end", () => bench.checks.running === 17);
  bench.checks.tick(2 * PERIOD_MS + 100);
  assert.equal(bench.checks.running, 20);
  assert.equal(bench.streams.length, 23);
});

Deno.test("HealthChecks.stop() ends every probe and begins no other one", async () => {
  const bench = new Bench(2, { unhealthy_threshold: 1 });
  await bench.round(0, BAD);
  bench.checks.tick(PERIOD_MS);
  bench.checks.stop();
  assert.equal(bench.checks.running, 0);
  bench.checks.tick(3 * PERIOD_MS);
  assert.equal(bench.streams.length, 4);
  await bench.allClosed();
  assert.equal(bench.cluster.backends.availableCount, 0);
});

Deno.test("HealthChecks sends no probe whose header values it does not hold, and counts that", async () => {
  const headers = [{ name: "X-Key", fingerprint: "f" }];
  const values = [{ name: "X-Key", value: new TextEncoder().encode("v1") }];
  const bench = new Bench(2, { headers });
  const missing = () => bench.counters.get(Counter.HEALTH_MISSING_SECRET);
  bench.checks.tick(0);
  bench.checks.tick(PERIOD_MS);
  assert.deepEqual([bench.streams.length, missing(), bench.checks.valuesOf("app")], [0, 4, null]);

  // The values are no change of the check, and it begins at once.
  bench.checks.set(bench.cluster, { ...CHECK, headers }, values);
  await bench.round(PERIOD_MS + 100, OK);
  assert.equal(bench.streams.length, 2);
  assert.match(bench.streams[0]?.written ?? "", /\r\nX-Key: v1\r\n\r\n$/);

  // They stay with the same headers, whatever else changes, and go with others.
  bench.checks.set(bench.cluster, { ...CHECK, headers, uri: "/other" });
  await bench.round(PERIOD_MS + 200, OK);
  assert.match(bench.streams.at(-1)?.written ?? "", /^GET \/other .*\r\nX-Key: v1\r\n\r\n$/s);
  assert.deepEqual(bench.checks.valuesOf("app"), values);
  bench.checks.set(bench.cluster, { ...CHECK, headers: [{ name: "x-key", fingerprint: "f" }] });
  bench.checks.set(bench.cluster, { ...CHECK, headers });
  bench.checks.tick(PERIOD_MS + 300);
  assert.deepEqual([bench.streams.length, missing()], [4, 6]);
  bench.checks.remove("app");
  assert.equal(bench.checks.valuesOf("app"), null);
});

Deno.test("HealthChecks takes other values of the same headers for its next probes", async () => {
  const headers = [{ name: "X-Key", fingerprint: "f" }];
  const bench = new Bench(1, { headers });
  for (const [index, text] of ["one", "two"].entries()) {
    const value = new TextEncoder().encode(text);
    bench.checks.set(bench.cluster, { ...CHECK, headers }, [{ name: "X-Key", value }]);
    await bench.round(index * PERIOD_MS, OK);
    assert.match(bench.streams[index]?.written ?? "", new RegExp(`X-Key: ${text}\r\n`));
  }
});
