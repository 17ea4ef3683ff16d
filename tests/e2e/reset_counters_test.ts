// Peers that reset their connections are counted, once each, by what noticed it and whether TLS ends here.

import assert from "node:assert/strict";
import { createServer, type Socket } from "node:net";
import { abruptClient } from "../support/http/abrupt_client.ts";
import { startOrigin } from "../support/http/origin.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { connectRaw } from "../support/http/raw_client.ts";
import { CERTIFICATE } from "../support/h2/front.ts";
import { startProxy, type TestPlane } from "../support/session/proxy.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

/** Resets of plain connections and of those inside TLS, noticed by reads and by writes. */
function resets({ count }: TestPlane): [plain: number, tls: number] {
  return [
    count("tcp.read.reset") + count("tcp.write.reset"),
    count("rustls.read.reset") + count("rustls.write.reset"),
  ];
}

Deno.test("a TCP client that resets its connection is counted once, one that ends it is not", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.write("hello");
    await wire.readToEnd(20_000);
  });
  await using proxy = await startTcpProxy({ backends: [origin.address] });
  using polite = await connectRaw(proxy.port);
  assert.equal(latin1(await polite.readExactly(5)), "hello");
  await polite.closeWrite();
  await waitFor("the polite one to end", () => proxy.count("client.connections") === 0);
  assert.deepEqual(resets(proxy), [0, 0]);
  using client = await abruptClient(proxy.port);
  await waitFor("the tunnel", () => client.received === "hello");
  client.reset();
  await waitFor("the session to end", () => proxy.count("client.connections") === 0);
  assert.deepEqual(resets(proxy), [1, 0]);
});

Deno.test("a TCP backend that resets its connection is counted, behind what it had said", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.write("hello");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  try {
    await using proxy = await startTcpProxy({ backends: [`127.0.0.1:${port}`] });
    using wire = await connectRaw(proxy.port);
    assert.equal(latin1(await wire.readExactly(5)), "hello");
    sockets[0]?.resetAndDestroy();
    assert.equal((await wire.readToEnd()).length, 0);
    assert.deepEqual(resets(proxy), [1, 0]);
  } finally {
    server.close();
  }
});

Deno.test("an HTTP client that resets its connection is counted once, idle or served, plain or inside TLS", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using silent = startOrigin({ kind: "silent" });
  for (const [backend, served] of [[origin, false], [silent, true]] as const) {
    await using plain = await startProxy({ backends: [backend.address] });
    using client = await abruptClient(plain.port);
    await client.send(GET);
    await waitFor(
      "the request",
      () => served ? silent.requests.length > 0 : client.received !== "",
    );
    client.reset();
    await waitFor("the session to end", () => plain.count("client.connections") === 0);
    assert.deepEqual(resets(plain), [1, 0], `served: ${served}`);
  }
  await using secure = await startHttpsProxy({
    backends: [origin.address],
    certificates: [CERTIFICATE],
  });
  using client = await abruptClient(secure.httpsPort, true);
  await client.send(GET);
  await waitFor("the response", () => client.received !== "");
  client.reset();
  await waitFor("the session to end", () => secure.count("client.connections") === 0);
  assert.deepEqual(resets(secure), [0, 1]);
});
