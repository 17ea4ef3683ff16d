// Uploads that are slow but steady, and what a listener may ask of them.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import { pause } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

const TIMEOUTS = { front_timeout: 1, back_timeout: 1, request_timeout: 1 };
const PIECES = 8;
const APP = certificateFor(["app.test"]);

/** Half the timeouts between two pieces, four times the timeouts in all. */
async function drip(wire: Wire): Promise<void> {
  await wire.write(`POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${PIECES * 100}\r\n\r\n`);
  for (let i = 0; i < PIECES; i++) {
    await pause(300);
    await wire.write("x".repeat(100));
  }
}

Deno.test("a slow but steady upload is served", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [origin.address], listener: TIMEOUTS });
  using wire = await connectRaw(proxy.port);
  await drip(wire);
  const response = await readResponse(wire);
  assert.equal(response.status, 200);
  assert.equal(response.text.length, PIECES * 100);
  assert.equal(proxy.count("http.timeouts"), 0);
});

Deno.test("upload_min_bytes: an upload that is slower gets 408, and its backend is not to blame", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { ...TIMEOUTS, upload_min_bytes: 4096 },
  });
  using wire = await connectRaw(proxy.port);
  const dripping = drip(wire).catch(() => {});
  const response = await readResponse(wire);
  assert.equal(response.status, 408);
  assert.equal(response.header("connection"), "close");
  await dripping;
});

Deno.test("upload_min_bytes: an update is for new connections, over TLS as well", async () => {
  await using origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    https: TIMEOUTS,
    certificates: [APP],
  });
  using before = await connectSecure(proxy.httpsPort, "app.test", [APP.certificate]);
  await before.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal((await readResponse(before)).status, 200);
  await proxy.updateHttps({ upload_min_bytes: 4096 });
  using after = await connectSecure(proxy.httpsPort, "app.test", [APP.certificate]);
  const [, , served, refused] = await Promise.all([
    drip(before),
    drip(after).catch(() => {}),
    readResponse(before),
    readResponse(after),
  ]);
  assert.deepEqual([served.status, refused.status], [200, 408]);
});

Deno.test("upload_min_bytes: a backend that does not read is not taken for a slow client", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { ...TIMEOUTS, upload_min_bytes: 4096 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\n");
  await pause(100);
  await wire.write("done");
  assert.equal((await readResponse(wire)).status, 504);
});
