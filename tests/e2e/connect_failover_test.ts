// Which backends are tried for a request, or a TCP session, and what becomes of one that none takes.

import assert from "node:assert/strict";
import { openBlackHole } from "../support/black_hole.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { getFields } from "../support/h2/h2_client.ts";
import { headers } from "../support/h2/frames.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { startOrigin } from "../support/http/origin.ts";
import { get } from "../support/http/raw_client.ts";
import { freePort } from "../support/ports.ts";
import { startProxy } from "../support/session/proxy.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";

const closed = () => `127.0.0.1:${freePort()}`;

Deno.test("backends that never answer a connect cost time, and no request", async () => {
  using first = await openBlackHole();
  using second = await openBlackHole();
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [first.address, second.address, origin.address],
    listener: { connect_timeout: 1 },
  });
  const statuses = Array.from(
    { length: 6 },
    async () => (await get(proxy.port, "app.test")).status,
  );
  assert.deepEqual(await Promise.all(statuses), [200, 200, 200, 200, 200, 200]);
  assert.ok(proxy.count("backend.connections.error") >= 2);
  assert.equal(proxy.count("backend.connect.retries_exhausted"), 0);
});

Deno.test("requests of HTTP/2 clients go on to other backends as well", async () => {
  using hole = await openBlackHole();
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([hole.address, closed(), origin.address], {
    https: { connect_timeout: 1 },
  });
  await using client = await proxy.open();
  const ids = [1, 3, 5, 7];
  await client.send(...ids.map((id) => headers(id, getFields("/"))));
  for (const id of ids) assert.deepEqual((await client.finished(id)).statuses, [200]);
  assert.ok(proxy.ours.count("backend.connections.error") >= 2);
});

Deno.test("requests for backends of HTTP/2 go on to other backends as well", async () => {
  using hole = await openBlackHole();
  await using origin = await startH2Origin((seen) => reply(seen, 200, "ok"));
  await using proxy = await startProxy({
    backends: [hole.address, closed(), origin.address],
    listener: { connect_timeout: 1 },
  });
  await proxy.addCluster("app", { http2: true });
  const statuses = Array.from(
    { length: 6 },
    async () => (await get(proxy.port, "app.test")).status,
  );
  assert.deepEqual(await Promise.all(statuses), [200, 200, 200, 200, 200, 200]);
  assert.ok(proxy.count("backend.connections.error") >= 2);
});

Deno.test("TCP sessions go on to another backend when one does not take the connection in time", async () => {
  using hole = await openBlackHole();
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startTcpProxy({
    backends: [hole.address, closed(), origin.address],
    listener: { connect_timeout: 1 },
  });
  for (let i = 0; i < 3; i++) {
    assert.equal((await get(proxy.port, "app.test")).status, 200);
  }
  assert.equal(proxy.count("backend.connections.error"), 2);
});

Deno.test("one backend that does not take the connection in time gives 503", async () => {
  using hole = await openBlackHole();
  await using proxy = await startProxy({
    backends: [hole.address],
    listener: { connect_timeout: 1 },
  });
  const start = performance.now();
  assert.equal((await get(proxy.port, "app.test")).status, 503);
  assert.ok(performance.now() - start < 5_000);
  assert.equal(proxy.count("backend.connections.error"), 1);
});

Deno.test("front_timeout ends all attempts for a request of HTTP/1.1 with 504", async () => {
  using first = await openBlackHole();
  using second = await openBlackHole();
  using third = await openBlackHole();
  await using proxy = await startProxy({
    backends: [first.address, second.address, third.address],
    listener: { connect_timeout: 1, front_timeout: 2 },
  });
  assert.equal((await get(proxy.port, "app.test")).status, 504);
  assert.equal(proxy.count("backend.connections.error"), 2);
});

Deno.test("as many backends are tried as the worker allows, or the cluster, which comes first", async () => {
  const backends = Array.from({ length: 9 }, closed);
  await using proxy = await startProxy({ backends });
  const errors = () => proxy.count("backend.connections.error");
  const failed = async (attempts: number) => {
    const before = errors();
    assert.equal((await get(proxy.port, "app.test")).status, 503);
    assert.equal(errors() - before, attempts);
  };
  await proxy.apply({ kind: "set_max_connection_attempts", value: 2 });
  await failed(2);
  await proxy.addCluster("app", { max_connection_attempts: 3 });
  await failed(3);
  await proxy.addCluster("app");
  await failed(2);
  await waitFor("the count", () => proxy.count("backend.connect.retries_exhausted") === 3);
});
