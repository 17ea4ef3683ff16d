import assert from "node:assert/strict";
import type { FakeStream } from "../../../../tests/support/session/fake_stream.ts";
import { httpSession, shopListener } from "../../../../tests/support/session/http_sessions.ts";
import { waitFor } from "../../../../tests/support/wait.ts";
import { asciiBytes } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { Outcome } from "../account.ts";
import { observeTraffic } from "../../worker_context.ts";

const UPGRADE = "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\n" +
  "Upgrade: websocket\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" +
  "Upgrade: websocket\r\n\r\n";

/** A client and a backend between which a tunnel is open; the client has been sent the 101 and `greeting`. */
async function openTunnel() {
  const listener = shopListener();
  const route = listener.routes.match(asciiBytes("a.test/GET"), 0, 6, 6, 7, 7, 10)?.route;
  const setup = httpSession(listener);
  const outcomes: Outcome[] = [];
  observeTraffic(setup.worker, {
    exact: true,
    headGoes: () => {},
    connectionRefused: () => {},
    connectionEnded: () => {},
    requestEnded: ({ tunnel, outcome }) => void (tunnel && outcomes.push(outcome)),
  });
  const { client } = setup;
  client.feed(UPGRADE);
  await waitFor("the backend", () => setup.backends[0]?.written.includes("\r\n\r\n") === true);
  const backend = setup.backends[0] as FakeStream;
  backend.feed(SWITCHED + "greeting");
  await waitFor("the greeting", () => client.written.endsWith("greeting"));
  await waitFor("both to wait", () => client.reading && backend.reading);
  client.written = backend.written = "";
  const active = () => route?.cluster?.backends.get("shop-1", "192.0.2.9:80")?.activeRequests;
  return { ...setup, backend, outcomes, active };
}

Deno.test("a WebSocket uses large buffers while they are filled and small ones otherwise", async () => {
  const { client, backend, session, worker, outcomes, running } = await openTunnel();
  const { head, bulk, wide } = worker.tunnelBuffers;
  assert.equal(worker.inputBuffers.head.lent, 0);
  assert.equal(head.lent, 1);
  const text = "x".repeat(1_000_000);
  client.feed(text);
  backend.feed(text);
  await waitFor("the wide buffers", () => wide?.lent === 2);
  await waitFor("the bulk", () => client.written === text && backend.written === text);
  client.feed("x");
  backend.feed("x");
  await waitFor("a little", () => client.written.length + backend.written.length === 2_000_002);
  await waitFor("both to wait", () => client.reading && backend.reading);
  assert.deepEqual([bulk.lent, wide?.lent, head.lent], [0, 0, 1]);
  client.feed(null);
  backend.feed(null);
  await running;
  assert.deepEqual(outcomes, [Outcome.COMPLETE]);
  assert.deepEqual([head.lent, worker.inputBuffers.small.lent], [0, 0]);
  session.close();
});

Deno.test("a WebSocket whose backend breaks ends like any stream, after what was delivered", async () => {
  const { client, backend, running, outcomes, count, active } = await openTunnel();
  backend.feed("part");
  await waitFor("the part", () => client.written === "part" && backend.reading);
  assert.equal(active(), 1);
  backend.close();
  await waitFor("the end", () => client.writeEnded);
  assert.ok(!client.closed, "an end of stream, not a reset");
  assert.deepEqual(outcomes, [Outcome.BACKEND_BROKEN], "told while the client lingers");
  assert.equal(active(), 0);
  client.feed("too late");
  client.feed(null);
  await running;
  assert.deepEqual([backend.written, client.closed], ["", true]);
  assert.deepEqual(outcomes, [Outcome.BACKEND_BROKEN]);
  assert.equal(count(Counter.CLIENT_ABORTS), 0);
});

Deno.test("a WebSocket whose client breaks ends at once, and the client is to blame", async () => {
  const { client, backend, running, outcomes, count } = await openTunnel();
  client.close();
  await running;
  assert.ok(backend.closed);
  assert.deepEqual(outcomes, [Outcome.CLIENT_GONE]);
  assert.equal(count(Counter.CLIENT_ABORTS), 1);
});

Deno.test("a WebSocket that is silent for too long ends", async () => {
  const { client, backend, pass, running, outcomes } = await openTunnel();
  await pass(1_500);
  backend.feed("x");
  await waitFor("a byte", () => client.written === "x");
  await pass(1_800);
  assert.ok(!client.closed, "a byte from either side keeps both");
  await pass(500);
  await running;
  assert.ok(client.closed && backend.closed);
  assert.deepEqual(outcomes, [Outcome.TIMEOUT]);
});

Deno.test("the request of a WebSocket is over before its client has lingered", async () => {
  const { client, backend, running, outcomes, active, worker } = await openTunnel();
  backend.close();
  await waitFor("the end", () => client.writeEnded);
  client.feed("too late");
  await waitFor("the buffers to be given back", () => worker.tunnelBuffers.head.lent === 0);
  assert.ok(!client.closed);
  assert.deepEqual([outcomes, active()], [[Outcome.BACKEND_BROKEN], 0]);
  assert.equal(worker.outBuffers.lent, 0);
  client.feed(null);
  await running;
});
