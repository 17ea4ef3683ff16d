import assert from "node:assert/strict";
import { GET, literals } from "../../../../tests/support/h2/blocks.ts";
import { Endpoint, openClient, openServer } from "../../../../tests/support/h2/endpoint.ts";
import {
  data,
  frame,
  goaway,
  headers,
  ping,
  post,
  preface,
  settings,
} from "../../../../tests/support/h2/frames.ts";
import { FrameFlag, FrameType } from "../frames/frame.ts";
import { Role } from "./link.ts";

const NOTICE = ["GOAWAY 2147483647 0", "PING"];
const MARK = ping("sozudone", FrameFlag.ACK);
const open = (id: number) => frame(FrameType.HEADERS, FrameFlag.END_STREAM, id, literals(GET));
const rest = (id: number) => frame(FrameType.CONTINUATION, FrameFlag.END_HEADERS, id);

Deno.test("a drain serves what comes until the client knows, and then what is under way", () => {
  const server = openServer();
  server.feed(headers(1));
  server.connection.drain(0);
  assert.deepEqual(server.written(), NOTICE);
  server.feed(headers(3), MARK);
  assert.deepEqual(server.written(), ["GOAWAY 3 0"]);
  server.feed(headers(5));
  assert.deepEqual(server.written(), ["RST_STREAM 5 7"]);
  assert.deepEqual(server.told(), [1, 3].map((id) => `head ${id} GET / HTTP/1.1 end`));
  server.respond(3);
  assert.ok(!server.connection.isOver);
  server.respond(1, 200, new Uint8Array(5));
  // The refused stream was seen, too.
  assert.deepEqual(server.written(), ["HEADERS 3 end", "HEADERS 1", "DATA 1 5 end", "GOAWAY 5 0"]);
  assert.ok(server.connection.isOver && server.connection.wasGoaway);
});

Deno.test("a drain of a silent connection ends when the client knows, or after three seconds", () => {
  const server = openServer();
  server.connection.drain(100);
  assert.deepEqual(server.written(), NOTICE);
  assert.equal(server.connection.deadlineMs, 3_100);
  server.feed(MARK);
  assert.deepEqual(server.written(), ["GOAWAY 0 0"]);
  assert.ok(server.connection.isOver);
  const mute = openServer();
  mute.connection.drain(100);
  mute.written();
  mute.now = 3_100;
  mute.connection.expire(mute.now);
  assert.deepEqual(mute.written(), ["GOAWAY 0 0"]);
  assert.ok(mute.connection.isOver);
});

Deno.test("a drain that is looked at too late gives its client another second to be heard", () => {
  const server = openServer();
  server.connection.drain(100);
  server.written();
  server.now = 4_000;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), []);
  assert.equal(server.connection.deadlineMs, 5_000);
  server.feed(headers(1), MARK);
  assert.deepEqual(server.written(), ["GOAWAY 1 0"]);
  server.respond(1);
  assert.deepEqual(server.written(), ["HEADERS 1 end"]);
});

Deno.test("a drain that is asked for again changes nothing", () => {
  const server = openServer();
  server.feed(headers(1));
  server.connection.drain(0);
  server.written();
  server.connection.drain(3_000);
  assert.deepEqual(server.written(), []);
  server.now = 5_000;
  server.connection.expire(server.now);
  assert.ok(server.connection.isDraining);
  assert.deepEqual(server.written().at(-1), "GOAWAY 1 0");
});

Deno.test("a drain waits for a header block, whose request is served", () => {
  const server = openServer();
  server.feed(open(1));
  server.connection.drain(0);
  assert.deepEqual(server.written(), NOTICE);
  server.feed(rest(1), MARK);
  server.respond(1);
  assert.deepEqual(server.written(), ["GOAWAY 1 0", "HEADERS 1 end"]);
  assert.ok(server.connection.isOver);
});

Deno.test("a drain ends at its deadline, and names only requests that were complete", () => {
  const server = openServer();
  server.feed(headers(1));
  server.connection.drain(0);
  server.feed(open(3));
  server.now = 3_000;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), [...NOTICE, "GOAWAY 3 0"]);
  assert.equal(server.connection.deadlineMs, 5_000);
  server.told();
  server.now = 5_000;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), ["GOAWAY 1 0"]);
  assert.deepEqual(server.told(), ["ended 1 DRAIN_DEADLINE 0"]);
  assert.ok(server.connection.isOver);
});

Deno.test("a drain without a deadline waits for ever", () => {
  const server = openServer({ limits: { gracefulShutdownMs: 0, streamIdleMs: 1e9 } });
  server.feed(headers(1));
  server.connection.drain(0);
  server.now = 1e8;
  server.connection.expire(server.now);
  server.written();
  assert.ok(!server.connection.isOver);
});

Deno.test("a client's GOAWAY starts no clock, and a drain after it does", () => {
  const server = openServer();
  server.feed(headers(1), goaway(0, 0));
  assert.ok(server.connection.deadlineMs > 10_000);
  server.connection.drain(1_000);
  assert.equal(server.connection.deadlineMs, 6_000);
  server.now = 6_000;
  server.connection.expire(server.now);
  assert.deepEqual(server.written(), ["GOAWAY 1 0"]);
});

Deno.test("a client's GOAWAY without streams is answered", () => {
  const server = openServer();
  server.feed(headers(1));
  server.respond(1);
  server.written();
  server.feed(goaway(0, 0));
  assert.deepEqual(server.written(), ["GOAWAY 1 0"]);
  assert.ok(server.connection.isOver);
});

Deno.test("a drain before the peer's preface ends at once, and the owner is woken to close", () => {
  for (const role of [Role.SERVER, Role.CLIENT]) {
    const endpoint = new Endpoint({ role });
    endpoint.connection.drain(0);
    assert.ok(endpoint.connection.isDead && endpoint.connection.isOver);
    assert.deepEqual([endpoint.wakes, endpoint.lent], [1, 0]);
    assert.deepEqual([endpoint.write(), endpoint.connection.deadlineMs], [null, Infinity]);
    endpoint.feed(preface());
    assert.deepEqual([endpoint.write(), endpoint.pending, endpoint.told()], [null, 0, []]);
  }
});

Deno.test("a peer that closes before its preface is no fault: nothing is said and nothing waited for", () => {
  for (const role of [Role.SERVER, Role.CLIENT]) {
    const endpoint = new Endpoint({ role });
    endpoint.write();
    endpoint.feed((role === Role.SERVER ? preface() : settings([3, 5])).subarray(0, 10));
    endpoint.connection.inputEnded(0);
    assert.ok(endpoint.connection.isDead && endpoint.connection.error === 0);
    endpoint.connection.expire(60_000);
    assert.deepEqual([endpoint.write(), endpoint.connection.deadlineMs], [null, Infinity]);
  }
});

Deno.test("a connection that is lost has nothing more to say", () => {
  const server = openServer();
  assert.ok(!server.connection.isDead);
  server.connection.lost();
  assert.ok(server.connection.isDead);
  assert.deepEqual([server.write(), server.connection.deadlineMs], [null, Infinity]);
});

Deno.test("a client that says no more is answered, but for what it did not finish", () => {
  const server = openServer();
  server.feed(headers(1), post(3), data(3, 5), open(5));
  server.told();
  server.connection.inputEnded(0);
  assert.deepEqual(server.told(), ["ended 3 LOST 8"]);
  server.respond(1, 200, new Uint8Array(3));
  assert.deepEqual(server.written(), ["HEADERS 1", "DATA 1 3 end", "GOAWAY 5 0"]);
  assert.ok(server.connection.isOver);
});

Deno.test("a transport that is lost ends all streams", () => {
  const server = openServer();
  server.feed(headers(1), post(3));
  server.told();
  server.connection.lost();
  assert.deepEqual(server.told(), ["ended 1 LOST 8", "ended 3 LOST 8"]);
  assert.ok(!server.respond(1));
  assert.equal(server.lent, 0);
});

Deno.test("a client that drains opens no more streams and leaves when it has its responses", () => {
  const client = openClient();
  client.connection.drain(0);
  assert.ok(!client.connection.mayOpen);
  assert.deepEqual(client.written(), ["GOAWAY 0 0"]);
  assert.ok(client.connection.isOver);
});
