import assert from "node:assert/strict";
import { EventKind } from "../../config/schema/messages.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { get, readResponse } from "../support/http/raw_client.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { pause, waitFor } from "../support/wait.ts";

const HOST = "Host: app.test\r\n";
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;
const MEBIBYTE = 1024 * 1024;

async function h2Proxy(...backends: string[]): Promise<TestProxy> {
  const proxy = await startProxy({ backends });
  await proxy.addCluster("app", { http2: true });
  return proxy;
}

/** A backend whose answers to `/slow` wait for `release`. */
async function heldOrigin() {
  const gate = Promise.withResolvers<void>();
  const origin = await startH2Origin(async (seen) => {
    if (seen.path === "/slow") {
      seen.stream.respond({ ":status": 200 });
      seen.stream.write("one");
      await gate.promise;
      return void seen.stream.end("two");
    }
    reply(seen, 200, "quick");
  });
  return { origin, release: () => gate.resolve() };
}

Deno.test("a removed backend finishes its streams, then its connection closes and operators hear of it", async () => {
  const { origin, release } = await heldOrigin();
  await using _origin = origin;
  await using proxy = await h2Proxy(origin.address);
  const answers = [1, 2].map(() => get(proxy.port, "app.test", "/slow"));
  await waitFor("the requests", () => origin.requests.length === 2);
  await proxy.removeBackend("app", origin.address);
  assert.equal((await get(proxy.port, "app.test")).status, 503);
  release();
  for (const { text } of await Promise.all(answers)) assert.equal(text, "onetwo");
  await waitFor("its connection to close", () => origin.sessions.size === 0);
  await waitFor(
    "the event",
    () => proxy.events.some(({ kind }) => kind === EventKind.REMOVED_BACKEND_HAS_NO_CONNECTIONS),
  );
});

Deno.test("an idle connection closes with its backend", async () => {
  const { origin } = await heldOrigin();
  await using _origin = origin;
  await using proxy = await h2Proxy(origin.address);
  assert.equal((await get(proxy.port, "app.test")).text, "quick");
  await proxy.removeBackend("app", origin.address);
  await waitFor("its connection to close", () => origin.sessions.size === 0);
  assert.equal(proxy.count("backend.connections"), 0);
});

Deno.test("a cluster that is removed, or speaks HTTP/1.1 from now on, finishes its streams", async () => {
  const { origin, release } = await heldOrigin();
  await using _origin = origin;
  await using proxy = await h2Proxy(origin.address);
  const answer = get(proxy.port, "app.test", "/slow");
  await waitFor("the request", () => origin.requests.length === 1);
  await proxy.apply({ kind: "remove_cluster", value: "app" });
  assert.equal((await get(proxy.port, "app.test")).status, 502);
  release();
  assert.equal((await answer).text, "onetwo");
});

Deno.test("a draining worker finishes its streams, and leaves no connection behind", async () => {
  const { origin, release } = await heldOrigin();
  await using _origin = origin;
  await using proxy = await h2Proxy(origin.address);
  const answer = get(proxy.port, "app.test", "/slow");
  await waitFor("the request", () => origin.requests.length === 1);
  let stopped = false;
  const stopping = proxy.plane.softStop().then(() => stopped = true);
  await pause(200);
  assert.ok(!stopped);
  release();
  assert.equal((await answer).text, "onetwo");
  await stopping;
  await waitFor("its connection to close", () => origin.sessions.size === 0);
});

Deno.test("a worker that stops cuts its streams at once", async () => {
  const { origin } = await heldOrigin();
  await using _origin = origin;
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(GET.replace("/ ", "/slow "));
  await wire.readThrough("one");
  proxy.plane.hardStop();
  await wire.readToEnd();
  await waitFor("its connection to close", () => origin.sessions.size === 0);
});

Deno.test("a silent backend costs 504, and its connection is looked at, not given up", async () => {
  await using origin = await startH2Origin((seen) => {
    if (seen.path !== "/silent") reply(seen, 200, "here");
  });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { back_timeout: 1 },
  });
  await proxy.addCluster("app", { http2: true });
  assert.equal((await get(proxy.port, "app.test", "/silent")).status, 504);
  await waitFor("the stream to be cancelled", () => origin.requests[0]?.stream.closed);
  assert.equal((await get(proxy.port, "app.test")).text, "here");
  await waitFor(
    "the doubt to be over",
    async () => (await get(proxy.port, "app.test")).status === 200 && origin.accepted <= 2,
  );
});

Deno.test("a client that reads slowly holds up neither its backend's other streams nor much memory", async () => {
  const body = new Uint8Array(24 * MEBIBYTE).fill(97);
  await using origin = await startH2Origin((seen) =>
    seen.path === "/large"
      ? reply(seen, 200, body, { "content-length": String(body.length) })
      : reply(seen, 200, "quick")
  );
  await using proxy = await h2Proxy(origin.address);
  const slow = await Promise.all(Array.from({ length: 4 }, async () => {
    const wire = await connectRaw(proxy.port);
    await wire.write(GET.replace("/ ", "/large "));
    return wire;
  }));
  await waitFor("all to be asked", () => origin.requests.length === 4);
  for (let i = 0; i < 50; i++) assert.equal((await get(proxy.port, "app.test")).text, "quick");
  await waitFor("the flow to stop", async () => {
    const before = proxy.count("back_bytes_in");
    await pause(100);
    return proxy.count("back_bytes_in") === before;
  });
  // What the kernel buffers of both sockets of each client take, and one window each.
  assert.ok(proxy.count("back_bytes_in") < 4 * 12 * MEBIBYTE, `${proxy.count("back_bytes_in")}`);
  assert.equal(origin.accepted, 1);
  const [first] = slow;
  assert.ok(first !== undefined);
  const whole = await readResponse(first, { deadlineMs: 20_000 });
  assert.equal(whole.body.length, body.length);
  for (const wire of slow) wire.close();
});
