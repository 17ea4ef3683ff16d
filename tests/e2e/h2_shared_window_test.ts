// The window of a connection to a backend is shared by the requests of many clients: whatever becomes of some of
// them, the others get their responses.

import assert from "node:assert/strict";
import { loadedHttp2 } from "../../src/session/http/http2.ts";
import { headers } from "../support/h2/frames.ts";
import { getFields, H2Client } from "../support/h2/h2_client.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

/** As much as one stream may send. */
const BODY_BYTES = 65_535;
const NO_WINDOW = [4, 0] as const;

async function h2Proxy(backend: string): Promise<TestProxy> {
  const proxy = await startProxy({ backends: [backend], listener: { h2c_prior_knowledge: true } });
  await proxy.addCluster("app", { http2: true });
  return proxy;
}

Deno.test("responses that clients no longer want take nothing from the window of their backend's connection", async () => {
  await using origin = await startH2Origin(({ stream }) => {
    stream.resume();
    stream.respond({ ":status": 200 });
    stream.end(new Uint8Array(BODY_BYTES));
  });
  await using proxy = await h2Proxy(origin.address);
  for (let round = 0; round < 6; round++) {
    await using stalled = await H2Client.open(proxy.port, "clear", { settings: [NO_WINDOW] });
    const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    await stalled.send(...ids.map((id) => headers(id, getFields())));
    await waitFor(
      "the responses to begin",
      () => ids.every((id) => stalled.reply(id).status === 200),
    );
    // The bodies have come as a whole, and the client goes.
    await waitFor(
      "the backend to have said all",
      () => origin.requests.every(({ stream }) => stream.closed),
    );
  }
  await waitFor("the clients to be gone", () => proxy.count("http.active_requests") === 0);
  using wire = await connectRaw(proxy.port);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const { body } = await readResponse(wire);
  assert.equal(body.length, BODY_BYTES);
  assert.equal(origin.accepted, 1);
});

// Either as many as one connection should have, or as many as would fill its window.
for (const [most, count] of [[250, 3], [1_000, 4]] as const) {
  Deno.test(`clients that do not read do not stop the responses of others: ${most} streams`, async () => {
    await using origin = await startH2Origin(({ stream }) => {
      stream.resume();
      stream.respond({ ":status": 200 });
      stream.end(new Uint8Array(4 * BODY_BYTES));
    }, { maxConcurrentStreams: most });
    await using proxy = await h2Proxy(origin.address);
    await using stalled = new AsyncDisposableStack();
    for (let i = 1; i <= count; i++) {
      const client = await H2Client.open(proxy.port, "clear", { settings: [NO_WINDOW] });
      stalled.use(client);
      await client.send(...ids(80).map((id) => headers(id, getFields())));
      const expected = i * 80 * BODY_BYTES;
      await waitFor("all that may come", () => proxy.count("back_bytes_in") >= expected);
    }
    await using client = await H2Client.open(proxy.port, "clear");
    for (const id of ids(5)) {
      await client.request(id);
      assert.equal((await client.finished(id)).body.length, 4 * BODY_BYTES);
    }
  });
}

Deno.test("what all bodies together may hold is the bound of responses as well, and their connection goes on", async () => {
  await using origin = await startH2Origin((request) => reply(request, 200, "x".repeat(1_000)));
  await using proxy = await h2Proxy(origin.address);
  const { bodies } = loadedHttp2({ loaded: proxy.plane.contents.http2 }).room;
  let taken = 0;
  for (let count = 2 ** 40; count > 0; count = Math.floor(count / 2)) {
    while (bodies.take(count)) taken += count;
  }
  bodies.give(10);
  const cut = latin1(await sayAndRead(proxy.port));
  assert.ok(!cut.includes("x".repeat(1_000)), cut);
  bodies.give(taken - 10);
  assert.equal(bodies.held, 0);
  assert.equal((await get(proxy.port, "app.test")).body.length, 1_000);
  assert.equal(origin.accepted, 1);
});

async function sayAndRead(port: number): Promise<Uint8Array> {
  using wire = await connectRaw(port);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  return await wire.readToEnd();
}

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 2 * i + 1);
}
