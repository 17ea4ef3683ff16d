import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse, request } from "../support/http/raw_client.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("a GET reaches the backend with the forwarding headers in their order", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("GET /a?b=1 HTTP/1.1\r\nHost: app.test:8080\r\nAccept: */*\r\n\r\n");
  const response = await readResponse(wire);
  const port = (wire.conn.localAddr as Deno.NetAddr).port;
  const id = response.header("sozu-id") ?? "";
  assert.match(id, /^[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.equal(
    response.text,
    "GET /a?b=1 HTTP/1.1\r\nHost: app.test:8080\r\nAccept: */*\r\n" +
      "X-Forwarded-For: 127.0.0.1\r\n" +
      `Forwarded: proto=http;for="127.0.0.1:${port}";by=127.0.0.1\r\n` +
      `X-Forwarded-Port: ${proxy.port}\r\nX-Forwarded-Proto: http\r\n` +
      `X-Request-Id: ${id}\r\nSozu-Id: ${id}\r\n\r\n`,
  );
});

Deno.test("client headers keep order, the host becomes the second line, hop-by-hop ones go", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const { text } = await request(
    proxy.port,
    "GET / HTTP/1.1\r\nB:  2  \r\nConnection: x-hop, keep-alive\r\nHost: app.test\r\n" +
      "X-Hop: 1\r\nKeep-Alive: timeout=5\r\nX-Forwarded-For: 9.9.9.9\r\nX-Request-Id: mine\r\n\r\n",
  );
  assert.match(
    text,
    /^GET \/ HTTP\/1\.1\r\nHost: app\.test\r\nB: 2\r\nX-Forwarded-For: 9\.9\.9\.9, 127\.0\.0\.1\r\nX-Request-Id: mine\r\nForwarded: /,
  );
  assert.doesNotMatch(text, /hop|keep-alive/i);
  assert.equal(text.match(/X-Request-Id/g)?.length, 1);
});

Deno.test("bytes above 0x7f in values and reasons pass as they are, in both directions", async () => {
  await using origin = startOrigin({
    kind: "raw",
    bytes: "HTTP/1.1 200 Sch\xf6n\r\nX-Name: J\xc3\xbcrgen\r\nX-Edge: \xa0\x85\r\n" +
      "Content-Length: 2\r\n\r\nok",
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\nX-City: K\xc3\xb6ln\r\nX-L: \xe9\r\n\r\n");
  const response = await readResponse(wire);
  assert.equal(response.head.split("\r\n")[0], "HTTP/1.1 200 Sch\xf6n");
  assert.equal(response.header("x-name"), "J\xc3\xbcrgen");
  assert.match(response.head, /\r\nX-Edge: \xa0\x85\r\n/);
  assert.match(origin.requests[0]?.head ?? "", /\r\nX-City: K\xc3\xb6ln\r\nX-L: \xe9\r\n/);
});

Deno.test("keep-alive serves requests of one client over one backend connection", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "hello" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  for (let i = 0; i < 20; i++) {
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    assert.equal((await readResponse(wire)).text, "hello");
  }
  assert.equal(origin.accepted, 1);
  assert.equal(proxy.count("backend.pool.hit"), 19);
});

Deno.test("the connection pool is shared between clients", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "x" });
  await using proxy = await startProxy({ backends: [origin.address] });
  for (let i = 0; i < 5; i++) assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(origin.accepted, 1);
});

Deno.test("round robin gives every backend its turn", async () => {
  await using one = startOrigin({ kind: "fixed", body: "1" });
  await using two = startOrigin({ kind: "fixed", body: "2" });
  await using proxy = await startProxy({ backends: [one.address, two.address] });
  const seen: string[] = [];
  for (let i = 0; i < 6; i++) seen.push((await get(proxy.port, "app.test")).text);
  assert.deepEqual(seen, ["1", "2", "1", "2", "1", "2"]);
});

Deno.test("pipelined requests are answered in order", async () => {
  await using origin = startOrigin((seen) => ({ kind: "fixed", body: seen.target }));
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  const post = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n\r\nabc`;
  await wire.write(
    post("/1") + post("/2") + post("/3") + "GET /4 HTTP/1.1\r\nHost: app.test\r\n\r\n",
  );
  for (const path of ["/1", "/2", "/3", "/4"]) {
    assert.equal((await readResponse(wire)).text, path);
  }
  assert.deepEqual(origin.requests.map((it) => it.body.length), [3, 3, 3, 0]);
});

Deno.test("bytes behind a request without a body are the next request, not its body", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\n\r\nGET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 200);
  assert.equal((await readResponse(wire)).status, 404);
  assert.equal(origin.requests.length, 1);
});

Deno.test("HEAD, 204 and 304 end with their heads and keep the connection", async () => {
  await using origin = startOrigin((seen) =>
    seen.method === "HEAD"
      ? { kind: "raw", bytes: "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" }
      : { kind: "raw", bytes: `HTTP/1.1 ${seen.target.slice(1)} X\r\nETag: "e"\r\n\r\n` }
  );
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  for (const [method, path] of [["HEAD", "/"], ["GET", "/204"], ["GET", "/304"], ["HEAD", "/"]]) {
    await wire.write(`${method} ${path} HTTP/1.1\r\nHost: app.test\r\n\r\n`);
    const response = await readResponse(wire, { method: method as string });
    assert.equal(response.status, path === "/" ? 200 : Number(path?.slice(1)));
  }
  assert.equal(origin.accepted, 1);
});

Deno.test("a chunked response passes with its trailers", async () => {
  await using origin = startOrigin({
    kind: "chunked",
    chunks: ["hello ", "world"],
    trailers: [["X-Sum", "42"]],
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  const response = await get(proxy.port, "app.test");
  assert.equal(response.text, "hello world");
  assert.deepEqual(response.trailers, [["x-sum", "42"]]);
});

Deno.test("a chunked request passes with its trailers, in any fragments", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  const message = "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: 1\r\n\r\n";
  for (const byte of message) await wire.write(byte);
  assert.equal((await readResponse(wire)).text, "hello world");
  assert.deepEqual(origin.requests[0]?.trailers, [["x-t", "1"]]);
});

Deno.test("large bodies pass unchanged in both directions", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const body = new Uint8Array(1_000_000);
  for (let i = 0; i < body.length; i++) body[i] = (i * 7 + (i >> 8)) & 0xff;
  using wire = await connectRaw(proxy.port);
  const sending = wire.write(
    `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${body.length}\r\n\r\n`,
  ).then(() => wire.write(body));
  const response = await readResponse(wire, { deadlineMs: 20_000 });
  await sending;
  assert.deepEqual(response.body, body);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal((await readResponse(wire)).status, 200);
});

Deno.test("a head larger than the first buffer is served, and the next request too", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  for (const size of [3_000, 9_000, 14_000, 100]) {
    const value = "v".repeat(size);
    await wire.write(`GET / HTTP/1.1\r\nHost: app.test\r\nX-Big: ${value}\r\n\r\n`);
    assert.ok((await readResponse(wire)).text.includes(`X-Big: ${value}\r\n`));
  }
});

Deno.test("100-continue: the interim response reaches the client, then the body goes out", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 100);
  await wire.write("body");
  assert.equal((await readResponse(wire)).text, "body");
});

Deno.test("103 and the final response pass in order, also out of one read", async () => {
  const bytes = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" +
    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  await using origin = startOrigin({ kind: "raw", bytes });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await readResponse(wire)).status);
  assert.deepEqual(statuses, [103, 102, 200]);
});

Deno.test("a response without length ends with the connection, on both sides", async () => {
  const body = "x".repeat(48 * 1024);
  await using origin = startOrigin({
    kind: "raw",
    bytes: `HTTP/1.1 200 OK\r\n\r\n${body}`,
    close: true,
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const response = await readResponse(wire);
  assert.equal(response.header("connection"), "close");
  assert.equal(response.text, body);
});

Deno.test("keep-alive: the backend's wish to close does not close the client", async () => {
  await using origin = startOrigin({
    kind: "fixed",
    headers: [["Connection", "close"]],
    body: "bye",
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  for (let i = 0; i < 3; i++) {
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    const response = await readResponse(wire);
    assert.equal(response.text, "bye");
    assert.equal(response.header("connection"), undefined);
  }
  assert.equal(origin.accepted, 3);
});

Deno.test("keep-alive: the client's wish to close is granted, the backend connection stays", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "bye" });
  await using proxy = await startProxy({ backends: [origin.address] });
  for (let i = 0; i < 2; i++) {
    using wire = await connectRaw(proxy.port);
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
    assert.equal((await readResponse(wire)).header("connection"), "close");
    assert.equal((await wire.readToEnd()).length, 0);
  }
  assert.equal(origin.accepted, 1);
});

Deno.test("HTTP/1.0: closes by default, stays on request, and gets no chunks", async () => {
  await using origin = startOrigin((seen) =>
    seen.target === "/chunked"
      ? { kind: "chunked", chunks: ["ab", "cd"] }
      : { kind: "fixed", body: "one" }
  );
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n");
  assert.equal((await readResponse(wire)).header("connection"), "keep-alive");
  await wire.write("GET /chunked HTTP/1.0\r\nHost: app.test\r\n\r\n");
  const response = await readResponse(wire);
  assert.equal(response.header("transfer-encoding"), undefined);
  assert.equal(response.text, "abcd");
});

Deno.test("configuration changes apply to the next request of an open connection", async () => {
  await using one = startOrigin({ kind: "fixed", body: "1" });
  await using two = startOrigin({ kind: "fixed", body: "2" });
  await using proxy = await startProxy({ backends: [one.address] });
  using wire = await connectRaw(proxy.port);
  const ask = async () => {
    await wire.write("GET /api/x HTTP/1.1\r\nHost: app.test\r\n\r\n");
    return (await readResponse(wire)).text;
  };
  assert.equal(await ask(), "1");
  await proxy.addBackend("app", two.address);
  await proxy.removeBackend("app", one.address);
  assert.equal(await ask(), "2");
  await waitFor("idle connections of the removed backend to close", () => one.open === 0);
  await proxy.addFrontend("api", { hostname: "app.test", path: { kind: 0, value: "/api" } });
  await proxy.addBackend("api", one.address);
  assert.equal(await ask(), "1");
});
