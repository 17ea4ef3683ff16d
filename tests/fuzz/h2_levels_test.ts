// Everything that can happen to requests of HTTP/2, all at once and in any order: when all of it is over, nothing is
// left of it in any level, no buffer is lent, and no backend counts a request or a connection.

import assert from "node:assert/strict";
import { BufferPool } from "../../src/bytes/buffer_pool.ts";
import { data, frame, headers, reset, windowUpdate } from "../support/h2/frames.ts";
import { FrameType } from "../../src/protocol/h2/frames/frame.ts";
import { getFields, H2Client, requestFields } from "../support/h2/h2_client.ts";
import { type ServerHttp2Stream, startH2Origin } from "../support/h2/node_origin.ts";
import { scriptedOrigin } from "../support/http/origin.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import type { Wire } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 1);
const SECONDS = Number(Deno.env.get("SOAK_SECONDS") ?? 4);
const HOSTS = ["app.test", "two.test"];
const PATHS = ["/ok", "/big", "/slow", "/early", "/cut", "/gone", "/hints", "/silent", "/endless"];
const BIG = "x".repeat(300_000);
const LEVELS = [
  "http.active_requests",
  "client.connections",
  "http.clients",
  "h2.connection.active_streams",
  "websocket.active_requests",
  "backend.connections",
  "connections_per_backend",
  "requests_per_backend",
];

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Answers in HTTP/1.1 as the path asks for. */
async function serve(wire: Wire): Promise<void> {
  for (;;) {
    const head = await wire.readThrough("\r\n\r\n", 60_000);
    const path = head.split(" ")[1] ?? "";
    if (/^upgrade:/im.test(head)) {
      if (path !== "/ok") return await wire.write("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
      await wire.write("HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      for (let some = await wire.readSome(60_000); some.length > 0;) {
        await wire.write(some);
        some = await wire.readSome(60_000);
      }
      return;
    }
    if (path === "/gone") return;
    if (path === "/silent") return void await wire.readToEnd(60_000);
    if (path === "/early") {
      await wire.write("HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
      return void await wire.readToEnd(60_000);
    }
    if (/^transfer-encoding:/im.test(head)) await wire.readThrough("0\r\n\r\n", 60_000);
    const length = /^content-length: *(\d+)/im.exec(head);
    if (length !== null) await wire.readExactly(Number(length[1]), 60_000);
    if (path === "/slow") await pause(20);
    if (path === "/hints") await wire.write("HTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\n");
    if (path === "/cut") {
      return await wire.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    }
    if (path === "/endless") {
      await wire.write("HTTP/1.1 200 OK\r\n\r\n");
      for (;;) await wire.write(BIG);
    }
    const body = path === "/big" ? BIG : "ok";
    await wire.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
}

/** Writes for as long as the stream takes it. */
function pour(stream: ServerHttp2Stream): void {
  while (!stream.destroyed && stream.write(BIG));
  if (!stream.destroyed) stream.once("drain", () => pour(stream));
}

/** One client that does as chance has it, and then goes in one way or another. */
async function misbehave(port: number, random: () => number): Promise<void> {
  const some = (most: number) => Math.floor(random() * most);
  const credits = random() < 0.7;
  const settings = random() < 0.2 ? [[4, some(70_000)] as const] : [];
  await using client = await H2Client.open(port, "clear", { settings, credits });
  let next = 1;
  const count = 1 + some(40);
  for (let i = 0; i < count; i++) {
    const id = next;
    next += 2;
    const host = HOSTS[some(2)] as string;
    const path = PATHS[some(PATHS.length)] as string;
    const kind = some(8);
    const pieces: Uint8Array[] = [];
    if (kind < 3) pieces.push(headers(id, getFields(path, [], host)));
    else if (kind < 6) {
      pieces.push(headers(id, requestFields("POST", path, [], host), false));
      for (let j = some(6); j > 0; j--) pieces.push(data(id, some(10_000)));
      if (random() < 0.5) pieces.push(data(id, some(100), true));
    } else if (kind === 6) {
      const fields = requestFields("CONNECT", path, [], host);
      const extended = [[":protocol", "websocket"], ...fields] as const;
      pieces.push(headers(id, extended, false), data(id, 10));
    } else pieces.push(headers(id, [...getFields(path, [], host), ["Bad", "name"]]));
    await client.send(...pieces);
    const after = some(10);
    if (after === 0) await pause(some(30));
    if (after === 1) await client.send(reset(id, 8));
    if (after === 2) await pause(some(10)).then(() => client.send(reset(id, 8)));
    if (after === 3) {
      await client.send(windowUpdate(0, 1 + some(1_000)), windowUpdate(id, 1 + some(99)));
    }
    if (after === 4) await client.send(frame(FrameType.SETTINGS, 0, 0, [0, 4, 0, 0, some(256), 0]));
  }
  if (random() < 0.3) await pause(some(200));
  if (random() < 0.3) client.pause();
  if (random() < 0.2) await client.wire.closeWrite();
  if (random() < 0.5) await pause(some(100));
}

function levels(proxy: TestProxy): Record<string, number> {
  return Object.fromEntries(
    LEVELS.map((name) => [name, proxy.count(name)]).filter(([, value]) => value !== 0),
  );
}

Deno.test("nothing is left of requests that end in every way at once", async () => {
  const pools = new Set<BufferPool>();
  const { take } = BufferPool.prototype;
  BufferPool.prototype.take = function (this: BufferPool) {
    pools.add(this);
    return take.call(this);
  };
  try {
    await using one = scriptedOrigin(serve);
    await using two = await startH2Origin(async ({ stream, path }) => {
      if (path !== "/early") stream.resume();
      if (path === "/gone") return stream.close(2);
      if (path === "/silent") return;
      if (path === "/slow") await pause(20);
      if (path === "/hints") stream.additionalHeaders({ ":status": 103, link: "<a>" });
      stream.respond({ ":status": 200 });
      if (path === "/cut") return void stream.write("half", () => stream.close(2));
      if (path === "/endless") return pour(stream);
      stream.end(path === "/big" ? BIG : "ok");
    }, { enableConnectProtocol: true });
    const timeouts = { front_timeout: 2, back_timeout: 2, h2_stream_idle_timeout_seconds: 2 };
    await using proxy = await startProxy({
      backends: [one.address],
      listener: { h2c_prior_knowledge: true, ...timeouts },
    });
    await proxy.addCluster("two", { http2: true });
    await proxy.addFrontend("two");
    await proxy.addBackend("two", two.address);
    const random = seededRandom(SEED);
    const until = Date.now() + SECONDS * 1_000;
    const errors: string[] = [];
    const client = async () => {
      while (Date.now() < until) {
        await misbehave(proxy.port, random).catch((error) => errors.push(String(error)));
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    assert.deepEqual(errors, []);
    await waitFor("requests", () => proxy.count("http.active_requests") === 0, {
      deadlineMs: 20_000,
    });
    await waitFor("clients", () => proxy.count("client.connections") === 0, { deadlineMs: 20_000 });
    // Those that come afterwards find windows and connections as if nothing had been.
    for (const host of HOSTS) {
      await using after = await H2Client.open(proxy.port, "clear");
      for (const id of [1, 3, 5]) {
        const reply = await after.ask(id, getFields("/big", [], host));
        assert.deepEqual([reply.status, reply.body.length], [200, BIG.length]);
      }
    }
    proxy.plane.hardStop();
    await waitFor("the end", () => Object.keys(levels(proxy)).length === 0);
    const lent = () => [...pools].filter((pool) => pool.lent !== 0).map(({ size }) => size);
    await waitFor("all buffers", () => lent().length === 0).catch(() => {});
    assert.deepEqual(lent(), []);
    assert.equal(proxy.plane.contents.http2?.room.bodies.held, 0);
  } finally {
    BufferPool.prototype.take = take;
  }
});
