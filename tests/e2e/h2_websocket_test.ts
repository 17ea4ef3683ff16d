// WebSockets of HTTP/2 clients (RFC 8441), to a real WebSocket server behind the proxy.

import assert from "node:assert/strict";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { data, frame, headers, reset } from "../support/h2/frames.ts";
import { getFields } from "../support/h2/request_fields.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { waitFor } from "../support/wait.ts";

const MASK = new Uint8Array([1, 2, 3, 4]);
const Opcode = { TEXT: 1, CLOSE: 8 } as const;

/** An extended CONNECT for a WebSocket at `path`. */
function connectFields(path: string): [string, string][] {
  return [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", path],
    [":authority", "app.test"],
    ["sec-websocket-version", "13"],
  ];
}

/** A frame as clients send it, masked; of fewer than 126 bytes. */
function clientFrame(opcode: number, text: string): Uint8Array {
  const payload = new TextEncoder().encode(text);
  const masked = payload.map((byte, i) => byte ^ (MASK[i % 4] as number));
  return Uint8Array.of(0x80 | opcode, 0x80 | payload.length, ...MASK, ...masked);
}

/** A WebSocket server that says everything back in capitals. */
function startEcho() {
  const asked: Headers[] = [];
  let open = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(new Headers(request.headers));
    if (new URL(request.url).pathname !== "/ws") return new Response("no", { status: 403 });
    const { socket, response } = Deno.upgradeWebSocket(request);
    open++;
    socket.onmessage = ({ data }) => socket.send(String(data).toUpperCase());
    socket.onclose = () => open--;
    return response;
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    asked,
    get open() {
      return open;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("a WebSocket runs over a stream of HTTP/2 to a backend of HTTP/1.1", async () => {
  await using echo = startEcho();
  await using proxy = await startH2Proxy([echo.address]);
  await using client = await proxy.open();
  await client.send(headers(1, connectFields("/ws"), false));
  await waitFor("the tunnel to be agreed on", () => client.reply(1).status === 200);
  assert.equal(client.reply(1).field("sec-websocket-accept"), undefined);
  assert.equal(client.reply(1).field("upgrade"), undefined);
  assert.equal(echo.asked[0]?.get("upgrade"), "websocket");
  await client.send(data(1, clientFrame(Opcode.TEXT, "hello")));
  await waitFor("the echo", () => client.reply(1).text === "\x81\x05HELLO");
  assert.equal(proxy.ours.count("protocol.wss"), 1);
  // Other streams go on beside it.
  assert.equal((await client.ask(3, getFields("/other"))).status, 403);
  await client.send(
    frame(FrameType.DATA, FrameFlag.END_STREAM, 1, clientFrame(Opcode.CLOSE, "\x03\xe8")),
  );
  const reply = await client.finished(1);
  assert.deepEqual([reply.ended, reply.reset], [true, null]);
  await waitFor("the socket to be closed", () => echo.open === 0);
  await waitFor("the tunnel to be over", () => proxy.ours.count("protocol.wss") === 0);
  assert.equal(proxy.ours.count("http.active_requests"), 0);
});

Deno.test("a backend that does not agree is passed on when it says no, and is a bad gateway when it says yes to something else", async () => {
  await using echo = startEcho();
  await using proxy = await startH2Proxy([echo.address]);
  await using client = await proxy.open();
  await client.send(headers(1, connectFields("/nothing"), false));
  const refused = await client.finished(1);
  assert.deepEqual([refused.status, refused.text], [403, "no"]);
  await using origin = startOrigin({ kind: "fixed", body: "a page" });
  await using other = await startH2Proxy([origin.address]);
  await using second = await other.open();
  await second.send(headers(1, connectFields("/ws"), false));
  assert.equal((await second.finished(1)).status, 502);
});

Deno.test("nothing of what follows an extended CONNECT reaches a backend before it has agreed", async () => {
  const heard: string[] = [];
  await using origin = scriptedOrigin(async (wire) => {
    heard.push(await wire.readThrough("\r\n\r\n"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    heard.push(wire.buffered);
    await wire.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst",
    );
    heard.push(await wire.readThrough("hidden"));
  });
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  const hidden = new TextEncoder().encode("GET /admin HTTP/1.1\r\n\r\nhidden");
  await client.send(headers(1, connectFields("/ws"), false), data(1, hidden, false));
  await waitFor("the backend to be told", () => heard.length === 3);
  assert.match(heard[0] ?? "", /^GET \/ws HTTP\/1\.1\r\n/);
  assert.match(heard[0] ?? "", /\r\nSec-WebSocket-Key: [A-Za-z0-9+/]{22}==\r\n/);
  assert.equal(heard[1], "");
  assert.equal(heard[2], "GET /admin HTTP/1.1\r\n\r\nhidden");
  await waitFor("what came with the 101", () => client.reply(1).text === "first");
});

Deno.test("a client that resets its tunnel, and a backend that breaks it, end it on both sides", async () => {
  await using echo = startEcho();
  await using proxy = await startH2Proxy([echo.address]);
  await using client = await proxy.open();
  await client.send(headers(1, connectFields("/ws"), false));
  await waitFor("the tunnel to be agreed on", () => client.reply(1).status === 200);
  await client.send(reset(1, ErrorCode.CANCEL));
  await waitFor("the socket to be closed", () => echo.open === 0);
  await waitFor("the tunnel to be over", () => proxy.ours.count("protocol.wss") === 0);
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nlast");
    wire.close();
  });
  await using other = await startH2Proxy([origin.address]);
  await using second = await other.open();
  await second.send(headers(1, connectFields("/ws"), false));
  const reply = await second.finished(1);
  assert.deepEqual([reply.status, reply.text], [200, "last"]);
});
