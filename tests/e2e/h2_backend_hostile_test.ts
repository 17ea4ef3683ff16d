import assert from "node:assert/strict";
import { ErrorCode } from "../../src/protocol/h2/frames/error_code.ts";
import { FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { data, goaway, headers, reset, settings, windowUpdate } from "../support/h2/frames.ts";
import { rawH2Origin, type RawPeer } from "../support/h2/raw_origin.ts";
import { abruptClient } from "../support/http/abrupt_client.ts";
import { connectRaw, get, readResponse, request } from "../support/http/raw_client.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { latin1 } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const HOST = "Host: app.test\r\n";
const GET = `GET / HTTP/1.1\r\n${HOST}\r\n`;
const MAX_STREAMS = 3;
const INITIAL_WINDOW = 4;

async function h2Proxy(...backends: string[]): Promise<TestProxy> {
  const proxy = await startProxy({ backends });
  await proxy.addCluster("app", { http2: true });
  return proxy;
}

const ok = (stream: number, ends = true) => headers(stream, [[":status", "200"]], ends);

/** Answers each request with what `answer` makes of it. */
function answering(
  answer: (peer: RawPeer, stream: number, block: string) => Promise<void>,
  ...values: readonly (readonly [number, number])[]
) {
  const peers: RawPeer[] = [];
  const origin = rawH2Origin(async (peer) => {
    peers.push(peer);
    await peer.begin(...values);
    for (;;) {
      const { stream, block } = await peer.request();
      await answer(peer, stream, block);
    }
  });
  return Object.assign(origin, { peers });
}

Deno.test("a response that is none is answered with 502, and the connection goes on", async () => {
  const bad = [
    (stream: number) => headers(stream, [[":status", "101"]], false),
    (stream: number) => headers(stream, [[":status", "103"]], true),
    (stream: number) => headers(stream, [[":status", "abc"]], true),
    (stream: number) => headers(stream, [["x", "1"]], true),
    (stream: number) => headers(stream, [[":status", "200"], ["connection", "close"]], true),
    (stream: number) => headers(stream, [[":status", "200"], ["content-length", "5"]], true),
    (stream: number) => data(stream, 5),
  ];
  let next = 0;
  await using origin = answering(async (peer, stream) => {
    await peer.write((bad[next++] ?? ok)(stream));
  });
  await using proxy = await h2Proxy(origin.address);
  for (let i = 0; i < bad.length; i++) {
    assert.equal((await get(proxy.port, "app.test")).status, 502, `${i}`);
  }
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(origin.accepted, 1);
  const resets = origin.peers[0]?.seen.filter((text) => text.startsWith("RST_STREAM"));
  assert.equal(resets?.length, bad.length);
});

Deno.test("a backend that takes one stream at a time is given one at a time", async () => {
  const busy = new Set<RawPeer>();
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin([MAX_STREAMS, 1]);
    for (;;) {
      const { stream } = await peer.request();
      if (busy.has(peer)) throw new Error("two streams at once");
      busy.add(peer);
      // Whatever follows the request would be on the way by now.
      await new Promise((resolve) => setTimeout(resolve, 5));
      busy.delete(peer);
      await peer.write(ok(stream));
    }
  });
  await using proxy = await h2Proxy(origin.address);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => get(proxy.port, "app.test")),
  );
  assert.deepEqual(answers.map(({ status }) => status), Array(12).fill(200));
  assert.ok(origin.accepted > 1 && origin.accepted <= 12);
});

Deno.test("a backend that allows no stream is not asked, nor flooded with connections", async () => {
  const raises = Promise.withResolvers<void>();
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin([MAX_STREAMS, 0]);
    raises.promise.then(() => peer.write(settings([MAX_STREAMS, 10]))).catch(() => {});
    for (;;) {
      const { stream } = await peer.request();
      await peer.write(ok(stream));
    }
  });
  await using proxy = await h2Proxy(origin.address);
  const answers = Array.from({ length: 5 }, () => get(proxy.port, "app.test"));
  await waitFor("the connection", () => origin.accepted === 1);
  raises.resolve();
  for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
  assert.equal(origin.accepted, 1);
});

Deno.test("a tiny window of a backend slows an upload down and loses nothing of it", async () => {
  let received = "";
  await using origin = rawH2Origin(async (peer) => {
    await peer.begin([INITIAL_WINDOW, 7]);
    for (;;) {
      const { stream } = await peer.request();
      received = "";
      while (received.length < 100) {
        const { payload } = await peer.nextOf(FrameType.DATA);
        assert.ok(payload.length <= 7);
        received += latin1(payload);
        if (payload.length > 0) await peer.write(windowUpdate(stream, payload.length));
      }
      await peer.write(ok(stream));
    }
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  const body = "0123456789".repeat(10);
  for (let i = 0; i < 3; i++) {
    await wire.write(`POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\n${body}`);
    assert.equal((await readResponse(wire)).status, 200);
    assert.equal(received, body);
  }
  assert.equal(origin.accepted, 1);
});

Deno.test("GOAWAY leaves alone what the backend goes on with, and the next request goes elsewhere", async () => {
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    const { stream } = await peer.request();
    if (index > 0) return await peer.write(ok(stream)).then(() => peer.drain());
    await peer.write(ok(stream, false), data(stream, 5), goaway(stream, ErrorCode.NO_ERROR));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await peer.write(data(stream, 5, true));
    await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  const first = await readResponse(wire);
  assert.deepEqual([first.status, first.text], [200, "aaaaaaaaaa"]);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).status, 200);
  await waitFor("the first connection to close", () => origin.open === 1);
  assert.equal(origin.accepted, 2);
});

Deno.test("a request that GOAWAY gives back, or that is refused, is sent again whatever its method", async () => {
  for (const refusal of ["goaway", "reset"]) {
    let refused = 0;
    await using origin = answering(async (peer, stream) => {
      if (refused++ > 0) return await peer.write(ok(stream));
      const gives = refusal === "goaway"
        ? goaway(0, ErrorCode.NO_ERROR)
        : reset(stream, ErrorCode.REFUSED_STREAM);
      await peer.write(gives);
    });
    await using proxy = await h2Proxy(origin.address);
    const response = await request(
      proxy.port,
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
    );
    assert.equal(response.status, 200, refusal);
    assert.equal(refused, 2);
    assert.equal(proxy.count("http.active_requests"), 0);
  }
});

Deno.test("a backend that refuses everything is given up after so many attempts", async () => {
  const cases = [
    [(stream: number) => reset(stream, ErrorCode.REFUSED_STREAM), 502],
    [() => goaway(0, ErrorCode.NO_ERROR), 503],
  ] as const;
  for (const [refuse, status] of cases) {
    let asked = 0;
    await using origin = answering(async (peer, stream) => {
      asked++;
      await peer.write(refuse(stream));
    });
    await using proxy = await h2Proxy(origin.address);
    assert.equal((await get(proxy.port, "app.test")).status, status);
    assert.ok(asked > 1 && asked < 10, `${asked}`);
  }
});

Deno.test("what a backend resets is not sent again, and ends no other stream", async () => {
  const held: number[] = [];
  await using origin = answering(async (peer, stream, block) => {
    if (block.includes("/held")) held.push(stream);
    else await peer.write(reset(stream, ErrorCode.INTERNAL_ERROR));
    if (block.includes("/last")) {
      await peer.write(...held.map((it) => ok(it)));
    }
  });
  await using proxy = await h2Proxy(origin.address);
  const kept = get(proxy.port, "app.test", "/held");
  await waitFor("the held request", () => held.length === 1);
  assert.equal((await get(proxy.port, "app.test", "/first")).status, 502);
  assert.equal((await get(proxy.port, "app.test", "/last")).status, 502);
  assert.equal((await kept).status, 200);
});

Deno.test("what a backend resets on a connection that has been used is not sent again either", async () => {
  let asked = 0;
  await using origin = answering(async (peer, stream) => {
    await peer.write(asked++ === 0 ? ok(stream) : reset(stream, ErrorCode.INTERNAL_ERROR));
  });
  await using proxy = await h2Proxy(origin.address);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal((await get(proxy.port, "app.test")).status, 502);
  assert.equal(asked, 2);
});

Deno.test("a connection whose backend has gone without a word is not used again", async () => {
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    if (index > 0) { for (;;) await peer.request().then(({ stream }) => peer.write(ok(stream))); }
    const { stream } = await peer.request();
    await peer.write(ok(stream));
    peer.answersPing = false;
    await peer.drain();
  });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { back_timeout: 1 },
  });
  await proxy.addCluster("app", { http2: true });
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal((await get(proxy.port, "app.test")).status, 504);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(origin.accepted, 2);
});

Deno.test("a request whose connection proves dead is not sent on another that may be, too", async () => {
  const both = Promise.withResolvers<void>();
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin([MAX_STREAMS, 1]);
    const { stream } = await peer.request();
    if (index === 1) both.resolve();
    await both.promise;
    await peer.write(ok(stream));
    await peer.request();
    if (index > 1) await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  const answers = await Promise.all([1, 2].map(() => get(proxy.port, "app.test")));
  assert.deepEqual(answers.map(({ status }) => status), [200, 200]);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(origin.accepted, 3);
});

Deno.test("a reset within a response cuts the client's, and no other", async () => {
  await using origin = answering(async (peer, stream, block) => {
    await peer.write(ok(stream, false), data(stream, 10));
    if (block.includes("/cut")) await peer.write(reset(stream, ErrorCode.INTERNAL_ERROR));
    else await peer.write(data(stream, 10, true));
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(GET.replace("/ ", "/cut "));
  const cut = latin1(await wire.readToEnd());
  assert.match(cut, /a\r\naaaaaaaaaa\r\n$/);
  assert.equal((await get(proxy.port, "app.test")).text, "a".repeat(20));
  assert.equal(origin.accepted, 1);
});

Deno.test("a backend that dies with requests under way costs those and nothing else", async () => {
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    if (index === 0) {
      for (let i = 0; i < 3; i++) await peer.request();
      return;
    }
    for (;;) await peer.request().then(({ stream }) => peer.write(ok(stream)));
  });
  await using proxy = await h2Proxy(origin.address);
  const lost = Array.from({ length: 3 }, () => get(proxy.port, "app.test"));
  for (const { status } of await Promise.all(lost)) assert.equal(status, 502);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  await waitFor("nothing to be active", () => proxy.count("http.active_requests") === 0);
});

Deno.test("a request on a connection that proves dead is sent again, if it may be", async () => {
  for (const [method, status] of [["GET", 200], ["POST", 502]] as const) {
    await using origin = rawH2Origin(async (peer, index) => {
      await peer.begin();
      const { stream } = await peer.request();
      await peer.write(ok(stream));
      if (index === 0) return void await peer.request();
      for (;;) await peer.request().then(({ stream }) => peer.write(ok(stream)));
    });
    await using proxy = await h2Proxy(origin.address);
    assert.equal((await get(proxy.port, "app.test")).status, 200);
    const again = `${method} / HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`;
    assert.equal((await request(proxy.port, again)).status, status, method);
    assert.equal((await get(proxy.port, "app.test")).status, 200);
  }
});

Deno.test("an idle connection that its backend closes touches no client", async () => {
  const closes = Promise.withResolvers<void>();
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    const { stream } = await peer.request();
    await peer.write(ok(stream));
    if (index > 0) return await peer.drain();
    await closes.promise;
  });
  await using proxy = await h2Proxy(origin.address);
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).status, 200);
  closes.resolve();
  await waitFor("the pool to notice", () => proxy.count("backend.connections") === 0);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).status, 200);
});

Deno.test("what does not begin like HTTP/2 is a backend that cannot be reached", async () => {
  const scripts: ((peer: RawPeer) => Promise<void>)[] = [
    async (peer) => await peer.wire.write("HTTP/1.1 400 Bad Request\r\n\r\n"),
    async (peer) => void await peer.wire.readExactly(24),
    async (peer) => await peer.write(data(1, 1)),
    async (peer) => await peer.write(settings([INITIAL_WINDOW, 0xffff_ffff])),
  ];
  for (const script of scripts) {
    await using origin = rawH2Origin(script);
    await using proxy = await h2Proxy(origin.address);
    assert.equal((await get(proxy.port, "app.test")).status, 503);
    assert.equal(proxy.count("backend.connections"), 0);
  }
});

Deno.test("a backend whose SETTINGS never come is given up in time", async () => {
  await using origin = rawH2Origin((peer) => peer.drain());
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { connect_timeout: 1 },
  });
  await proxy.addCluster("app", { http2: true });
  const start = performance.now();
  const { status } = await get(proxy.port, "app.test");
  assert.equal(status, 503);
  assert.ok(performance.now() - start < 4_000);
});

Deno.test("a client that leaves has its stream cancelled, and others stay", async () => {
  let kept = 0;
  await using origin = answering(async (peer, stream, block) => {
    if (block.includes("/kept")) kept = stream;
    else {
      const { stream: gone, payload } = await peer.nextOf(FrameType.RST_STREAM);
      assert.equal(gone, stream);
      assert.equal(payload[3], ErrorCode.CANCEL);
      await peer.write(ok(kept));
    }
  });
  await using proxy = await h2Proxy(origin.address);
  const answer = get(proxy.port, "app.test", "/kept");
  await waitFor("the first request", () => kept > 0);
  using client = await abruptClient(proxy.port);
  await client.send(GET);
  await waitFor("the second request", () => origin.peers[0]?.seen.includes("HEADERS 3 end"));
  client.reset();
  assert.equal((await answer).status, 200);
  assert.equal(proxy.count("http.active_requests"), 0);
});

Deno.test("a flood of a backend ends its connection, and only that", async () => {
  await using origin = rawH2Origin(async (peer, index) => {
    await peer.begin();
    const { stream } = await peer.request();
    if (index > 0) return await peer.write(ok(stream)).then(() => peer.drain());
    for (let i = 0; i < 2_100; i++) await peer.write(settings());
    await peer.drain();
  });
  await using proxy = await h2Proxy(origin.address);
  assert.equal((await get(proxy.port, "app.test")).status, 502);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
});

Deno.test("more than a body may hold, or less, cuts the response", async () => {
  for (const size of [4, 6]) {
    await using origin = answering(async (peer, stream) => {
      const head = headers(stream, [[":status", "200"], ["content-length", "5"]], false);
      await peer.write(head, data(stream, size, true));
    });
    await using proxy = await h2Proxy(origin.address);
    using wire = await connectRaw(proxy.port);
    await wire.write(GET);
    const all = latin1(await wire.readToEnd());
    assert.ok(!all.endsWith("aaaaa"), `${size}: ${all}`);
  }
});
