import assert from "node:assert/strict";
import { HealthCheckConfig, HealthCheckMode } from "../../config/schema/messages.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { type Answer, type Origin, scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { get } from "../support/http/raw_client.ts";
import { freePort } from "../support/ports.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { waitFor } from "../support/wait.ts";

/** Probed as often as can be configured; every result decides. */
const CHECK: HealthCheckConfig = {
  ...HealthCheckConfig.empty(),
  uri: "/health",
  interval: 1,
  healthy_threshold: 1,
  unhealthy_threshold: 1,
};

/** A backend that answers clients with its name and probes with a status. */
function startBackend(name: string, status: number): Origin {
  return startOrigin(({ target }): Answer =>
    target === CHECK.uri ? { kind: "fixed", status, body: "" } : { kind: "fixed", body: name }
  );
}

async function setCheck(proxy: TestProxy, config: Partial<HealthCheckConfig>): Promise<void> {
  const value = { cluster_id: "app", config: { ...CHECK, ...config } };
  await proxy.apply({ kind: "set_health_check", value });
}

/** Who answers a few requests of as many clients. */
async function served(proxy: TestProxy): Promise<Set<string>> {
  const names = new Set<string>();
  for (let i = 0; i < 6; i++) names.add((await get(proxy.port, "app.test")).text);
  return names;
}

async function waitForCount(proxy: TestProxy, name: string, least: number): Promise<void> {
  await waitFor(`${name} to be ${least}`, () => proxy.count(name) >= least);
}

Deno.test("over TCP a backend is healthy that accepts connections, whatever it would answer", async () => {
  await using ill = startBackend("ill", 500);
  await using mute = startOrigin({ kind: "silent" });
  const absent = `127.0.0.1:${freePort()}`;
  await using proxy = await startProxy({ backends: [ill.address, mute.address, absent] });
  await setCheck(proxy, { mode: HealthCheckMode.HEALTH_CHECK_MODE_TCP, uri: "" });
  await waitForCount(proxy, "health_check.down", 1);
  await waitForCount(proxy, "health_check.success", 4);
  assert.equal(proxy.count("health_check.down"), 1);
  // Nothing was asked.
  assert.deepEqual(ill.requests, []);
  assert.equal(proxy.events[0]?.backend_id, absent);
});

Deno.test("ranges of statuses take the place of any 2xx", async () => {
  await using moved = startBackend("moved", 302);
  await using absent = startBackend("absent", 404);
  await using fine = startBackend("fine", 200);
  await using proxy = await startProxy({
    backends: [moved.address, absent.address, fine.address],
  });
  await setCheck(proxy, {
    accepted_statuses: [{ start: 300, end: 399 }, { start: 404, end: 404 }],
  });
  await waitForCount(proxy, "health_check.down", 1);
  await waitForCount(proxy, "health_check.success", 2);
  assert.deepEqual(await served(proxy), new Set(["moved", "absent"]));
});

Deno.test("probes go to the port of the check, and requests to that of the backend", async () => {
  await using one = startBackend("one", 500);
  await using two = startBackend("two", 500);
  await using probed = startBackend("probed", 200);
  await using proxy = await startProxy({ backends: [one.address, two.address] });
  await setCheck(proxy, {});
  await waitForCount(proxy, "health_check.down", 2);
  await setCheck(proxy, { port: probed.port });
  await waitForCount(proxy, "health_check.up", 2);
  assert.deepEqual(await served(proxy), new Set(["one", "two"]));
  assert.match(probed.requests[0]?.head ?? "", new RegExp(`\r\nHost: ${probed.address}\r\n`));
});

Deno.test("ranges of statuses count for backends of HTTP/2 as well, and so does the port", async () => {
  await using modern = await startH2Origin((seen) => reply(seen, 404, "modern"));
  await using proxy = await startProxy({ backends: [`127.0.0.1:${freePort()}`] });
  const port = Number(modern.address.split(":")[1]);
  const health_check = { ...CHECK, accepted_statuses: [{ start: 404, end: 404 }], port };
  await proxy.addCluster("app", { http2: true, health_check });
  await waitForCount(proxy, "health_check.success", 2);
  assert.equal(proxy.count("health_check.failure"), 0);
});

Deno.test("interim answers are none: a probe waits for the final one", async () => {
  await using early = scriptedOrigin(async (wire) => {
    await wire.write("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 Fine\r\n\r\n");
  });
  await using proxy = await startProxy({ backends: [early.address] });
  await setCheck(proxy, { expected_status: 204 });
  await waitForCount(proxy, "health_check.success", 2);
  assert.equal(proxy.count("health_check.failure"), 0);
});
