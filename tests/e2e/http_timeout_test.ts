import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";
import { pause } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("a silent new client gets 408 after the request timeout", async () => {
  await using proxy = await startProxy({ listener: { request_timeout: 1, front_timeout: 60 } });
  assert.match(await sayUntilClosed(proxy.port, "GET / HT"), /^HTTP\/1\.1 408 /);
});

Deno.test("drips of a head do not extend the request timeout", async () => {
  await using proxy = await startProxy({ listener: { request_timeout: 1, front_timeout: 60 } });
  using wire = await connectRaw(proxy.port);
  const start = performance.now();
  const answer = readResponse(wire);
  let dripping = true;
  const drip = (async () => {
    for (let i = 0; dripping && i < 100; i++) {
      await wire.write(i === 0 ? "GET /" : "a").catch(() => dripping = false);
      await pause(100);
    }
  })();
  assert.equal((await answer).status, 408);
  assert.ok(performance.now() - start < 3_000);
  dripping = false;
  await drip;
});

Deno.test("an idle keep-alive client gets 408 after the front timeout", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { front_timeout: 1 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).status, 200);
  assert.equal((await readResponse(wire)).status, 408);
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("a backend that does not answer gives 504 after the back timeout", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { back_timeout: 1 },
  });
  assert.equal((await get(proxy.port, "app.test")).status, 504);
});

Deno.test("a backend that goes silent in the middle of a body cuts the response", async () => {
  await using origin = startOrigin({
    kind: "raw",
    bytes: "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
  });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { back_timeout: 1 },
  });
  const text = await sayUntilClosed(proxy.port, GET);
  assert.match(text, /\r\n\r\nabc$/);
});

Deno.test("a client that stops reading is cut after the front timeout, and reading from the backend stops", async () => {
  await using origin = startOrigin({ kind: "fixed", body: new Uint8Array(16_000_000) });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { front_timeout: 1 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  // Let the proxy run into the full socket and its deadline before the first byte is read here.
  while (proxy.count("http.timeouts") === 0) await pause(20);
  assert.ok(proxy.count("bytes_out") < 10_000_000);
  const received = await wire.readToEnd();
  assert.ok(received.length < 16_000_000);
});

Deno.test("a client that does not read an interim response is cut as well", async () => {
  const hint = `HTTP/1.1 103 Early Hints\r\nLink: <${"x".repeat(8_000)}>\r\n\r\n`;
  await using origin = startOrigin({ kind: "raw", bytes: hint.repeat(2_000) });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { front_timeout: 1, back_timeout: 1 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  while (proxy.count("client.connections") !== 0) await pause(20);
  assert.ok(proxy.count("http.timeouts") >= 1);
});
