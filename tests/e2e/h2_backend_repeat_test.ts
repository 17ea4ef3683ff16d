import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { KEPT_BODY_BYTES } from "../../src/session/http/phases/kept_request.ts";
import { data, goaway, headers, reset } from "../support/h2/frames.ts";
import { rawH2Origin, type RawPeer } from "../support/h2/raw_origin.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { connectRaw, readResponse, request } from "../support/http/raw_client.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const HOST = "Host: app.test\r\n";

async function h2Proxy(...backends: string[]): Promise<TestProxy> {
  const proxy = await startProxy({ backends });
  await proxy.addCluster("app", { http2: true });
  return proxy;
}

const ok = (stream: number) => headers(stream, [[":status", "200"]]);

function post(body: string, method = "POST"): string {
  return `${method} / HTTP/1.1\r\n${HOST}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Reads the body of the request on `stream`, which is to be `stream`'s. */
async function bodyOf(peer: RawPeer, least = Infinity): Promise<string> {
  let body = "";
  for (;;) {
    const { payload, flags } = await peer.nextOf(FrameType.DATA);
    body += latin1(payload);
    if ((flags & FrameFlag.END_STREAM) !== 0 || body.length >= least) return body;
  }
}

Deno.test("a small body goes along when its request is sent again", async () => {
  for (const refusal of ["goaway", "reset"]) {
    const bodies: string[] = [];
    await using origin = rawH2Origin(async (peer) => {
      await peer.begin();
      for (;;) {
        const { stream } = await peer.request();
        bodies.push(await bodyOf(peer));
        if (bodies.length > 1) await peer.write(ok(stream));
        else if (refusal === "goaway") await peer.write(goaway(0, ErrorCode.NO_ERROR));
        else await peer.write(reset(stream, ErrorCode.REFUSED_STREAM));
      }
    });
    await using proxy = await h2Proxy(origin.address);
    assert.equal((await request(proxy.port, post("hello"))).status, 200, refusal);
    assert.deepEqual(bodies, ["hello", "hello"]);
    assert.equal(proxy.count("http.active_requests"), 0);
  }
});

Deno.test("a request is sent again whole when its body came behind its head", async () => {
  const seen: unknown[] = [];
  await using origin = await startH2Origin(async (question) => {
    const body = new TextDecoder().decode(await question.body());
    seen.push([question.method, question.path, question.headers["x-own"], body]);
    if (seen.length === 1) question.stream.close(ErrorCode.REFUSED_STREAM);
    else reply(question, 200, "ok");
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(`PUT /again?x HTTP/1.1\r\n${HOST}X-Own: 1\r\nContent-Length: 5\r\n\r\n`);
  await waitFor("the request", () => origin.requests.length === 1);
  await wire.write("hello");
  assert.equal((await readResponse(wire)).status, 200);
  assert.deepEqual(seen, [0, 1].map(() => ["PUT", "/again?x", "1", "hello"]));
});

Deno.test("a body that is still coming when its request is refused goes on with the next one", async () => {
  const bodies: string[] = [];
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    const { stream } = await peer.request();
    bodies.push(await bodyOf(peer, index === 0 ? 3 : Infinity));
    if (index > 0) return await peer.write(ok(stream)).then(() => peer.drain());
    await peer.write(goaway(0, ErrorCode.NO_ERROR));
    await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\none`);
  await waitFor("the second connection", () => origin.accepted === 2);
  await wire.write("two");
  const response = await readResponse(wire);
  assert.equal(response.status, 200);
  assert.deepEqual(bodies, ["one", "onetwo"]);
  // All of the body has been heard: the connection goes on.
  assert.notEqual(response.header("connection"), "close");
});

Deno.test("a body that is still coming when there is no other backend is heard to its end", async () => {
  await using origin = rawH2Origin(async (peer, index) => {
    if (index > 0) return;
    await peer.begin();
    await peer.request();
    await bodyOf(peer, 3);
    await peer.write(goaway(0, ErrorCode.NO_ERROR));
    await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\none`);
  assert.equal((await readResponse(wire)).status, 503);
  await wire.write("two");
  assert.equal((await wire.readToEnd()).length, 0);
  wire.close();
  await waitFor("the session to end", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("session.internal_errors"), 0);
  assert.equal(proxy.count("http.active_requests"), 0);
});

Deno.test("a body of which too much is gone is not sent again", async () => {
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin();
    const { stream } = await peer.request();
    await bodyOf(peer);
    await peer.write(reset(stream, ErrorCode.REFUSED_STREAM));
    await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  const { status } = await request(proxy.port, post("x".repeat(KEPT_BODY_BYTES + 1)));
  assert.equal(status, 502);
});

Deno.test("PUT is sent again with its body when its connection proves dead, POST is not", async () => {
  for (const [method, status] of [["PUT", 200], ["POST", 502]] as const) {
    await using origin = rawH2Origin(async (peer, index) => {
      await peer.begin();
      await peer.write(ok((await peer.request()).stream));
      if (index === 0) return void await peer.request();
      await peer.drain();
    });
    await using proxy = await h2Proxy(origin.address);
    assert.equal((await request(proxy.port, `GET / HTTP/1.1\r\n${HOST}\r\n`)).status, 200);
    assert.equal((await request(proxy.port, post("hello", method))).status, status);
  }
});

Deno.test("an early answer with a reset behind it is a whole answer", async () => {
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin();
    const { stream } = await peer.request();
    await peer.nextOf(FrameType.DATA);
    const head = headers(stream, [[":status", "413"], ["content-length", "5"]], false);
    await peer.write(head, data(stream, 5, true), reset(stream, ErrorCode.NO_ERROR));
    await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 200000\r\n\r\n${"x".repeat(1_000)}`);
  const response = await readResponse(wire);
  assert.deepEqual([response.status, response.text], [413, "aaaaa"]);
});
