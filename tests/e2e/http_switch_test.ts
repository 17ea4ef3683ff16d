// What a connection turns into, and when: a body before an upgrade, switches that nobody asked for.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";
import { latin1, type Wire } from "../support/session/wire.ts";

const SWITCH = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
  "Connection: upgrade\r\n\r\n";

/** Answers every head with `answer` at once and keeps what comes behind the head. */
function switchingOrigin(answer: string): { origin: ScriptedOrigin; heard: () => string } {
  let heard = "";
  const origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(answer);
    while (!wire.ended) heard += latin1(await wire.readSome(10_000));
  });
  return { origin, heard: () => heard };
}

const UPLOAD = "POST /up HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n" +
  "Upgrade: websocket\r\nContent-Length: 1000\r\n\r\n";

async function uploadThenSwitch(
  wire: Wire,
  proxy: TestProxy,
  heard: () => string,
): Promise<void> {
  const body = Array.from({ length: 250 }, (_, i) => String(i).padStart(4, "0")).join("");
  await wire.write(UPLOAD);
  await waitFor("the request", () => proxy.count("http.requests") === 1);
  await wire.write(body.slice(0, 400));
  await waitFor("the first part", () => heard().length >= 400);
  await wire.write(body.slice(400) + "tunnel");
  assert.equal((await readResponse(wire)).status, 101);
  await wire.write(" goes on");
  const expected = body + "tunnel goes on";
  await waitFor("all of it", () => heard().length >= expected.length);
  assert.equal(heard(), expected);
}

Deno.test("a request body is complete before the tunnel behind its upgrade begins", async () => {
  const { origin, heard } = switchingOrigin(SWITCH);
  await using _ = origin;
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await uploadThenSwitch(wire, proxy, heard);
});

Deno.test("a request body is complete before the tunnel behind its upgrade begins, inside TLS", async () => {
  const { origin, heard } = switchingOrigin(SWITCH);
  await using _ = origin;
  const certificate = certificateFor(["app.test"]);
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [certificate],
  });
  using wire = await connectSecure(proxy.httpsPort, "app.test", [certificate.certificate]);
  await uploadThenSwitch(wire, proxy, heard);
});

Deno.test("an upgrade whose request body turns out malformed is answered 400", async () => {
  const { origin, heard } = switchingOrigin(SWITCH);
  await using _ = origin;
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    UPLOAD.replace("Content-Length: 1000", "Transfer-Encoding: chunked") + "3\r\nabc\r\n",
  );
  await waitFor("the first chunk", () => heard() === "3\r\nabc\r\n");
  await wire.write("nonsense\r\n");
  assert.equal((await readResponse(wire)).status, 400);
  await wire.readToEnd();
  await waitFor("the backend side to close", () => origin.open === 0);
  assert.equal(heard(), "3\r\nabc\r\n");
  assert.equal(proxy.count("http.upgrades"), 0);
});

Deno.test("an upgrade whose request body never ends is answered when the time is over", async () => {
  const { origin, heard } = switchingOrigin(SWITCH);
  await using _ = origin;
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { back_timeout: 1 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPLOAD + "part");
  const { status } = await readResponse(wire);
  assert.ok(status === 504 || status === 408, String(status));
  await waitFor("both connections to be gone", () => {
    return origin.open === 0 && proxy.count("client.connections") === 0;
  });
  assert.equal(heard(), "part");
});

Deno.test("an upgrade whose backend leaves before it has the body is answered 502", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(SWITCH);
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPLOAD);
  await waitFor("the backend to leave", () => origin.accepted === 1 && origin.open === 0);
  for (let sent = 0; sent < 900; sent += 300) {
    await wire.write("x".repeat(300));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal((await readResponse(wire)).status, 502);
  assert.equal(proxy.count("http.upgrades"), 0);
});

/** Requests that ask for no upgrade, or for none that is passed on, or for another than is granted. */
const UNASKED: readonly (readonly [string, string])[] = [
  ["GET", "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"],
  ["POST", "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody"],
  ["POST in parts", "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 9\r\n\r\nbody"],
  [
    "HTTP/1.0",
    "GET / HTTP/1.0\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
  ],
  ["no Connection", "GET / HTTP/1.1\r\nHost: app.test\r\nUpgrade: websocket\r\n\r\n"],
  ["another", "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
  ["h2c", "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"],
];

Deno.test("a 101 that nobody asked for is answered 502, and opens nothing", async () => {
  for (const protocol of ["websocket", "h2c"]) {
    const { origin, heard } = switchingOrigin(SWITCH.replace("websocket", protocol));
    await using _ = origin;
    await using proxy = await startProxy({ backends: [origin.address] });
    let refused = 0;
    for (const [name, request] of UNASKED) {
      using wire = await connectRaw(proxy.port);
      await wire.write(request);
      assert.equal((await readResponse(wire)).status, 502, name);
      await wire.write("GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n").catch(() => {});
      await wire.readToEnd();
      assert.equal(proxy.count("http.upgrades_unasked"), ++refused, name);
      await waitFor("the backend side to close", () => origin.open === 0);
    }
    assert.doesNotMatch(heard(), /hidden/);
    assert.equal(proxy.count("http.upgrades"), 0);
  }
});

Deno.test("a 101 that names no protocol is answered 502", async () => {
  const { origin } = switchingOrigin("HTTP/1.1 101 Switching Protocols\r\n\r\n");
  await using _ = origin;
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPLOAD.replace("Content-Length: 1000\r\n", ""));
  assert.equal((await readResponse(wire)).status, 502);
});
