import assert from "node:assert/strict";
import { scriptedOrigin, startOrigin } from "../support/origin.ts";
import { freePort } from "../support/ports.ts";
import { startProxy } from "../support/proxy.ts";
import { connectRaw, get, readResponse, request, sayUntilClosed } from "../support/raw_client.ts";
import { waitFor } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("no route answers 404 with the built-in body and closes", async () => {
  await using proxy = await startProxy();
  const text = await sayUntilClosed(proxy.port, "GET / HTTP/1.1\r\nHost: other.test\r\n\r\n");
  assert.match(text, /^HTTP\/1\.1 404 Not Found\r\n/);
  assert.match(text, /<h1>404 Not Found<\/h1>/);
});

Deno.test("a route without cluster answers 401, one without backends 503", async () => {
  await using proxy = await startProxy();
  await proxy.addFrontend(null, { hostname: "denied.test" });
  assert.equal((await get(proxy.port, "denied.test")).status, 401);
  assert.equal((await get(proxy.port, "app.test")).status, 503);
});

Deno.test("custom answers: the cluster's win over the listener's", async () => {
  const answer = (text: string) =>
    `HTTP/1.1 503 Service Unavailable\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
  await using proxy = await startProxy({
    listener: { answers: new Map([["503", answer("listener")]]) },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).text, "listener");
  await proxy.addCluster("app", { answers: new Map([["503", answer("cluster")]]) });
  await wire.write(GET);
  assert.equal((await readResponse(wire)).text, "cluster");
});

Deno.test("malformed requests get 400, the connection ends, others are not affected", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using bystander = await connectRaw(proxy.port);
  const bad = [
    "HELLO\r\n\r\n",
    "\r\n\r\n",
    "GET / HTTP/2.0\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: app.test:0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: app.test:65536\r\n\r\n",
    "G\xffT / HTTP/1.1\r\nHost: app.test\r\n\r\n",
    "GET / HTTP/1.1\nHost: app.test\n\n",
    "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nContent-Length: 10\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\nhello\r\n0\r\n\r\n",
  ];
  for (const bytes of bad) {
    const answer = await sayUntilClosed(proxy.port, bytes);
    assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/, JSON.stringify(bytes));
    await bystander.write(GET);
    assert.equal((await readResponse(bystander)).status, 200);
  }
  assert.equal(origin.requests.length, bad.length);
});

Deno.test("a chunk that turns out wrong after the head was sent ends the exchange with 400", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  );
  await waitFor("the backend connection", () => origin.accepted === 1);
  await wire.write("zz\r\n");
  assert.equal((await readResponse(wire)).status, 400);
  assert.equal(origin.requests.length, 0);
});

Deno.test("a head larger than the buffer is refused with 413 and reaches no backend", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const head = `GET / HTTP/1.1\r\nHost: app.test\r\nX: ${"a".repeat(64 * 1024)}\r\n\r\n`;
  assert.match(await sayUntilClosed(proxy.port, head), /^HTTP\/1\.1 413 /);
  assert.equal(origin.accepted, 0);
});

Deno.test("a refused backend is skipped, and alone answers 503", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const dead = `127.0.0.1:${freePort()}`;
  await using proxy = await startProxy({ backends: [dead, origin.address] });
  for (let i = 0; i < 4; i++) assert.equal((await get(proxy.port, "app.test")).status, 200);
  await proxy.removeBackend("app", origin.address);
  assert.equal((await get(proxy.port, "app.test")).status, 503);
  assert.equal(proxy.count("backend.connections.error"), 1);
});

Deno.test("a backend that closes or talks nonsense before a head answers 502", async () => {
  await using closing = startOrigin({ kind: "close" });
  await using babbling = startOrigin({ kind: "raw", bytes: "SSH-2.0-x\r\n" });
  await using proxy = await startProxy({ backends: [closing.address] });
  assert.equal((await get(proxy.port, "app.test")).status, 502);
  await proxy.addBackend("app", babbling.address);
  await proxy.removeBackend("app", closing.address);
  assert.equal((await get(proxy.port, "app.test")).status, 502);
});

Deno.test("a stale idle connection is replaced once for a request that may be repeated", async () => {
  await using origin = scriptedOrigin(async (wire, index) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + index);
    // Reads the second request and leaves without a byte: what a racing close looks like.
    await wire.readThrough("\r\n\r\n");
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).text, "0");
  await wire.write(GET);
  assert.equal((await readResponse(wire)).text, "1");
  assert.equal(proxy.count("http.retries"), 1);
  const post = "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\n\r\nx";
  await wire.write(post);
  assert.equal((await readResponse(wire)).status, 502);
});

Deno.test("an idle backend connection that closes is dropped without an error", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  for (let i = 1; i <= 3; i++) {
    const response = await request(
      proxy.port,
      "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\n\r\nx",
    );
    assert.equal(response.status, 200);
    await waitFor("the proxy to notice", () => origin.open === 0 && origin.accepted === i);
  }
});

Deno.test("a response cut short closes the client connection so that it notices", async () => {
  await using origin = startOrigin({ kind: "break-off", announced: 1000, sent: 10 });
  await using proxy = await startProxy({ backends: [origin.address] });
  const text = await sayUntilClosed(proxy.port, GET);
  assert.match(text, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(text, /HTTP\/1\.1 50/);
});

Deno.test("a response with broken chunks closes the client connection, without a second head", async () => {
  const bytes = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(bytes);
    await wire.write("xyz\r\n");
    await wire.readToEnd();
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  const text = await sayUntilClosed(proxy.port, GET);
  assert.doesNotMatch(text, /HTTP\/1\.1 50[0-9].*HTTP/s);
  assert.doesNotMatch(text, /\r\n0\r\n\r\n$/);
});

Deno.test("an early response is delivered and both connections close", async () => {
  await using origin = startOrigin({ kind: "early", status: 403, body: "no" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 100000\r\n\r\nabc");
  const response = await readResponse(wire);
  assert.equal(response.status, 403);
  assert.equal(response.text, "no");
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("a client that leaves while the backend works frees the backend", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startProxy({ backends: [origin.address] });
  {
    using wire = await connectRaw(proxy.port);
    await wire.write(GET);
    await waitFor("the request to arrive", () => origin.requests.length === 1);
  }
  await waitFor("the backend connection to close", () => origin.open === 0);
  await waitFor("the abort to be counted", () => proxy.count("client.aborts") === 1);
  assert.equal(proxy.count("client.connections"), 0);
});

Deno.test("max_connections: the next client is refused at once, others go on", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    server: { max_connections: 3n },
  });
  const held = [];
  for (let i = 0; i < 3; i++) {
    const wire = await connectRaw(proxy.port);
    held.push(wire);
    await wire.write(GET);
    assert.equal((await readResponse(wire)).status, 200);
  }
  assert.equal(await sayUntilClosed(proxy.port, GET).catch(() => ""), "");
  assert.equal(proxy.count("listener.connection_capped"), 1);
  for (const wire of held) {
    await wire.write(GET);
    assert.equal((await readResponse(wire)).status, 200);
    wire.close();
  }
  await waitFor("the connections to be gone", () => proxy.count("client.connections") === 0);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
});
