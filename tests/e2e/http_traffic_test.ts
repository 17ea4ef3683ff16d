// Many clients at once, and clients that come and go without manners: whoever asks properly is served.

import assert from "node:assert/strict";
import { abruptClient } from "../support/http/abrupt_client.ts";
import { type Origin, startOrigin } from "../support/http/origin.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { waitFor, within } from "../support/wait.ts";

const CLIENTS = 10;
const REQUESTS = 100;
const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

async function everybodyLeft(proxy: TestProxy): Promise<void> {
  await waitFor("all clients to be gone", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
}

async function assertHealthy(proxy: TestProxy): Promise<void> {
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  await everybodyLeft(proxy);
}

/** One client that keeps its connection and sends small bodies. */
async function client(port: number, number: number): Promise<void> {
  using wire = await connectRaw(port);
  for (let i = 0; i < REQUESTS; i++) {
    const body = `client ${number}, request ${i}`;
    await wire.write(
      `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    assert.equal((await readResponse(wire)).text, body);
  }
}

for (const backends of [1, 3]) {
  Deno.test(`many keep-alive clients are all answered with what is theirs by ${backends} backends`, async () => {
    await using stack = new AsyncDisposableStack();
    const origins: Origin[] = [];
    for (let i = 0; i < backends; i++) origins.push(stack.use(startOrigin({ kind: "echo-body" })));
    const proxy = stack.use(await startProxy({ backends: origins.map(({ address }) => address) }));
    await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(proxy.port, i)));
    assert.equal(proxy.count("requests"), CLIENTS * REQUESTS);
    const share = CLIENTS * REQUESTS / backends;
    for (const { requests } of origins) assert.ok(Math.abs(requests.length - share) <= 1);
    await within("the worker to stop", 2_000, proxy.plane.softStop());
  });
}

Deno.test("large transfers in both directions at the same time arrive complete", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const transfer = async (_: unknown, number: number) => {
    const body = new Uint8Array(300_000 + number);
    for (let i = 0; i < body.length; i++) body[i] = (i * 31 + number) & 0xff;
    using wire = await connectRaw(proxy.port);
    await wire.write(
      `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await wire.write(body);
    const { body: echoed } = await readResponse(wire, { deadlineMs: 20_000 });
    assert.ok(body.length === echoed.length && body.every((byte, i) => byte === echoed[i]));
  };
  await Promise.all(Array.from({ length: 40 }, transfer));
  await assertHealthy(proxy);
});

Deno.test("clients that connect and leave without a byte harm nobody", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  for (let i = 0; i < 200; i++) (await connectRaw(proxy.port)).close();
  await waitFor("all to be accepted", () => proxy.count("listener.accepted.total") === 200);
  await assertHealthy(proxy);
});

Deno.test("idle clients between served ones make no request fail", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const idle = [];
  for (let i = 0; i < 50; i++) {
    const wire = await connectRaw(proxy.port);
    if (i % 2 === 0) idle.push(wire);
    else wire.close();
    assert.equal((await get(proxy.port, "app.test")).status, 200);
  }
  await waitFor("those who left", () => proxy.count("client.connections") === idle.length);
  for (const wire of idle) wire.close();
  await assertHealthy(proxy);
});

Deno.test("a client that leaves in the middle of its fourth request is cleaned up", async () => {
  await using origin = startOrigin((seen) =>
    seen.target === "/hang" ? { kind: "silent" } : { kind: "fixed", body: "ok" }
  );
  await using proxy = await startProxy({ backends: [origin.address] });
  {
    using client = await abruptClient(proxy.port);
    for (let i = 1; i <= 3; i++) {
      await client.send(GET);
      await waitFor("the answer", () => client.received.split("HTTP/1.1 200").length - 1 === i);
    }
    await client.send("GET /hang HTTP/1.1\r\nHost: app.test\r\n\r\n");
    await waitFor("the fourth request", () => origin.requests.length === 4);
    client.reset();
  }
  await waitFor("the abort to be noticed", () => proxy.count("client.aborts") === 1);
  await assertHealthy(proxy);
});

Deno.test("several clients that leave at the same moment are all cleaned up", async () => {
  await using origin = startOrigin((seen) =>
    seen.target === "/hang" ? { kind: "silent" } : { kind: "fixed", body: "ok" }
  );
  await using proxy = await startProxy({ backends: [origin.address] });
  const clients = await Promise.all(Array.from({ length: 20 }, () => abruptClient(proxy.port)));
  for (const client of clients) await client.send("GET /hang HTTP/1.1\r\nHost: app.test\r\n\r\n");
  await waitFor("their requests", () => origin.requests.length === clients.length);
  for (const client of clients) client.reset();
  await waitFor("their backend connections to close", () => origin.open === 0);
  assert.equal(proxy.count("client.aborts"), clients.length);
  await assertHealthy(proxy);
});

Deno.test("max_connections: of twenty clients fifteen are served, and later ones when some have left", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections: 15n },
  });
  const wires = [];
  const served: number[] = [];
  for (let i = 0; i < 20; i++) {
    const wire = await connectRaw(proxy.port);
    wires.push(wire);
    await wire.write(GET).catch(() => {});
    const response = await readResponse(wire).catch(() => null);
    if (response?.status === 200) served.push(i);
  }
  assert.deepEqual(served, Array.from({ length: 15 }, (_, i) => i));
  assert.equal(proxy.count("listener.connection_capped"), 5);
  for (const wire of wires.slice(0, 15)) {
    await wire.write(GET);
    assert.equal((await readResponse(wire)).status, 200);
  }
  for (const wire of wires.slice(0, 3)) wire.close();
  await waitFor("three to be gone", () => proxy.count("client.connections") === 12);
  for (let i = 0; i < 3; i++) {
    const wire = await connectRaw(proxy.port);
    wires.push(wire);
    await wire.write(GET);
    assert.equal((await readResponse(wire)).status, 200);
  }
  for (const wire of wires) wire.close();
  await everybodyLeft(proxy);
});

Deno.test("a silent client gets 408 each of five times, and the worker stays well", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { request_timeout: 1, front_timeout: 1, back_timeout: 1 },
  });
  const silent = async () => {
    using wire = await connectRaw(proxy.port);
    assert.equal((await readResponse(wire)).status, 408);
    assert.equal((await wire.readToEnd()).length, 0);
  };
  await Promise.all(Array.from({ length: 5 }, silent));
  await waitFor("their connections to be gone", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("http.timeouts"), 5);
  await assertHealthy(proxy);
  for (const { name, value } of proxy.plane.measurements.proxy.metrics) assert.ok(value >= 0, name);
});
