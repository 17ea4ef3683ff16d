import assert from "node:assert/strict";
import { type H2Request, reply, startH2Origin } from "../support/h2/node_origin.ts";
import { connectRaw, get, readResponse, request } from "../support/http/raw_client.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const HOST = "Host: app.test\r\n";
const MEBIBYTE = 1024 * 1024;

/** A proxy whose cluster speaks HTTP/2 to these backends. */
async function h2Proxy(...backends: string[]): Promise<TestProxy> {
  const proxy = await startProxy({ backends });
  await proxy.addCluster("app", { http2: true });
  return proxy;
}

function bytesOf(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, i) => (i * 31 + (i >> 8)) & 0xff);
}

Deno.test("a request of HTTP/1.1 reaches a backend of HTTP/2, and its response comes back", async () => {
  await using origin = await startH2Origin((seen) =>
    reply(seen, 200, "hello", { "content-type": "text/plain", "x-one": "1" })
  );
  await using proxy = await h2Proxy(origin.address);
  const response = await request(
    proxy.port,
    `GET /a?b=c HTTP/1.1\r\n${HOST}X-Two: 2\r\nConnection: x-hop\r\nX-Hop: 1\r\nTE: gzip\r\n\r\n`,
  );
  assert.match(response.head, /^HTTP\/1\.1 200 FromH2\r\n/);
  assert.equal(response.text, "hello");
  assert.equal(response.header("x-one"), "1");
  assert.equal(response.header("transfer-encoding"), "chunked");
  assert.match(response.header("sozu-id") ?? "", /^[0-9A-Z]{26}$/);
  const [seen] = origin.requests as [H2Request];
  assert.deepEqual([seen.method, seen.path], ["GET", "/a?b=c"]);
  assert.equal(seen.headers[":authority"], "app.test");
  assert.equal(seen.headers[":scheme"], "http");
  assert.equal(seen.headers["x-two"], "2");
  assert.equal(seen.headers["x-forwarded-proto"], "http");
  assert.equal(seen.headers["x-forwarded-for"], "127.0.0.1");
  for (const gone of ["connection", "host", "x-hop", "te"]) assert.ok(!(gone in seen.headers));
});

Deno.test("responses without content are over with their heads, and the client asks on", async () => {
  await using origin = await startH2Origin((seen) => {
    const status = Number(seen.path.slice(1));
    const length = status === 304 ? { "content-length": "55" } : {};
    seen.stream.respond({ ":status": status, ...length }, { endStream: true });
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  for (const status of [204, 304, 200, 204]) {
    const start = performance.now();
    await wire.write(`GET /${status} HTTP/1.1\r\n${HOST}\r\n`);
    const response = await readResponse(wire);
    assert.equal(response.status, status);
    assert.equal(response.body.length, 0);
    assert.equal(response.header("content-length"), { 304: "55", 200: "0" }[status]);
    assert.equal(response.header("transfer-encoding"), undefined);
    assert.ok(performance.now() - start < 1_000);
  }
  assert.equal(wire.buffered, "");
  await waitFor("no request to be active", () => proxy.count("http.active_requests") === 0);
  assert.equal(origin.accepted, 1);
});

Deno.test("a response to HEAD has a head only", async () => {
  await using origin = await startH2Origin((seen) =>
    seen.stream.respond({ ":status": 200, "content-length": "12345" }, { endStream: true })
  );
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  for (let i = 0; i < 2; i++) {
    await wire.write(`HEAD / HTTP/1.1\r\n${HOST}\r\n`);
    const response = await readResponse(wire, { method: "HEAD" });
    assert.equal(response.header("content-length"), "12345");
    assert.equal(wire.buffered, "");
  }
});

Deno.test("bodies of a mebibyte go both ways, byte by byte, with any framing", async () => {
  await using origin = await startH2Origin(async (seen) => {
    const body = await seen.body();
    const length = seen.path === "/length" ? { "content-length": String(body.length) } : {};
    reply(seen, 200, body, length);
  });
  await using proxy = await h2Proxy(origin.address);
  const body = bytesOf(MEBIBYTE);
  using wire = await connectRaw(proxy.port);
  await wire.write(`POST /length HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n`);
  const [sized] = await Promise.all([readResponse(wire), wire.write(body)]);
  assert.equal(sized.header("content-length"), String(body.length));
  assert.deepEqual(sized.body, body);
  await wire.write(`POST /chunks HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`);
  const size = body.length.toString(16);
  const chunks = wire.write(`${size}\r\n`).then(() => wire.write(body))
    .then(() => wire.write("\r\n0\r\n\r\n"));
  const [chunked] = await Promise.all([readResponse(wire), chunks]);
  assert.equal(chunked.header("transfer-encoding"), "chunked");
  assert.deepEqual(chunked.body, body);
  assert.equal(origin.accepted, 1);
});

Deno.test("trailers pass both ways", async () => {
  await using origin = await startH2Origin(async (seen) => {
    seen.stream.respond({ ":status": 200 }, { waitForTrailers: true });
    seen.stream.on("wantTrailers", () => seen.stream.sendTrailers({ "x-sum": "42", "x-two": "b" }));
    seen.stream.end(await seen.body());
  });
  await using proxy = await h2Proxy(origin.address);
  const response = await request(
    proxy.port,
    `POST / HTTP/1.1\r\n${HOST}TE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n` +
      "3\r\nabc\r\n0\r\nX-Check: 7\r\n\r\n",
  );
  assert.equal(response.text, "abc");
  assert.deepEqual(response.trailers, [["x-sum", "42"], ["x-two", "b"]]);
  assert.equal(origin.requests[0]?.trailers["x-check"], "7");
  assert.equal(origin.requests[0]?.headers["te"], "trailers");
});

Deno.test("interim responses come before the final one", async () => {
  await using origin = await startH2Origin(async (seen) => {
    if (seen.headers["expect"] !== undefined) seen.stream.additionalHeaders({ ":status": 100 });
    seen.stream.additionalHeaders({ ":status": 103, link: "</a.css>" });
    reply(seen, 200, await seen.body());
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(`POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
  assert.equal((await readResponse(wire)).status, 100);
  const hints = await readResponse(wire);
  assert.deepEqual([hints.status, hints.header("link")], [103, "</a.css>"]);
  await wire.write("ok");
  assert.equal((await readResponse(wire)).text, "ok");
});

Deno.test("a client of HTTP/1.0 gets what it understands", async () => {
  await using origin = await startH2Origin((seen) => {
    seen.stream.additionalHeaders({ ":status": 103 });
    reply(seen, 200, "plain");
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(`GET / HTTP/1.0\r\n${HOST}\r\n`);
  const all = latin1(await wire.readToEnd());
  assert.match(all, /^HTTP\/1\.1 200 FromH2\r\n[^]*\r\n\r\nplain$/);
  assert.doesNotMatch(all, /transfer-encoding/i);
});

Deno.test("clients share a connection to a backend, which counts as one", async () => {
  const gate = Promise.withResolvers<void>();
  await using origin = await startH2Origin(async (seen) => {
    await gate.promise;
    reply(seen, 200, seen.path);
  });
  await using proxy = await h2Proxy(origin.address);
  const answers = Array.from({ length: 20 }, (_, i) => get(proxy.port, "app.test", `/${i}`));
  await waitFor("all requests to arrive", () => origin.requests.length === 20);
  assert.equal(proxy.count("connections_per_backend"), 1);
  gate.resolve();
  const texts = (await Promise.all(answers)).map(({ text }) => text);
  assert.deepEqual(texts, Array.from({ length: 20 }, (_, i) => `/${i}`));
  assert.equal(origin.accepted, 1);
});

Deno.test("the version of a cluster can be changed while it is in use", async () => {
  await using modern = await startH2Origin((seen) => reply(seen, 200, "two"));
  await using proxy = await startProxy({ backends: [modern.address] });
  using wire = await connectRaw(proxy.port);
  const ask = async () => {
    await wire.write(`GET / HTTP/1.1\r\n${HOST}\r\n`);
    return await readResponse(wire);
  };
  await proxy.addCluster("app", { http2: true });
  assert.equal((await ask()).text, "two");
  await proxy.addCluster("app", { http2: false });
  assert.equal((await ask()).status, 502);
});

Deno.test("a backend that cannot be reached is left for another, and 503 when there is none", async () => {
  await using origin = await startH2Origin((seen) => reply(seen, 200, "here"));
  const gone = await startH2Origin(() => {});
  await gone.stop();
  await using proxy = await h2Proxy(gone.address, origin.address);
  for (let i = 0; i < 4; i++) assert.equal((await get(proxy.port, "app.test")).text, "here");
  await proxy.removeBackend("app", origin.address);
  assert.equal((await get(proxy.port, "app.test")).status, 503);
});
