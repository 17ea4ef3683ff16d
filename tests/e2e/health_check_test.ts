import assert from "node:assert/strict";
import { EventKind, type HealthCheckConfig } from "../../config/schema/messages.ts";
import { type Answer, type Origin, scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { freePort } from "../support/ports.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { get } from "../support/http/raw_client.ts";
import { waitFor } from "../support/wait.ts";

/** Probed as often as can be configured; every result decides. */
const CHECK: HealthCheckConfig = {
  uri: "/health",
  interval: 1,
  timeout: 3,
  healthy_threshold: 1,
  unhealthy_threshold: 1,
  expected_status: 0,
  mode: 0,
  accepted_statuses: [],
  headers: [],
};

/** A backend that answers clients with its name and probes with a status that can be changed. */
function startBackend(name: string, status = 200): Origin & { status: number } {
  const control = { status };
  const origin = startOrigin(({ target }): Answer =>
    target === CHECK.uri
      ? { kind: "fixed", status: control.status, body: "" }
      : { kind: "fixed", body: name }
  );
  return Object.defineProperty(origin, "status", {
    set: (value: number) => control.status = value,
  }) as Origin & { status: number };
}

async function setHealthCheck(
  proxy: TestProxy,
  config: Partial<HealthCheckConfig> = {},
): Promise<void> {
  const value = { cluster_id: "app", config: { ...CHECK, ...config } };
  await proxy.apply({ kind: "set_health_check", value });
}

/** Who answers `count` requests of as many clients. */
async function served(proxy: TestProxy, count = 6): Promise<Set<string>> {
  const names = new Set<string>();
  for (let i = 0; i < count; i++) {
    const response = await get(proxy.port, "app.test");
    names.add(response.status === 200 ? response.text : `status ${response.status}`);
  }
  return names;
}

async function waitForCount(proxy: TestProxy, name: string, least: number): Promise<void> {
  await waitFor(`${name} to be ${least}`, () => proxy.count(name) >= least);
}

/** Kinds of the events about the cluster's health, in order. */
function healthEvents(proxy: TestProxy): number[] {
  return proxy.events.map(({ kind }) => kind);
}

Deno.test("a backend whose probes fail gets no traffic, the other one all of it", async () => {
  await using good = startBackend("good");
  await using bad = startBackend("bad", 500);
  await using proxy = await startProxy({ backends: [good.address, bad.address] });
  assert.deepEqual(await served(proxy), new Set(["good", "bad"]));
  await setHealthCheck(proxy, { unhealthy_threshold: 2 });
  await waitForCount(proxy, "health_check.down", 1);
  assert.ok(proxy.count("health_check.failure") >= 2);
  assert.deepEqual(await served(proxy), new Set(["good"]));
  assert.equal(proxy.count("health_check.down"), 1);
});

Deno.test("a backend whose probes succeed again is served again", async () => {
  await using good = startBackend("good");
  await using ill = startBackend("ill", 503);
  await using proxy = await startProxy({ backends: [good.address, ill.address] });
  await setHealthCheck(proxy);
  await waitForCount(proxy, "health_check.down", 1);
  assert.deepEqual(await served(proxy), new Set(["good"]));
  ill.status = 200;
  await waitForCount(proxy, "health_check.up", 1);
  assert.deepEqual(await served(proxy), new Set(["good", "ill"]));
});

Deno.test("RemoveHealthCheck ends the probes and traffic continues, to every backend", async () => {
  await using good = startBackend("good");
  await using bad = startBackend("bad", 500);
  await using proxy = await startProxy({ backends: [good.address, bad.address] });
  await setHealthCheck(proxy);
  await waitForCount(proxy, "health_check.down", 1);
  await proxy.apply({ kind: "remove_health_check", value: "app" });
  assert.deepEqual(await served(proxy), new Set(["good", "bad"]));
  const probes = proxy.count("health_check.failure");
  // Another cluster's probes show that time enough for one more round has passed.
  await proxy.addCluster("other", { health_check: CHECK });
  await proxy.addBackend("other", good.address);
  const before = proxy.count("health_check.success");
  await waitForCount(proxy, "health_check.success", before + 3);
  assert.equal(proxy.count("health_check.failure"), probes);
});

Deno.test("a cluster without a healthy backend is served by all of them", async () => {
  await using one = startBackend("one");
  await using two = startBackend("two");
  await using proxy = await startProxy({ backends: [one.address, two.address] });
  await setHealthCheck(proxy, { expected_status: 204 });
  await waitForCount(proxy, "health_check.down", 2);
  assert.deepEqual(await served(proxy), new Set(["one", "two"]));
});

Deno.test("a specific expected status admits only the backend that gives it", async () => {
  await using exact = startBackend("exact", 204);
  await using other = startBackend("other", 200);
  await using proxy = await startProxy({ backends: [exact.address, other.address] });
  await setHealthCheck(proxy, { expected_status: 204 });
  await waitForCount(proxy, "health_check.down", 1);
  assert.deepEqual(await served(proxy), new Set(["exact"]));
});

Deno.test("an invalid health check is refused and leaves the one in force alone", async () => {
  await using good = startBackend("good");
  await using bad = startBackend("bad", 500);
  await using proxy = await startProxy({ backends: [good.address, bad.address] });
  await setHealthCheck(proxy);
  await waitForCount(proxy, "health_check.down", 1);
  const refusals: [Partial<HealthCheckConfig>, RegExp][] = [
    [{ interval: 0 }, /interval/],
    [{ timeout: 0 }, /timeout/],
    [{ healthy_threshold: 0 }, /healthy_threshold/],
    [{ unhealthy_threshold: 0 }, /unhealthy_threshold/],
    [{ uri: "health" }, /uri/],
    [{ uri: "/health\r\nX-Smuggled: 1" }, /uri/],
  ];
  for (const [config, message] of refusals) {
    await assert.rejects(setHealthCheck(proxy, config), message);
    await assert.rejects(
      proxy.addCluster("app", { health_check: { ...CHECK, ...config } }),
      message,
    );
  }
  assert.deepEqual(await served(proxy), new Set(["good"]));
  const probes = bad.requests.length;
  await waitFor("the next probe", () => bad.requests.length > probes);
});

Deno.test("AddCluster brings the health check, replaces it, and without one resets the health", async () => {
  await using good = startBackend("good");
  await using bad = startBackend("bad", 500);
  await using proxy = await startProxy({ backends: [good.address, bad.address] });
  await proxy.addCluster("app", { health_check: CHECK });
  await waitForCount(proxy, "health_check.down", 1);
  assert.deepEqual(await served(proxy), new Set(["good"]));
  await proxy.addCluster("app", { health_check: { ...CHECK, expected_status: 500 } });
  await waitFor("the other way round", async () => {
    const names = await served(proxy);
    return names.size === 1 && names.has("bad");
  });
  await proxy.addCluster("app");
  assert.deepEqual(await served(proxy), new Set(["good", "bad"]));
});

Deno.test("RemoveCluster ends its probes and resets the health of its backends", async () => {
  await using good = startBackend("good");
  await using bad = startBackend("bad", 500);
  await using proxy = await startProxy({ backends: [good.address, bad.address] });
  await setHealthCheck(proxy);
  await waitForCount(proxy, "health_check.down", 1);
  await proxy.apply({ kind: "remove_cluster", value: "app" });
  assert.deepEqual(await served(proxy), new Set(["good", "bad"]));
});

Deno.test("events come once a transition, the cluster's after the backend's", async () => {
  await using one = startBackend("one", 500);
  await using two = startBackend("two", 200);
  await using proxy = await startProxy({ backends: [one.address, two.address] });
  const { HEALTH_CHECK_HEALTHY, HEALTH_CHECK_UNHEALTHY } = EventKind;
  const { NO_AVAILABLE_BACKENDS, CLUSTER_RECOVERED } = EventKind;
  await setHealthCheck(proxy);
  await waitFor("the first one to be ill", () => proxy.events.length === 1);
  const { address, ...first } = proxy.events[0] ?? {};
  assert.deepEqual(first, {
    kind: HEALTH_CHECK_UNHEALTHY,
    cluster_id: "app",
    backend_id: one.address,
  });
  assert.equal(address?.port, one.port);
  two.status = 500;
  await waitFor("both to be ill", () => proxy.events.length === 3);
  two.status = 200;
  await waitFor("one to recover", () => proxy.events.length === 5);
  // Nothing is said again: two more rounds of probes, and the sweep that would tell.
  const probes = proxy.count("health_check.success");
  await waitForCount(proxy, "health_check.success", probes + 2);
  assert.deepEqual(healthEvents(proxy), [
    HEALTH_CHECK_UNHEALTHY,
    HEALTH_CHECK_UNHEALTHY,
    NO_AVAILABLE_BACKENDS,
    HEALTH_CHECK_HEALTHY,
    CLUSTER_RECOVERED,
  ]);
  assert.equal(proxy.events[2]?.cluster_id, "app");
});

Deno.test("a probe is one plain request on a connection of its own", async () => {
  await using origin = startBackend("only");
  await using proxy = await startProxy({ backends: [origin.address] });
  assert.deepEqual(await served(proxy, 1), new Set(["only"]));
  await setHealthCheck(proxy);
  await waitForCount(proxy, "health_check.success", 2);
  const probes = origin.requests.filter(({ target }) => target === "/health");
  assert.equal(
    probes[0]?.head,
    `GET /health HTTP/1.1\r\nHost: ${origin.address}\r\nConnection: close\r\n\r\n`,
  );
  assert.notEqual(probes[0]?.connection, probes[1]?.connection);
  await waitFor("the probes to hang up", () => origin.open === 1);
  assert.equal(proxy.count("backend.pool.miss"), 1);
});

Deno.test("silent, closing, babbling and absent backends are unhealthy", async () => {
  await using good = startBackend("good");
  await using silent = startOrigin({ kind: "silent" });
  await using closing = startOrigin({ kind: "close" });
  await using babbling = scriptedOrigin(async (wire) => {
    for (;;) await wire.write("x".repeat(1000));
  });
  const absent = `127.0.0.1:${freePort()}`;
  const others = [silent.address, closing.address, babbling.address, absent];
  await using proxy = await startProxy({ backends: [good.address, ...others] });
  await setHealthCheck(proxy, { timeout: 1 });
  await waitForCount(proxy, "health_check.down", 4);
  assert.deepEqual(await served(proxy, 10), new Set(["good"]));
  await waitForCount(proxy, "health_check.success", 1);
});

Deno.test("a connection in use is not cut when its backend becomes unhealthy", async () => {
  await using good = startBackend("good");
  await using slow = startOrigin(({ target }): Answer =>
    target === CHECK.uri
      ? { kind: "fixed", status: 500, body: "" }
      : { kind: "fixed", body: "slow", delayMs: 1500 }
  );
  await using proxy = await startProxy({ backends: [slow.address] });
  const answer = get(proxy.port, "app.test");
  await waitFor("the request to arrive", () => slow.requests.length === 1);
  await proxy.addBackend("app", good.address);
  await setHealthCheck(proxy);
  await waitForCount(proxy, "health_check.down", 1);
  assert.deepEqual(await served(proxy, 2), new Set(["good"]));
  assert.equal((await answer).text, "slow");
});

Deno.test("backends of a cluster that speaks HTTP/2 are probed with it, and with HTTP/1.1 again after that", async () => {
  let status = 200;
  await using modern = await startH2Origin((seen) =>
    reply(seen, seen.path === CHECK.uri ? status : 200, "modern")
  );
  await using old = startBackend("old");
  await using proxy = await startProxy({ backends: [modern.address, old.address] });
  await proxy.addCluster("app", { http2: true, health_check: CHECK });
  await waitForCount(proxy, "health_check.down", 1);
  await waitForCount(proxy, "health_check.success", 1);
  assert.deepEqual(await served(proxy), new Set(["modern"]));
  const [probe] = modern.requests.filter(({ path }) => path === CHECK.uri);
  assert.deepEqual([probe?.method, probe?.headers[":authority"]], ["GET", modern.address]);
  status = 503;
  await waitForCount(proxy, "health_check.down", 2);
  await proxy.addCluster("app", { http2: false, health_check: CHECK });
  await waitForCount(proxy, "health_check.up", 1);
  assert.deepEqual(await served(proxy), new Set(["old"]));
});

Deno.test("a stopped data plane probes no more", async () => {
  await using silent = startOrigin({ kind: "silent" });
  await using proxy = await startProxy({ backends: [silent.address] });
  await setHealthCheck(proxy, { timeout: 60 });
  await waitFor("the probe", () => silent.open === 1);
  await proxy.plane.softStop();
  await waitFor("the probe to hang up", () => silent.open === 0);
});
