import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";
import { pause, waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("evict_on_queue_full: a full worker makes room for a new client", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections: 2n, evict_on_queue_full: true },
  });
  using first = await connectRaw(proxy.port);
  await first.write("GET / HTT");
  using second = await connectRaw(proxy.port);
  await second.write("GET / HTT");
  await waitFor("both to be accepted", () => proxy.count("client.connections") === 2);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(proxy.count("sessions.evicted"), 1);
  assert.equal(proxy.count("listener.accepted.total"), 3);
  assert.equal(proxy.count("listener.accepted.http"), 3);
  assert.equal(proxy.count("listener.accepted.tcp"), 0);
});

Deno.test("an evicted client that waits for its backend gives its place up at once", async () => {
  await using origin = startOrigin(({ target }) =>
    target === "/slow" ? { kind: "silent" } : { kind: "fixed", body: "ok" }
  );
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections: 1n, evict_on_queue_full: true },
  });
  using first = await connectRaw(proxy.port);
  await first.write("GET /slow HTTP/1.1\r\nHost: app.test\r\n\r\n");
  await waitFor("the backend to have the request", () => origin.requests.length === 1);
  // Longer than this and the client would have waited for the backend's timeout of 30 seconds.
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(await first.readToEnd().then((it) => it.length), 0);
  assert.equal(proxy.count("sessions.evicted"), 1);
  assert.equal(proxy.count("client.aborts"), 0);
});

Deno.test("max_buffers: what finds no buffer is answered 503 at once, others go on", async () => {
  await using origin = startOrigin(({ target }) =>
    target === "/slow"
      ? { kind: "fixed", body: "late", delayMs: 700 }
      : { kind: "fixed", body: "ok" }
  );
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_buffers: 1n },
  });
  using first = await connectRaw(proxy.port);
  await first.write("GET /slow HTTP/1.1\r\nHost: app.test\r\n\r\n");
  await waitFor("the backend to have the request", () => origin.accepted === 1);
  const start = performance.now();
  const refused = await get(proxy.port, "app.test");
  assert.equal(refused.status, 503);
  assert.ok(performance.now() - start < 600, "before a buffer is free");
  assert.equal(proxy.count("buffer.exhausted"), 1);
  assert.equal((await readResponse(first)).text, "late");
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(origin.requests.length, 2);
});

Deno.test("max_buffers: a large head that finds no buffer is answered 503, not 413", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_buffers: 1n },
  });
  const largeHead = `GET / HTTP/1.1\r\nHost: app.test\r\nX: ${"x".repeat(6_000)}`;
  using first = await connectRaw(proxy.port);
  await first.write(largeHead);
  await waitFor("the head to have come", () => proxy.count("client.connections") === 1);
  await waitFor("a second one to be refused", async () => {
    const answer = await sayUntilClosed(proxy.port, largeHead);
    return answer.startsWith("HTTP/1.1 503 Service Unavailable\r\n");
  });
  await first.write("\r\n\r\n");
  assert.equal((await readResponse(first)).status, 200);
});

Deno.test("without eviction a full worker serves nobody new", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections: 2n },
  });
  using first = await connectRaw(proxy.port);
  using second = await connectRaw(proxy.port);
  await waitFor("both to be accepted", () => proxy.count("client.connections") === 2);
  assert.equal(await sayUntilClosed(proxy.port, GET).catch(() => ""), "");
  assert.equal(origin.accepted, 0);
  first.close();
  second.close();
});

Deno.test("upload_min_bytes: a body that drips is cut although no single pause is too long", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { front_timeout: 1, back_timeout: 1, upload_min_bytes: 4096 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 100000\r\n\r\n");
  const start = performance.now();
  const answer = readResponse(wire, { deadlineMs: 8_000 });
  let dripping = true;
  const drip = (async () => {
    while (dripping) {
      await wire.write("x").catch(() => dripping = false);
      await pause(100);
    }
  })();
  assert.equal((await answer).status, 408);
  assert.ok(performance.now() - start < 6_000);
  dripping = false;
  await drip;
});

Deno.test("slow heads beyond the limit do not hurt those who are served", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections: 300n },
  });
  const slow: Wire[] = [];
  for (let i = 0; i < 200; i++) {
    const wire = await connectRaw(proxy.port);
    slow.push(wire);
    await wire.write("GET / HTTP/1.1\r\nHost: app");
  }
  using probe = await connectRaw(proxy.port);
  for (let i = 0; i < 50; i++) {
    await probe.write(GET);
    assert.equal((await readResponse(probe)).status, 200);
  }
  for (const wire of slow) wire.close();
  await waitFor("the slow ones to be gone", () => proxy.count("client.connections") === 1);
});

Deno.test("zombie_check_interval ends a session that its timeouts forget", async () => {
  await using proxy = await startProxy({
    listener: { request_timeout: 3_600 },
    server: { zombie_check_interval: 1 },
  });
  using idle = await connectRaw(proxy.port);
  assert.equal((await idle.readToEnd()).length, 0);
  assert.equal(proxy.count("zombies"), 1);
  await waitFor("it to be gone", () => proxy.count("client.connections") === 0);
});
