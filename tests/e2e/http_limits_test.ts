import assert from "node:assert/strict";
import { leastActive } from "../../src/session/session_set.ts";
import { startOrigin } from "../support/origin.ts";
import { startProxy } from "../support/proxy.ts";
import { connectRaw, get, readResponse, sayUntilClosed } from "../support/raw_client.ts";
import { pause, waitFor } from "../support/wait.ts";
import type { Wire } from "../support/wire.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("leastActive() takes the oldest, all of them when there are fewer", () => {
  const members = [3, 1, 2].map((lastActive) => ({ lastActive }));
  assert.deepEqual(leastActive(members, 2).map((it) => it.lastActive), [1, 2]);
  assert.equal(leastActive(members, 9).length, 3);
});

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

Deno.test("a request body that drips is cut although no single pause is too long", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { front_timeout: 1, back_timeout: 1 },
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
  assert.equal((await answer).status, 504);
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
