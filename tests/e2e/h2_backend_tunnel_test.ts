import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { data, headers, reset, windowUpdate } from "../support/h2/frames.ts";
import { rawH2Origin, type RawPeer } from "../support/h2/raw_origin.ts";
import { abruptClient } from "../support/http/abrupt_client.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { startProxy } from "../support/session/proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const CONNECT_PROTOCOL: [number, number] = [8, 1];
const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
const UPGRADE = "GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\n" +
  `Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`;

/** Sends back what comes on `stream` until it ends. */
async function echo(peer: RawPeer, stream: number): Promise<void> {
  for (;;) {
    const { payload, flags } = await peer.nextOf(FrameType.DATA);
    const ends = (flags & FrameFlag.END_STREAM) !== 0;
    await peer.write(data(stream, payload, ends));
    if (payload.length > 0) await peer.write(windowUpdate(0, payload.length));
    if (payload.length > 0) await peer.write(windowUpdate(stream, payload.length));
    if (ends) return await peer.drain();
  }
}

async function tunnelProxy(address: string) {
  const proxy = await startProxy({ backends: [address] });
  await proxy.addCluster("app", { http2: true, allow_connect: true });
  return proxy;
}

Deno.test("a WebSocket becomes an extended CONNECT where the backend knows it", async () => {
  let asked = "";
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin(CONNECT_PROTOCOL);
    const { stream, block, ends } = await peer.request();
    assert.ok(!ends);
    asked = block;
    const fields: [string, string][] = [[":status", "200"], ["sec-websocket-protocol", "chat"]];
    await peer.write(headers(stream, fields, false));
    await echo(peer, stream);
  });
  await using proxy = await tunnelProxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  const response = await readResponse(wire);
  assert.equal(response.status, 101);
  assert.equal(response.header("upgrade"), "websocket");
  assert.match(response.header("connection") ?? "", /upgrade/i);
  assert.equal(response.header("sec-websocket-protocol"), "chat");
  const accept = createHash("sha1").update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  assert.equal(response.header("sec-websocket-accept"), accept.digest("base64"));
  assert.equal(response.header("transfer-encoding"), undefined);
  assert.match(asked, /CONNECT.*websocket.*\/chat/s);
  assert.doesNotMatch(asked, /websocket-key|upgrade/i);
  const long = "0123456789".repeat(6_000);
  for (const text of ["ping", "pong", long]) {
    const [back] = await Promise.all([wire.readExactly(text.length), wire.write(text)]);
    assert.equal(latin1(back), text);
  }
  await wire.closeWrite();
  assert.equal((await wire.readToEnd()).length, 0);
  await waitFor("the tunnel to end", () => proxy.count("websocket.active_requests") === 0);
});

Deno.test("a tunnel that its backend resets is closed, and the next request is served", async () => {
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin(CONNECT_PROTOCOL);
    const { stream } = await peer.request();
    await peer.write(headers(stream, [[":status", "200"]], false), data(stream, 3));
    await peer.nextOf(FrameType.DATA);
    await peer.write(reset(stream, 2));
    for (;;) {
      await peer.request().then(({ stream }) => peer.write(headers(stream, [[":status", "204"]])));
    }
  });
  await using proxy = await tunnelProxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  assert.equal((await readResponse(wire)).status, 101);
  assert.equal(latin1(await wire.readExactly(3)), "aaa");
  await wire.write("x");
  await wire.readToEnd();
  using next = await connectRaw(proxy.port);
  await next.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal((await readResponse(next)).status, 204);
  assert.equal(origin.accepted, 1);
});

Deno.test("a client that leaves its tunnel has its stream cancelled", async () => {
  const cancelled = Promise.withResolvers<number>();
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin(CONNECT_PROTOCOL);
    const { stream } = await peer.request();
    await peer.write(headers(stream, [[":status", "200"]], false));
    const { payload } = await peer.nextOf(FrameType.RST_STREAM);
    cancelled.resolve(payload[3] ?? -1);
    await peer.drain();
  });
  await using proxy = await tunnelProxy(origin.address);
  using client = await abruptClient(proxy.port);
  await client.send(UPGRADE);
  await waitFor("the switch", () => client.received.includes(" 101 "));
  client.reset();
  assert.equal(await cancelled.promise, 8);
});

Deno.test("a WebSocket is a plain request where the backend does not know extended CONNECT", async () => {
  let asked = "";
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin();
    const { stream, block, ends } = await peer.request();
    assert.ok(ends);
    asked = block;
    await peer.write(headers(stream, [[":status", "200"]], false), data(stream, 4, true));
    await peer.drain();
  });
  await using proxy = await tunnelProxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  const response = await readResponse(wire);
  assert.deepEqual([response.status, response.text], [200, "aaaa"]);
  assert.doesNotMatch(asked, /CONNECT|upgrade/i);
});

Deno.test("a WebSocket that is refused gets the answer of its backend", async () => {
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin(CONNECT_PROTOCOL);
    const { stream } = await peer.request();
    await peer.write(headers(stream, [[":status", "403"]], false), data(stream, 4, true));
    await peer.drain();
  });
  await using proxy = await tunnelProxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  const response = await readResponse(wire);
  assert.deepEqual([response.status, response.text], [403, "aaaa"]);
});

Deno.test("CONNECT is forwarded to a cluster that allows it, and becomes a tunnel", async () => {
  let asked = "";
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin();
    const { stream, block } = await peer.request();
    asked = block;
    await peer.write(headers(stream, [[":status", "200"]], false));
    await echo(peer, stream);
  });
  await using proxy = await tunnelProxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write("CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n");
  const head = await wire.readThrough("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(head, /transfer-encoding|content-length/i);
  await wire.write("through");
  assert.equal(latin1(await wire.readExactly(7)), "through");
  assert.match(asked, /app\.test:443/);
});
