import { deepEqual, equal } from "node:assert/strict";
import { Backend, LoadMetric, parseBackendAddress } from "./backend.ts";

function backendAt(text: string): Backend {
  const address = parseBackendAddress(text);
  if (address === null) throw new Error(`"${text}" was refused`);
  return new Backend({ id: "b", address, stickyId: null, weight: null, backup: false }, 0);
}

Deno.test("parseBackendAddress() splits both families", () => {
  deepEqual(parseBackendAddress("127.0.0.1:80"), {
    text: "127.0.0.1:80",
    host: "127.0.0.1",
    port: 80,
  });
  deepEqual(parseBackendAddress("[::1]:8080"), { text: "[::1]:8080", host: "::1", port: 8080 });
});

Deno.test("parseBackendAddress() refuses what has no host or no port", () => {
  for (
    const text of ["", ":80", "127.0.0.1", "127.0.0.1:", "1:65536", "::1:80", "[]:1", "[1.2.3.4]:1"]
  ) {
    equal(parseBackendAddress(text), null, text);
  }
});

Deno.test("Backend counts never fall below zero", () => {
  const backend = backendAt("127.0.0.1:80");
  backend.connectionClosed();
  backend.requestEnded();
  equal(backend.activeConnections, 0);
  equal(backend.activeRequests, 0);
});

Deno.test("Backend.load() reads the metric asked for", () => {
  const backend = backendAt("127.0.0.1:80");
  backend.connectionOpened();
  backend.requestStarted();
  backend.requestStarted();
  backend.observeConnectionTime(80, 0);
  equal(backend.load(LoadMetric.CONNECTIONS, 0), 1);
  equal(backend.load(LoadMetric.REQUESTS, 0), 2);
  equal(backend.load(LoadMetric.CONNECTION_TIME, 0), 2 * 80 * 1e6);
});

Deno.test("Backend.available requires healthy, not removed and not down", () => {
  const thresholds = { healthy: 1, unhealthy: 1 };
  const backend = backendAt("127.0.0.1:80");
  equal(backend.available, true);
  backend.retry.fail(0, () => 0);
  equal(backend.available, true);
  equal(backend.canOpen(0), false);
  equal(backend.canOpen(1000), true);
  backend.health.record(false, thresholds);
  equal(backend.available, false);
  equal(backend.canOpen(1000), false);
  backend.health.record(true, thresholds);
  for (let failure = 1; failure < 6; failure++) backend.retry.fail(failure * 1e5, () => 0);
  equal(backend.available, false);
  equal(backend.canOpen(1e6), true);
  backend.retry.succeed();
  backend.status = "closing";
  equal(backend.available, false);
  equal(backend.canOpen(1e6), false);
});

Deno.test("Backend.stickyValue is one that a cookie can carry, whatever the id", () => {
  const address = parseBackendAddress("127.0.0.1:80");
  if (address === null) throw new Error("refused");
  const valueOf = (id: string, stickyId: string | null = null) =>
    new Backend({ id, address, stickyId, weight: null, backup: false }, 0).stickyValue;
  equal(valueOf("web-0-127.0.0.1:80"), "web-0-127.0.0.1:80");
  equal(valueOf("web-0-[::1]:80"), "web-0-[::1]:80");
  equal(valueOf("a;Domain=b"), "a%3BDomain%3Db");
  equal(valueOf('a "b", é'), "a%20%22b%22%2C%20%C3%A9");
  equal(valueOf("a b", "c"), "c");
});
