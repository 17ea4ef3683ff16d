import assert from "node:assert/strict";
import { Endpoint, openServer } from "../../../../tests/support/h2/endpoint.ts";
import {
  describe,
  frame,
  framesIn,
  headers,
  join,
  post,
  settings,
  SETTINGS_ACK,
} from "../../../../tests/support/h2/frames.ts";
import { FrameType } from "../frames/frame.ts";
import { Role } from "./link.ts";
import { MAGIC } from "./preface.ts";

const START = join(MAGIC, settings([3, 5]));

Deno.test("a server says nothing before the client's settings, then all in one write", () => {
  for (let cut = 0; cut < START.length; cut++) {
    const server = new Endpoint();
    server.feed(START.slice(0, cut));
    assert.equal(server.write(), null);
    assert.ok(!server.connection.isOver);
    server.feed(START.slice(cut));
    const bytes = server.write() as Uint8Array;
    assert.deepEqual(framesIn(bytes).map(describe), [
      "SETTINGS",
      "WINDOW_UPDATE 0 16711681",
      "SETTINGS ack",
    ]);
    assert.deepEqual(server.told(), ["settled"]);
  }
});

Deno.test("a server announces eight settings in the order clients know", () => {
  const server = new Endpoint({ connectProtocol: true });
  server.feed(START);
  const payload = framesIn(server.write() as Uint8Array)[0]?.payload as Uint8Array;
  assert.equal(
    payload.toHex(),
    "000100001000" + "000200000000" + "000300000064" + "00040000ffff" + "000500004000" +
      "000600010000" + "000800000001" + "000900000001",
  );
});

Deno.test("a server leaves out a window update of nothing", () => {
  const server = new Endpoint({ limits: { connectionWindow: 65_535 } });
  server.feed(START);
  assert.deepEqual(server.written(), ["SETTINGS", "SETTINGS ack"]);
});

Deno.test("a server closes without a word on what is not HTTP/2", () => {
  const bad: Uint8Array[] = [
    new TextEncoder().encode("GET / HTTP/1.1\r\n"),
    new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSX"),
    join(MAGIC, headers(1)),
    join(MAGIC, SETTINGS_ACK),
    join(MAGIC, frame(FrameType.SETTINGS, 0, 1)),
    join(MAGIC, frame(FrameType.SETTINGS, 0, 0, new Uint8Array(65 * 6))),
    join(MAGIC, frame(FrameType.SETTINGS, 0, 0, new Uint8Array(16_385))),
  ];
  for (const bytes of bad) {
    const server = new Endpoint();
    server.feed(bytes);
    assert.ok(server.connection.isDead && server.connection.isOver);
    assert.equal(server.write(), null);
  }
});

Deno.test("a server tells what is wrong with the first settings", () => {
  const server = new Endpoint();
  server.feed(join(MAGIC, settings([2, 7])));
  assert.deepEqual(server.written(), ["SETTINGS", "WINDOW_UPDATE 0 16711681", "GOAWAY 0 1"]);
  assert.ok(server.connection.isOver);
});

Deno.test("a client writes its preface at once and opens streams once the server has settled", () => {
  const client = new Endpoint({ role: Role.CLIENT });
  const first = client.write() as Uint8Array;
  assert.deepEqual(first.slice(0, MAGIC.length), MAGIC);
  assert.deepEqual(framesIn(first.slice(MAGIC.length)).map(describe), ["SETTINGS"]);
  assert.ok(!client.connection.mayOpen);
  client.feed(settings([3, 1]));
  assert.ok(client.connection.mayOpen);
  assert.deepEqual(client.written(), ["SETTINGS ack", "WINDOW_UPDATE 0 16711681"]);
  client.feed(settings([3, 0]));
  assert.deepEqual(client.written(), ["SETTINGS ack"]);
  assert.ok(!client.connection.mayOpen);
});

Deno.test("a client closes when a server begins with anything but settings", () => {
  for (const bytes of [SETTINGS_ACK, headers(1), new TextEncoder().encode("HTTP/1.1 400 x")]) {
    const client = new Endpoint({ role: Role.CLIENT });
    client.feed(bytes);
    assert.ok(client.connection.isDead);
  }
});

Deno.test("a peer that does not ACK settings in five seconds is told so, once", () => {
  const server = new Endpoint();
  server.feed(START);
  server.written();
  assert.equal(server.connection.deadlineMs, 5_000);
  server.now = 4_999;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), []);
  server.now = 5_000;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), ["GOAWAY 0 4"]);
  assert.equal(server.connection.deadlineMs, Infinity);
  const acked = openServer();
  assert.equal(acked.connection.deadlineMs, Infinity);
});

Deno.test("a process that was held up gives the ACK a second to be read", () => {
  const server = new Endpoint();
  server.feed(START);
  server.written();
  server.now = 9_000;
  server.connection.expire(server.now);
  assert.equal(server.connection.deadlineMs, 10_000);
  server.feed(SETTINGS_ACK);
  assert.equal(server.connection.deadlineMs, Infinity);
  const mute = new Endpoint();
  mute.feed(START);
  mute.written();
  for (mute.now of [9_000, 20_000]) mute.connection.expire(mute.now);
  assert.deepEqual(mute.written(), ["GOAWAY 0 4"]);
});

Deno.test("settings of the peer take effect: frame size, tables and windows", () => {
  const server = openServer({}, [1, 0], [5, 20_000], [4, 10]);
  server.feed(post(1));
  server.respond(1, 200, new Uint8Array(100_000), `x: ${"~".repeat(19_990)}\r\nz: 1\r\n`);
  assert.deepEqual(server.written(), ["HEADERS 1", "CONTINUATION 1", "DATA 1 10"]);
  server.feed(settings([4, 30_000]));
  assert.deepEqual(server.written(), ["SETTINGS ack", "DATA 1 20000", "DATA 1 9990"]);
  server.feed(settings([4, 0]));
  assert.deepEqual(server.written(), ["SETTINGS ack"]);
  server.feed(settings([4, 30_001]));
  assert.deepEqual(server.written(), ["SETTINGS ack", "DATA 1 1"]);
});

Deno.test("END_STREAM is on the first frame of a block, END_HEADERS on the last", () => {
  const server = openServer();
  server.feed(headers(1));
  const lines = ["a", "b", "c"].map((name) => `${name}: ${"~".repeat(16_000)}\r\n`).join("");
  server.respond(1, 200, null, lines);
  const frames = framesIn(server.write() as Uint8Array);
  assert.deepEqual(frames.map(({ type, flags }) => [type, flags]), [[1, 1], [9, 0], [9, 4]]);
});

Deno.test("a connection asks to be written once until it is", () => {
  const server = new Endpoint();
  server.feed(START);
  assert.equal(server.wakes, 1);
  const bytes = server.connection.take(0);
  assert.ok(bytes !== null);
  server.feed(frame(FrameType.PING, 0, 0, new Uint8Array(8)));
  assert.equal(server.connection.take(0), null);
  assert.equal(server.wakes, 2);
  server.connection.written();
  assert.deepEqual(server.written(), ["PING ack"]);
  assert.equal(server.lent, 0);
});
