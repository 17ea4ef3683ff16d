// How many clients speak what inside TLS, and how long their handshakes took.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { measured } from "../support/observe/metrics.ts";
import { startOrigin } from "../support/http/origin.ts";
import type { TestPlane } from "../support/session/proxy.ts";
import { connectRaw, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure, shakeHands } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";

const APP = certificateFor(["app.test"]);
const CA = [APP.certificate];

const LEVELS = ["protocol.tls.handshake", "protocol.https", "protocol.wss", "protocol.http"];

/** The levels in the order above. */
function levels(proxy: TestPlane): number[] {
  return LEVELS.map((name) => proxy.count(name));
}

/** Handshakes that were timed. */
function handshakes({ plane }: TestPlane): number {
  const { proxy } = measured(plane.measurements);
  const inner = proxy.get("tls.handshake_ms")?.inner;
  if (inner?.kind !== "percentiles") return 0;
  const buckets = proxy.get("tls.handshake_ms_histogram")?.inner;
  assert.ok(buckets?.kind === "histogram");
  assert.equal(buckets.value.count, inner.value.samples);
  assert.ok(inner.value.p_100 < 5_000n, `${inner.value.p_100} ms for a handshake`);
  return Number(inner.value.samples);
}

Deno.test("clients inside TLS are in a handshake, then HTTPS, then perhaps WSS, then gone", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "websocket" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  const reach = (expected: number[]) =>
    waitFor(`${LEVELS} to be ${expected}`, () => `${levels(proxy)}` === `${expected}`);
  const shaking = await connectRaw(proxy.httpsPort);
  await reach([1, 0, 0, 0]);
  const [one, two] = await Promise.all([1, 2].map(() => {
    return connectSecure(proxy.httpsPort, "app.test", CA);
  }));
  assert.ok(one !== undefined && two !== undefined);
  await reach([1, 2, 0, 0]);
  await one.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  assert.equal((await readResponse(one)).status, 101);
  await reach([1, 1, 1, 0]);
  one.close();
  await reach([1, 1, 0, 0]);
  two.close();
  shaking.close();
  await reach([0, 0, 0, 0]);
});

Deno.test("handshakes that succeed are timed, at HTTPS and at TCP listeners", async () => {
  await using origin = scriptedOrigin(() => Promise.resolve());
  await using https = await startHttpsProxy({ certificates: [APP] });
  const { certificate, key } = APP;
  await using tcp = await startTcpProxy({
    backends: [origin.address],
    listener: { certificate, key },
  });
  for (const [proxy, port] of [[https, https.httpsPort], [tcp, tcp.port]] as const) {
    assert.equal(handshakes(proxy), 0);
    for (let i = 0; i < 3; i++) await shakeHands(port, "app.test");
    await waitFor("three handshakes", () => handshakes(proxy) === 3);
    await sayUntilClosed(port, "no handshake, this is nonsense\r\n");
    await waitFor(
      "the failure to be counted",
      () => proxy.count("tls.handshake.failed.invalid_message") === 1,
    );
    assert.equal(handshakes(proxy), 3);
  }
});
