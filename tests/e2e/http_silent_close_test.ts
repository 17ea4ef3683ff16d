// Routes that close without an answer: what clients see of them, and what is said about it.

import assert from "node:assert/strict";
import { RedirectPolicy } from "../../config/schema/messages.ts";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { getFields, H2Client, requestFields } from "../support/h2/h2_client.ts";
import { data, headers } from "../support/h2/frames.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw, get, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { startProxy } from "../support/session/proxy.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { CERTIFICATE } from "../support/h2/front.ts";
import { connectSecure } from "../support/tls/tls_client.ts";

const SILENT = { redirect: RedirectPolicy.SILENT_CLOSE, required_auth: true };

Deno.test("a silent route closes a connection of HTTP/1 without a byte, with and without a cluster", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "never" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await using log = logAccess(proxy);
  await proxy.addFrontend("app", {
    hostname: "owned.test",
    tags: new Map([["a", "b"]]),
    ...SILENT,
  });
  await proxy.addFrontend(null, { hostname: "free.test", ...SILENT });
  for (const host of ["owned.test", "free.test"]) {
    assert.equal(await sayUntilClosed(proxy.port, `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`), "");
  }
  const connect = "CONNECT owned.test:443 HTTP/1.1\r\nHost: owned.test:443\r\n\r\n";
  assert.equal(await sayUntilClosed(proxy.port, connect), "");
  const lines = await log.lines(3);
  const told = lines.map((line) =>
    [line.level, line.status, line.message, line.reason, line.cluster_id, line.path, line.tags?.a]
      .map(String).join()
  );
  assert.ok(lines.every(({ backend_id }) => backend_id === undefined));
  assert.deepEqual(told, [
    "INFO,444,silent_close,silent_close,app,/x,b",
    "INFO,444,silent_close,silent_close,undefined,/x,undefined",
    "INFO,444,silent_close,silent_close,app,/,b",
  ]);
  assert.equal(lines[0]?.bytes_out, 0);
  assert.equal(origin.accepted, 0);
  assert.equal(proxy.count("http.default_answers"), 0);
  assert.equal(proxy.count("http.e2e.http11"), 0);
  assert.equal(proxy.count("http.active_requests"), 0);
});

Deno.test("a silent close costs a client no earlier answer, whatever it is still sending", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "hello" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addFrontend(null, { hostname: "silent.test", ...SILENT });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n" +
      "POST / HTTP/1.1\r\nHost: silent.test\r\nExpect: 100-continue\r\nContent-Length: 300000\r\n\r\n" +
      "x".repeat(100_000),
  );
  await wire.write("x".repeat(100_000));
  assert.equal((await readResponse(wire)).text, "hello");
  assert.equal((await wire.readToEnd()).length, 0);
  assert.equal(origin.accepted, 1);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
});

Deno.test("a silent route of HTTPS closes a connection of HTTP/1 without a byte", async () => {
  await using proxy = await startHttpsProxy({ certificates: [CERTIFICATE], hosts: [] });
  await proxy.addHttpsFrontend("app.test", SILENT);
  using wire = await connectSecure(proxy.httpsPort, "app.test", [CERTIFICATE.certificate]);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("a silent route cancels its stream of HTTP/2 and spares the others", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "hello" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { h2c_prior_knowledge: true },
  });
  await using log = logAccess(proxy);
  await proxy.addFrontend("app", { path: { kind: 0, value: "/silent" }, ...SILENT });
  await using client = await H2Client.open(proxy.port, "clear");
  const silent = await client.ask(1, getFields("/silent"));
  assert.deepEqual([silent.reset, silent.sections.length, silent.ended], [
    ErrorCode.CANCEL,
    0,
    false,
  ]);
  // A body is on its way.
  await client.send(
    headers(3, requestFields("POST", "/silent"), false),
    data(3, 1000),
  );
  assert.equal((await client.finished(3)).reset, ErrorCode.CANCEL);
  assert.equal((await client.ask(5, getFields("/"))).text, "hello");
  const lines = await log.lines(3);
  assert.deepEqual(
    lines.map(({ level, status, message }) => [level, status, message]),
    [["INFO", 444, "silent_close"], ["INFO", 444, "silent_close"], ["INFO", 200, "H2::Complete"]],
  );
  assert.equal(origin.accepted, 1);
});
