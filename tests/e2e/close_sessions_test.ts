// Sessions that an operator closes: those of a cluster, or of some of its backends, at once or behind their work.

import assert from "node:assert/strict";
import type { CloseSessions } from "../../config/schema/messages.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { cliOf } from "../support/cli/sozu_cli.ts";
import { Gate } from "../support/gate.ts";
import { headers } from "../support/h2/frames.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { startOrigin } from "../support/http/origin.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { SozuProcess } from "../support/process/sozu_process.ts";
import { freePort } from "../support/ports.ts";
import { socketAddress, startProxy, type TestPlane } from "../support/session/proxy.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { latin1, type Wire } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
const UPGRADE =
  "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

const PORT = freePort();

/** Ends sessions; how many were closed, and how many drain. */
function end({ plane }: TestPlane, which: CloseSessions): [closed: number, draining: number] {
  const { closed, draining } = plane.endSessions(which);
  return [Number(closed), Number(draining)];
}

async function ask(wire: Wire, head = GET): Promise<string> {
  await wire.write(head);
  return (await readResponse(wire)).text;
}

/** Nothing comes any more, and that is the end. */
async function closed(wire: Wire): Promise<void> {
  assert.equal(latin1(await wire.readToEnd()), "");
}

Deno.test("HTTP/1.1: a backend is removed, then its sessions are forced to close", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  assert.equal(await ask(wire), "ok");
  await proxy.removeBackend("app", origin.address);
  const address = socketAddress(origin.address);
  assert.deepEqual(end(proxy, { cluster_id: "app", backend_id: origin.address, address }), [1, 0]);
  await closed(wire);
  await waitFor("the session to end", () => proxy.count("client.connections") === 0);
});

Deno.test("HTTP/1.1: what is in progress goes on and says that it is the last, then the connection closes", async () => {
  using gate = new Gate();
  await using origin = startOrigin(() => ({ kind: "fixed", body: "late", after: gate.passed }));
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  assert.deepEqual(end(proxy, { cluster_id: "app" }), [0, 1]);
  assert.deepEqual(end(proxy, { cluster_id: "app" }), [0, 1], "it is still there");
  gate.open();
  const response = await readResponse(wire);
  assert.deepEqual([response.text, response.header("connection")], ["late", "close"]);
  await closed(wire);
  await waitFor("its backend connection to close", () => origin.open === 0);
});

Deno.test("HTTP/1.1: a response that has promised another request is the last all the same", async () => {
  await using origin = startOrigin({ kind: "chunked", chunks: ["one", "two"], delayMs: 50 });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  await wire.readThrough("one");
  assert.deepEqual(end(proxy, { cluster_id: "app" }), [0, 1]);
  assert.match(latin1(await wire.readToEnd()), /two\r\n0\r\n\r\n$/);
});

Deno.test("a session is meant only by all that is said, and an unknown cluster has none", async () => {
  await using one = startOrigin({ kind: "fixed", body: "one" });
  await using two = startOrigin({ kind: "fixed", body: "two" });
  await using proxy = await startProxy({ backends: [one.address] });
  await proxy.addCluster("other");
  await proxy.addFrontend("other");
  await proxy.addBackend("other", two.address);
  using wire = await connectRaw(proxy.port);
  using other = await connectRaw(proxy.port);
  using fresh = await connectRaw(proxy.port);
  const toOther = GET.replace("app.test", "other.test");
  assert.deepEqual([await ask(wire), await ask(other, toOther)], ["one", "two"]);
  for (
    const which of [
      { cluster_id: "unknown" },
      { cluster_id: "app", backend_id: "unknown" },
      { cluster_id: "app", backend_id: two.address },
      { cluster_id: "app", backend_id: one.address, address: socketAddress(two.address) },
      { cluster_id: "app", address: socketAddress("[::1]:1") },
    ]
  ) assert.deepEqual(end(proxy, which), [0, 0]);
  assert.equal(await ask(wire), "one");
  assert.deepEqual(end(proxy, { cluster_id: "app", address: socketAddress(one.address) }), [1, 0]);
  await closed(wire);
  assert.equal(await ask(other, toOther), "two", "a session of another cluster");
  assert.equal(
    await ask(fresh),
    "one",
    "one that had no backend; new connections are not prevented",
  );
});

Deno.test("the whole cluster means clients that have gone on to another one as well", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addCluster("other");
  await proxy.addFrontend("other");
  await proxy.addBackend("other", origin.address);
  using wire = await connectRaw(proxy.port);
  await ask(wire);
  await ask(wire, GET.replace("app.test", "other.test"));
  assert.deepEqual(end(proxy, { cluster_id: "app", backend_id: origin.address }), [0, 0]);
  assert.deepEqual(end(proxy, { cluster_id: "app" }), [1, 0]);
  await closed(wire);
});

Deno.test("WebSocket: a backend is removed, then its tunnels are closed at once", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "websocket" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  assert.equal((await readResponse(wire)).status, 101);
  await wire.write("ping");
  assert.equal(latin1(await wire.readExactly(4)), "ping");
  await proxy.removeBackend("app", origin.address);
  assert.deepEqual(end(proxy, { cluster_id: "app", backend_id: origin.address }), [1, 0]);
  await wire.readToEnd().catch(() => {});
  await waitFor(
    "both ends to close",
    () => origin.open === 0 && proxy.count("client.connections") === 0,
  );
  assert.equal(proxy.count("session.internal_errors"), 0);
});

Deno.test("TCP: a backend is removed, then its sessions are closed at once", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("hello");
    await wire.readToEnd(60_000);
  });
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  assert.equal(latin1(await wire.readExactly(5)), "hello");
  await proxy.removeBackend("db", origin.address);
  assert.deepEqual(end(proxy, { cluster_id: "db", backend_id: "other" }), [0, 0]);
  assert.deepEqual(end(proxy, { cluster_id: "db", backend_id: origin.address }), [1, 0]);
  await wire.readToEnd().catch(() => {});
  await waitFor(
    "both ends to close",
    () => origin.open === 0 && proxy.count("client.connections") === 0,
  );
});

Deno.test("HTTP/2: an idle client is told to go, and goes", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  assert.equal((await client.ask(1)).text, "ok");
  await proxy.ours.removeBackend("app", origin.address);
  assert.deepEqual(end(proxy.ours, { cluster_id: "app", backend_id: origin.address }), [1, 0]);
  await client.see(/^GOAWAY/);
  await client.gone();
  assert.deepEqual(end(proxy.ours, { cluster_id: "app" }), [0, 0], "it is ending already");
});

Deno.test("HTTP/2: streams in progress end, behind GOAWAY", async () => {
  using gate = new Gate();
  await using origin = startOrigin(() => ({ kind: "fixed", body: "late", after: gate.passed }));
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  await client.request(1);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  await proxy.ours.removeBackend("app", origin.address);
  assert.deepEqual(end(proxy.ours, { cluster_id: "app", backend_id: origin.address }), [0, 1]);
  await client.see(/^GOAWAY/);
  gate.open();
  assert.equal((await client.finished(1)).text, "late");
  await client.gone();
});

Deno.test("HTTP/2: streams that do not end are cut when the graceful time is over", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startH2Proxy([origin.address], {
    https: { h2_graceful_shutdown_deadline_seconds: 1 },
  });
  await using client = await proxy.open();
  await client.request(1);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  assert.deepEqual(end(proxy.ours, { cluster_id: "app" }), [0, 1]);
  await client.gone();
  await waitFor("the backend connection to close", () => origin.open === 0);
});

Deno.test("HTTP/2: WebSockets are closed at once, other streams of the connection end", async () => {
  using gate = new Gate();
  await using origin = startOrigin(({ target }) =>
    target === "/ws"
      ? { kind: "upgrade", protocol: "websocket" }
      : { kind: "fixed", body: "late", after: gate.passed }
  );
  await using proxy = await startH2Proxy([origin.address], {
    // Nothing but the order ends the tunnel.
    https: { h2_graceful_shutdown_deadline_seconds: 0 },
  });
  await using client = await proxy.open();
  const connect: [string, string][] = [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", "/ws"],
    [":authority", "app.test"],
    ["sec-websocket-version", "13"],
  ];
  await client.send(headers(1, connect, false));
  await waitFor("the request to be upgraded", () => origin.requests.length === 1);
  await waitFor("the tunnel", () => proxy.ours.count("protocol.wss") === 1);
  await client.request(3);
  await waitFor("the other request", () => origin.requests.length === 2);
  assert.deepEqual(end(proxy.ours, { cluster_id: "app" }), [0, 1]);
  await waitFor("the tunnel to end", () => proxy.ours.count("protocol.wss") === 0);
  gate.open();
  assert.equal((await client.finished(3)).text, "late");
  await client.gone();
  assert.equal(proxy.ours.count("session.internal_errors"), 0);
});

Deno.test("HTTP/2 backends: the shared connection takes no more streams, and closes with its last one", async () => {
  const release = Promise.withResolvers<void>();
  await using origin = await startH2Origin(async (seen) => {
    if (seen.path === "/slow") await release.promise;
    reply(seen, 200, seen.path);
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addCluster("app", { http2: true });
  using idle = await connectRaw(proxy.port);
  using busy = await connectRaw(proxy.port);
  assert.equal(await ask(idle), "/");
  await busy.write(GET.replace("/ ", "/slow "));
  await waitFor("the request to arrive", () => origin.requests.length === 2);
  assert.equal(origin.sessions.size, 1);
  assert.deepEqual(end(proxy, { cluster_id: "app", backend_id: origin.address }), [1, 1]);
  await closed(idle);
  using fresh = await connectRaw(proxy.port);
  assert.equal(await ask(fresh), "/");
  assert.equal(origin.sessions.size, 2, "a new session has a new connection");
  release.resolve();
  assert.equal((await readResponse(busy)).text, "/slow");
  await waitFor("the old connection to close", () => origin.sessions.size === 1);
  assert.equal(await ask(fresh), "/");
});

Deno.test("sozu cluster close-sessions ends sessions in every worker and tells how many", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("hello");
    await wire.readToEnd(60_000);
  });
  await using sozu = await SozuProcess.start(
    `worker_count = 2
     [[listeners]]
     protocol = "tcp"
     address = "127.0.0.1:{port}"
     [clusters.db]
     protocol = "tcp"
     frontends = [{ address = "127.0.0.1:{port}" }]
     backends = [{ address = "${origin.address}", backend_id = "db-1" }]
    `.replaceAll("{port}", String(PORT)),
  );
  const { run, ok } = cliOf(sozu);
  const wires = await Promise.all(Array.from({ length: 6 }, () => connectRaw(PORT)));
  for (const wire of wires) assert.equal(latin1(await wire.readExactly(5)), "hello");
  assert.match(
    await ok("cluster", "close-sessions", "--id", "db", "--backend-id", "other"),
    /Worker 0\n0 sessions closed, 0 draining\n\nWorker 1\n0 sessions closed, 0 draining\n/,
  );
  const text = await ok("cluster", "close-sessions", "--id", "db", "-a", origin.address);
  const counts = [...text.matchAll(/^([0-9]+) sessions closed, 0 draining$/gm)];
  assert.equal(counts.length, 2, text);
  assert.equal(counts.reduce((sum, [, count]) => sum + Number(count), 0), 6, text);
  for (const wire of wires) await wire.readToEnd().catch(() => {});
  for (const wire of wires) wire.close();
  const { WORKER_RESPONSES } = JSON.parse(
    await ok("--json", "cluster", "close-sessions", "--id", "nobody"),
  );
  assert.deepEqual(WORKER_RESPONSES.map["1"].content_type.CLOSED_SESSIONS, {
    closed: 0,
    draining: 0,
  });
  assert.equal((await run("cluster", "close-sessions")).code, 2);
});
