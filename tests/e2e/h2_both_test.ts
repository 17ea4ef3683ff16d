// HTTP/2 at both ends.

import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameFlag, FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { data, frame, goaway, headers, reset, windowUpdate } from "../support/h2/frames.ts";
import { getFields, requestFields } from "../support/h2/h2_client.ts";
import { type H2Proxy, startH2Proxy } from "../support/h2/h2_proxy.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { rawH2Origin } from "../support/h2/raw_origin.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

async function bothProxy(...backends: string[]): Promise<H2Proxy> {
  const proxy = await startH2Proxy(backends);
  await proxy.ours.addCluster("app", { http2: true });
  return proxy;
}

const ok = (stream: number, ends = true) => headers(stream, [[":status", "200"]], ends);

Deno.test("a request, its body and trailers pass between two connections of HTTP/2", async () => {
  await using origin = await startH2Origin(async (seen) => {
    seen.stream.additionalHeaders({ ":status": 103, link: "</a>" });
    seen.stream.respond({ ":status": 200, "x-one": "1" }, { waitForTrailers: true });
    seen.stream.on("wantTrailers", () => seen.stream.sendTrailers({ "grpc-status": "0" }));
    seen.stream.end(await seen.body());
  });
  await using proxy = await bothProxy(origin.address);
  await using client = await proxy.open();
  await client.send(
    headers(1, requestFields("POST", "/up", [["te", "trailers"]]), false),
    data(1, new TextEncoder().encode("hello")),
    headers(1, [["x-sum", "5"]], true),
  );
  const answer = await client.finished(1);
  assert.deepEqual(answer.statuses, [103, 200]);
  assert.equal(answer.text, "hello");
  assert.equal(answer.field("x-one"), "1");
  assert.deepEqual(answer.trailers, [["grpc-status", "0"]]);
  const [seen] = origin.requests;
  assert.equal(seen?.headers[":scheme"], "https");
  assert.equal(seen?.headers[":authority"], "app.test");
  assert.equal(seen?.headers["te"], "trailers");
  assert.equal(seen?.trailers["x-sum"], "5");
});

Deno.test("many streams of one client share one connection to the backend", async () => {
  await using origin = await startH2Origin((seen) => reply(seen, 200, seen.path));
  await using proxy = await bothProxy(origin.address);
  await using client = await proxy.open();
  const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
  await client.send(...ids.map((id) => headers(id, getFields(`/${id}`))));
  for (const id of ids) assert.equal((await client.finished(id)).text, `/${id}`);
  assert.equal(origin.accepted, 1);
});

Deno.test("a reset on either side reaches the other, on that stream only", async () => {
  const cancelled = Promise.withResolvers<number>();
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin();
    const first = await peer.request();
    const { stream, payload } = await peer.nextOf(FrameType.RST_STREAM);
    assert.equal(stream, first.stream);
    cancelled.resolve(payload[3] ?? -1);
    const second = await peer.request();
    await peer.write(ok(second.stream, false), data(second.stream, 5));
    await peer.write(reset(second.stream, ErrorCode.INTERNAL_ERROR));
    const third = await peer.request();
    await peer.write(reset(third.stream, ErrorCode.INTERNAL_ERROR));
    for (;;) await peer.request().then((last) => peer.write(ok(last.stream)));
  });
  await using proxy = await bothProxy(origin.address);
  await using client = await proxy.open();
  await client.send(headers(1, getFields()));
  await waitFor("the request", () => proxy.ours.count("http.active_requests") === 1);
  await waitFor("it to be sent", () => proxy.ours.count("back_bytes_out") > 0);
  await client.send(reset(1, ErrorCode.CANCEL));
  assert.equal(await cancelled.promise, ErrorCode.CANCEL);
  const cut = await client.ask(3, getFields());
  assert.deepEqual([cut.status, cut.reset], [200, ErrorCode.INTERNAL_ERROR]);
  assert.equal((await client.ask(5, getFields())).status, 502);
  assert.equal((await client.ask(7, getFields())).status, 200);
  assert.equal(origin.accepted, 1);
});

Deno.test("GOAWAY of a backend concerns no client, and what it gave back is sent again", async () => {
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    const { stream } = await peer.request();
    if (index === 0) {
      await peer.request();
      await peer.write(goaway(stream, ErrorCode.NO_ERROR), ok(stream));
      return await peer.drain();
    }
    await peer.write(ok(stream));
    for (;;) await peer.request().then((next) => peer.write(ok(next.stream)));
  });
  await using proxy = await bothProxy(origin.address);
  await using client = await proxy.open();
  await client.send(
    headers(1, getFields()),
    headers(3, requestFields("POST", "/", []), false),
    data(3, 5, true),
  );
  for (const id of [1, 3]) assert.equal((await client.finished(id)).status, 200);
  assert.equal((await client.ask(5, getFields())).status, 200);
  assert.equal(origin.accepted, 2);
});

Deno.test("a WebSocket runs over HTTP/2 at both ends, where the backend knows extended CONNECT", async () => {
  let asked = "";
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin(...(index === 0 ? [[8, 1] as const] : []));
    const { stream, block } = await peer.request();
    asked = block;
    await peer.write(ok(stream, false));
    for (;;) {
      const { payload, flags } = await peer.nextOf(FrameType.DATA);
      const ends = (flags & FrameFlag.END_STREAM) !== 0;
      await peer.write(data(stream, payload, ends));
      if (payload.length > 0) await peer.write(windowUpdate(stream, payload.length));
    }
  });
  await using proxy = await bothProxy(origin.address);
  await using client = await proxy.open();
  const fields: [string, string][] = [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", "/ws"],
    [":authority", "app.test"],
    ["sec-websocket-version", "13"],
  ];
  await client.send(headers(1, fields, false));
  await waitFor("the tunnel to be agreed on", () => client.reply(1).status === 200);
  assert.match(asked, /CONNECT.*websocket.*\/ws/s);
  assert.doesNotMatch(asked, /websocket-key|upgrade/i);
  for (const name of ["upgrade", "sec-websocket-accept", "content-length"]) {
    assert.equal(client.reply(1).field(name), undefined);
  }
  await client.send(data(1, new TextEncoder().encode("hello")));
  await waitFor("the echo", () => client.reply(1).text === "hello");
  await client.send(frame(FrameType.DATA, FrameFlag.END_STREAM, 1));
  assert.equal((await client.finished(1)).reset, null);
  assert.equal(latin1(client.reply(1).body), "hello");
});

Deno.test("an extended CONNECT is not sent to a backend that does not know it", async () => {
  let asked = 0;
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin();
    await peer.request();
    asked++;
  });
  await using proxy = await bothProxy(origin.address);
  await using client = await proxy.open();
  const fields: [string, string][] = [
    [":method", "CONNECT"],
    [":protocol", "websocket"],
    [":scheme", "https"],
    [":path", "/ws"],
    [":authority", "app.test"],
  ];
  await client.send(headers(1, fields, false));
  assert.equal((await client.finished(1)).status, 502);
  assert.equal(asked, 0);
});
