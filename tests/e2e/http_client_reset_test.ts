// A client that resets its connection is noticed long before any timeout, wherever its request is, and is
// the one to blame.

import assert from "node:assert/strict";
import { abruptClient } from "../support/http/abrupt_client.ts";
import type { HttpsListenerConfig } from "../../config/schema/messages.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { scriptedOrigin } from "../support/http/origin.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { pause, waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

const APP = certificateFor(["app.test"]);
const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
const UPLOAD = "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 100000000\r\n\r\n";
const UPGRADE = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";

/** Much less than any timeout of the listener. */
const AT_ONCE = { deadlineMs: 3_000 };

interface Place {
  readonly name: string;
  readonly before: string;
  readonly origin: (wire: Wire) => Promise<void>;
  /** What the client does until it resets. */
  readonly then: "fill" | "half" | "nothing";
  /** No read hangs on the client: the runtime's own TLS, where writing nothing tells nothing, is late. */
  readonly unread?: true;
}

const held = async (wire: Wire) => void (await wire.readThrough("never", 60_000));
const stuck = async (wire: Wire, answer = "") => {
  await wire.readThrough("\r\n\r\n");
  await wire.write(answer);
  await gone(wire);
};

/** Reads nothing more until the connection is closed here, or the proxy has reset it. */
async function gone(wire: Wire): Promise<void> {
  for (;;) {
    await pause(50);
    await wire.conn.write(NOTHING);
  }
}
const NOTHING = new Uint8Array(0);

const PLACES: readonly Place[] = [
  {
    name: "in a body that the backend does not read",
    before: UPLOAD,
    origin: stuck,
    then: "fill",
    unread: true,
  },
  { name: "in a body that goes on", before: `${UPLOAD}part`, origin: held, then: "nothing" },
  { name: "while it waits", before: GET, origin: held, then: "nothing" },
  { name: "while it waits half closed", before: GET, origin: held, then: "half", unread: true },
  {
    name: "while it waits with the next request sent",
    before: GET + GET,
    origin: held,
    then: "nothing",
    unread: true,
  },
  {
    name: "in a response that pauses",
    before: GET,
    origin: (wire) => stuck(wire, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"),
    then: "nothing",
  },
  {
    name: "in a tunnel whose backend does not read",
    before: UPGRADE,
    origin: (wire) => stuck(wire, SWITCHED),
    then: "fill",
    unread: true,
  },
  {
    name: "in a tunnel, half closed",
    before: UPGRADE,
    origin: (wire) => stuck(wire, SWITCHED),
    then: "half",
    unread: true,
  },
];

/** Settings that lead to the runtime's own TLS. */
const RUNTIME_TLS = {
  strict_sni_binding: false,
  certificate: APP.certificate,
  key: APP.key,
};

const WAYS: readonly (readonly [string, boolean, Partial<HttpsListenerConfig>])[] = [
  ["in clear", false, {}],
  ["over TLS", true, {}],
  ["over the runtime's own TLS", true, RUNTIME_TLS],
];

for (const [way, tls, https] of WAYS) {
  for (const { name, before, origin: script, then, unread } of PLACES) {
    if (https === RUNTIME_TLS && unread) continue;
    Deno.test(`a reset ${name} is noticed at once, ${way}`, async () => {
      await using origin = scriptedOrigin(script);
      await using proxy = await startHttpsProxy({
        https,
        backends: [origin.address],
        certificates: [APP],
        hosts: ["app.test"],
      });
      using client = await abruptClient(tls ? proxy.httpsPort : proxy.port, tls);
      await client.send(before);
      await waitFor("the backend connection", () => origin.open === 1);
      if (then === "half") await client.half();
      if (then === "fill") await client.fill();
      client.reset();
      await waitFor(
        "the client to be gone",
        () => proxy.count("client.connections") === 0,
        AT_ONCE,
      );
      assert.equal(proxy.count("client.aborts"), 1);
      assert.equal(proxy.count("http.timeouts"), 0);
      assert.equal(proxy.count("http.default_answers"), 0);
    });
  }
}

for (const then of ["fill", "half"] as const) {
  Deno.test(`a reset in a TCP tunnel (${then}) is noticed at once`, async () => {
    await using origin = scriptedOrigin(gone);
    await using proxy = await startTcpProxy({ backends: [origin.address] });
    using client = await abruptClient(proxy.port);
    await waitFor("the backend connection", () => origin.open === 1);
    if (then === "half") await client.half();
    if (then === "fill") await client.fill();
    client.reset();
    await waitFor("the client to be gone", () => proxy.count("client.connections") === 0, AT_ONCE);
    assert.equal(proxy.count("http.timeouts"), 0);
  });
}
