import assert from "node:assert/strict";
import { RedirectPolicy } from "../../config/schema/messages.ts";
import { scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { socketAddress, startProxy } from "../support/session/proxy.ts";
import {
  connectRaw,
  get,
  readResponse,
  request,
  sayUntilClosed,
} from "../support/http/raw_client.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";

const CHUNKED = "Transfer-Encoding: chunked\r\n";
const POST = `POST / HTTP/1.1\r\nHost: app.test\r\n${CHUNKED}\r\n`;

/** Chunks with and without extensions that no buffer holds at once, and the same without extensions. */
function manyChunks(): { sent: string; kept: string } {
  let sent = "";
  let kept = "";
  for (let i = 0; i < 400; i++) {
    const data = String.fromCharCode(97 + i % 26).repeat(1 + i * 7 % 1500);
    const size = data.length.toString(16);
    const extension = [`;n=${i}`, "", " \t", `;a="${"x".repeat(i)};\\"${i}"`][i % 4];
    sent += `${size}${extension}\r\n${data}\r\n`;
    kept += `${size}\r\n${data}\r\n`;
  }
  return { sent: `${sent}0;last\r\nT: 1\r\n\r\n`, kept: `${kept}0\r\nT: 1\r\n\r\n` };
}

/** The relay frames bodies anew, the written-out path passes chunks on as they came. */
const KEEPS_CHUNKS = Deno.env.get("SOZU_TEST_FAST_PATH") !== "off";

/** A chunked body as it must look; where it was framed anew, its payload and its trailer section. */
function comparable(body: string): string {
  if (KEEPS_CHUNKS) return body;
  let payload = "";
  let at = 0;
  for (;;) {
    const [line = "", size = ""] = /^([0-9a-f]+)\r\n/.exec(body.slice(at, at + 20)) ?? [];
    assert.notEqual(line, "", `no size of a chunk at ${at}`);
    at += line.length;
    const length = parseInt(size, 16);
    if (length === 0) return payload + body.slice(at);
    payload += body.slice(at, at + length);
    assert.equal(body.slice(at + length, at + length + 2), "\r\n");
    at += length + 2;
  }
}

/** Writes in pieces whose ends fall everywhere. */
async function writePieces(wire: { write(text: string): Promise<void> }, text: string) {
  for (let at = 0, length = 1; at < text.length; at += length, length = length * 3 % 4099) {
    await wire.write(text.slice(at, at + length));
  }
}

Deno.test("chunk extensions of a request end at the proxy, however they arrive", async () => {
  const { sent, kept } = manyChunks();
  const received: string[] = [];
  await using origin = scriptedOrigin(async (wire) => {
    for (;;) {
      await wire.readThrough("\r\n\r\n");
      received.push(await wire.readThrough("0\r\nT: 1\r\n\r\n", 20_000));
      await wire.write("HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await writePieces(wire, POST + sent);
  assert.equal((await readResponse(wire)).text, "ok");
  await wire.write(`${POST}3;a=b\r\nabc\r\n0 \r\nT: 1\r\n\r\n`);
  assert.equal((await readResponse(wire)).text, "ok");
  const expected = [kept, "3\r\nabc\r\n0\r\nT: 1\r\n\r\n"];
  assert.deepEqual(received.map(comparable), expected.map(comparable));
  assert.equal(origin.accepted, 1);
});

Deno.test("chunk extensions of a response end at the proxy, inside TLS as well", async () => {
  const { sent, kept } = manyChunks();
  let answers = 0;
  await using origin = scriptedOrigin(async (wire) => {
    for (;;) {
      await wire.readThrough("\r\n\r\n");
      // Alternately in pieces and in one write, small enough to be answered at once.
      const body = answers++ % 2 === 0 ? sent : "3;a=b\r\nabc\r\n0;c\r\nT: 1\r\n\r\n";
      await writePieces(wire, `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n${body}`);
    }
  });
  const certificate = certificateFor(["app.test"]);
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [certificate],
  });
  using plain = await connectRaw(proxy.port);
  using secure = await connectSecure(proxy.httpsPort, "app.test", [certificate.certificate]);
  for (const wire of [plain, secure]) {
    for (let i = 0; i < 4; i++) {
      await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
      await wire.readThrough("\r\n\r\n");
      const body = await wire.readThrough("0\r\nT: 1\r\n\r\n", 20_000);
      const expected = i % 2 === 0 ? kept : "3\r\nabc\r\n0\r\nT: 1\r\n\r\n";
      assert.equal(comparable(body), comparable(expected));
    }
  }
  assert.equal(origin.accepted, 1, "the backend connection is kept");
  // An HTTP/1.0 client gets the payload alone.
  const old = await sayUntilClosed(proxy.port, "GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
  const payload = kept.split("\r\n").filter((_, i) => i % 2 === 1).slice(0, 400).join("");
  assert.equal(old.slice(old.indexOf("\r\n\r\n") + 4), payload);
});

Deno.test("a chunk extension that breaks the rules ends the request with 400", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address] });
  for (const size of ["3;a\nb", "3;a\rb", '3;a="b', `3;${"a".repeat(2000)}`, "3 3"]) {
    const text = await sayUntilClosed(proxy.port, `${POST}${size}\r\nabc\r\n0\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.1 400 /, JSON.stringify(size));
  }
});

Deno.test("an absolute target reaches the backend in origin-form, and its host decides", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addFrontend("app", { hostname: "host.test", path: { kind: 2, value: "/?q" } });
  const rows: readonly (readonly [string, string])[] = [
    ["GET http://app.test/x?y", "GET /x?y"],
    ["GET http://app.test", "GET /"],
    ["GET http://app.test?q", "GET /?q"],
    // Routed as it is sent: by `/?q`.
    ["GET http://host.test?q", "GET /?q"],
    ["OPTIONS http://app.test/", "OPTIONS /"],
  ];
  for (const [start, expected] of rows) {
    const { status, text } = await request(
      proxy.port,
      `${start} HTTP/1.1\r\nA: 1\r\nHost: other.test\r\n\r\n`,
    );
    assert.equal(status, 200, start);
    const host = start.includes("host.test") ? "host.test" : "app.test";
    assert.ok(text.startsWith(`${expected} HTTP/1.1\r\nHost: ${host}\r\nA: 1\r\n`), text);
  }
  const { status } = await request(
    proxy.port,
    "GET http://app.test/ HTTP/1.1\r\nHost: a/b\r\n\r\n",
  );
  assert.equal(status, 400);
});

Deno.test("a target that was completed survives the growth of the buffer it came in", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  const late = `GET /late HTTP/1.1\r\nHost: app.test\r\nX: ${"x".repeat(9000)}\r\n\r\n`;
  await wire.write(`GET http://app.test?q HTTP/1.1\r\nHost: app.test\r\nB: 2\r\n\r\n${late}`);
  assert.match((await readResponse(wire)).text, /^GET \/\?q HTTP\/1\.1\r\nHost: app.test\r\nB: 2/);
  assert.match((await readResponse(wire)).text, /^GET \/late HTTP/);
});

Deno.test("hosts are routed without port, final dot and case, and passed on as they came", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  for (const hostname of ["a_b.test", "[::1]", "dot.test.", "*.wild.test."]) {
    await proxy.addFrontend("app", { hostname });
  }
  const hosts = ["app.test.", "APP.test:", "app.test.:80", "a_b.test:8080", "[::1]", "[::1]:8080"];
  hosts.push("[::1]:", "dot.test", "dot.test.", "x.wild.test", "x.wild.test.:1");
  for (const host of hosts) {
    const { status, text } = await get(proxy.port, host);
    assert.equal(status, 200, host);
    assert.ok(text.startsWith(`GET / HTTP/1.1\r\nHost: ${host}\r\n`), text);
  }
  for (const host of ["app.test..", "[::2]", "x_y.test"]) {
    assert.equal((await get(proxy.port, host)).status, 404, host);
  }
  for (const host of ["[::1", "[::1]:0", "app.test:x", "."]) {
    assert.equal((await get(proxy.port, host)).status, 400, host);
  }
  await proxy.addFrontend(null, { hostname: "[::3]", redirect: RedirectPolicy.FOUND });
  const moved = await get(proxy.port, "[::3]:8080", "/x");
  assert.equal(moved.header("location"), "http://[::3]/x");
});

Deno.test("rewrites that render no valid host or path are answered 400 and counted", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const regex = (value: string) => ({ kind: 1, value });
  await proxy.addFrontend("app", {
    hostname: "path.test",
    path: { kind: 0, value: "/p" },
    rewrite_path: "$PATH[1]",
  });
  await proxy.addFrontend("app", {
    hostname: "host.test",
    path: regex("/([^?]*)(.*)"),
    rewrite_host: "$PATH[1]",
  });
  await proxy.addFrontend("app", {
    hostname: "moved.test",
    path: regex("/([^?]*)(.*)"),
    rewrite_host: "$PATH[1]",
    redirect: RedirectPolicy.FOUND,
  });
  await proxy.addFrontend("app", { hostname: "all.test", rewrite_path: "$PATH[0]" });
  const bad: readonly (readonly [string, string])[] = [
    ["path.test", "/p"],
    ["path.test", "/pevil"],
    ["path.test", "/p*"],
    ["path.test", "/phttp://internal/"],
    ["path.test", "/p?x"],
    ["host.test", "/"],
    ["host.test", "/a/b@c:99"],
    ["host.test", "/a:99999"],
    ["host.test", "/u@a"],
    ["host.test", "/."],
    ["host.test", "/[::1"],
    ["moved.test", "/evil.test/b@c"],
    ["moved.test", "/"],
  ];
  for (const [host, path] of bad) {
    assert.equal((await get(proxy.port, host, path)).status, 400, `${host} ${path}`);
  }
  assert.equal(proxy.count("http.invalid_rewrites"), bad.length);
  assert.equal(origin.requests.length, 0);
  const good: readonly (readonly [string, string, string])[] = [
    ["path.test", "/p/x?y", "GET /x?y HTTP/1.1\r\nHost: path.test\r\n"],
    ["host.test", "/b.test:80?x", "GET /b.test:80?x HTTP/1.1\r\nHost: b.test:80\r\n"],
    ["host.test", "/[::1]:80", "GET /[::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"],
    ["all.test", "/x", "GET /x HTTP/1.1\r\nHost: all.test\r\n"],
  ];
  for (const [host, path, expected] of good) {
    const { text } = await get(proxy.port, host, path);
    assert.ok(text.startsWith(expected), text);
  }
  // An absolute target is no way around a rewrite.
  const { text } = await request(
    proxy.port,
    "GET http://host.test/inner.test HTTP/1.1\r\nHost: host.test\r\n\r\n",
  );
  assert.ok(text.startsWith("GET /inner.test HTTP/1.1\r\nHost: inner.test\r\n"), text);
  const { text: whole } = await request(
    proxy.port,
    "GET http://all.test?x HTTP/1.1\r\nHost: host.test\r\n\r\n",
  );
  assert.ok(whole.startsWith("GET /?x HTTP/1.1\r\nHost: all.test\r\n"), whole);
});

Deno.test("426 keeps Upgrade; 204 and 304 lose their framing; a missing reason is no fault", async () => {
  const rows: readonly (readonly [string, RegExp, RegExp | null])[] = [
    [
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n",
      /^HTTP\/1\.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\nConnection: upgrade\r\n/,
      /Connection: close/,
    ],
    [
      "HTTP/1.1 403 No\r\nUpgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 0\r\n",
      /^HTTP\/1\.1 403 No\r\nContent-Length: 0\r\n/,
      /upgrade/i,
    ],
    ["HTTP/1.1 200\r\nContent-Length: 0\r\n", /^HTTP\/1\.1 200 \r\nContent-Length: 0\r\n/, null],
    [`HTTP/1.1 204 N\r\n${CHUNKED}`, /^HTTP\/1\.1 204 N\r\n/, /transfer-encoding/i],
    ["HTTP/1.1 204 N\r\nContent-Length: 0\r\n", /^HTTP\/1\.1 204 N\r\n/, /content-length/i],
    [`HTTP/1.1 304 N\r\n${CHUNKED}ETag: 1\r\n`, /\r\nETag: 1\r\n/, /transfer-encoding/i],
    ["HTTP/1.1 200 OK\r\nContent-Length:\t0 \r\n", /\r\nContent-Length: 0\r\n/, null],
    [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
      /^HTTP\/1\.1 502 Bad Gateway\r\n/,
      null,
    ],
  ];
  let index = 0;
  await using origin = startOrigin(() => ({
    kind: "raw",
    bytes: `${rows[index]?.[0]}\r\n`,
  }));
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  for (const [answer, wanted, unwanted] of rows) {
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    const head = await wire.readThrough("\r\n\r\n");
    assert.match(head, wanted, answer);
    if (unwanted !== null) assert.doesNotMatch(head, unwanted, answer);
    index++;
  }
});

Deno.test("allow_obs_text decides about bytes above 127 in values of requests, not of responses", async () => {
  await using origin = startOrigin({
    kind: "fixed",
    headers: [["X", "\xc3\xa9"]],
    body: "ok",
  });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { allow_obs_text: false },
  });
  const address = socketAddress(`127.0.0.1:${proxy.port}`);
  const ask = async () => {
    const inHead = "GET / HTTP/1.1\r\nHost: app.test\r\nX: \xc3\xa9\r\n\r\n";
    const inTrailer = `${POST}3\r\nabc\r\n0\r\nX: \xe9\r\n\r\n`;
    const plain = await get(proxy.port, "app.test");
    assert.equal(plain.status, 200);
    assert.equal(plain.header("x"), "\xc3\xa9");
    return [
      (await request(proxy.port, inHead)).status,
      (await request(proxy.port, inTrailer)).status,
    ];
  };
  assert.deepEqual(await ask(), [400, 400]);
  for (const allow_obs_text of [true, false]) {
    await proxy.apply({
      kind: "update_http_listener",
      value: { address, answers: new Map(), allow_obs_text },
    });
    assert.deepEqual(await ask(), allow_obs_text ? [200, 200] : [400, 400]);
  }
});
