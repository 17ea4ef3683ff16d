import assert from "node:assert/strict";
import { GET, literals } from "../../../../tests/support/h2/blocks.ts";
import { Endpoint, openClient, openServer } from "../../../../tests/support/h2/endpoint.ts";
import {
  data,
  frame,
  goaway,
  headers,
  join,
  padded,
  ping,
  post,
  reset,
  settings,
  windowUpdate,
} from "../../../../tests/support/h2/frames.ts";
import { FrameFlag, FrameType } from "../frames/frame.ts";
import { FLOOD_NAMES } from "../flood_guard.ts";
import { MAGIC } from "./preface.ts";

/** Feeds a frame so often, writing now and then as an owner would. */
function flood(server: Endpoint, count: number, make: (i: number) => Uint8Array): void {
  for (let i = 0; i < count; i++) {
    server.feed(make(i));
    if (i % 100 === 0) server.write();
  }
}

function excessOf(server: Endpoint): string {
  const code = server.written().find((frame) => frame.startsWith("GOAWAY"))?.split(" ")[2];
  if (code !== undefined) assert.equal(code, "11");
  return FLOOD_NAMES[server.connection.excess] ?? "";
}

Deno.test("each kind of flood is put up with to its bound and not beyond", () => {
  const block = literals(GET);
  const kinds: [string, number, Uint8Array[], (i: number) => Uint8Array][] = [
    ["ping_window", 2_000, [], () => ping()],
    ["settings_window", 999, [], () => settings()],
    ["empty_data_window", 2_000, [post(1)], () => data(1, 0)],
    ["empty_data_window", 2_000, [post(1)], () => padded(1, 0, 30)],
    ["window_update_stream0_window", 2_000, [], () => windowUpdate(0, 1)],
    ["glitch_window", 1_000, [headers(1), reset(1, 8)], () => windowUpdate(1, 1)],
    ["glitch_window", 2_000, [post(1)], () => goaway(0, 0)],
    [
      "continuation_per_block",
      20,
      [frame(FrameType.HEADERS, 0, 1, block)],
      () => frame(FrameType.CONTINUATION, 0, 1),
    ],
    [
      "header_size_per_block",
      3,
      [frame(FrameType.HEADERS, 0, 1, new Uint8Array(16_384))],
      () => frame(FrameType.CONTINUATION, 0, 1, new Uint8Array(16_384)),
    ],
  ];
  for (const [name, bound, before, make] of kinds) {
    const server = openServer();
    server.feed(...before);
    flood(server, bound, make);
    assert.equal(excessOf(server), "none", name);
    server.feed(make(bound));
    assert.equal(excessOf(server), name);
    assert.ok(server.connection.isOver);
  }
});

Deno.test("unknown settings are glitches, each of them", () => {
  const server = openServer({ limits: { maxGlitchesPerWindow: 60 } });
  const many = settings(...Array.from({ length: 60 }, (_, i) => [0x100 + i, 1] as const));
  server.feed(many);
  assert.equal(excessOf(server), "none");
  server.feed(many);
  assert.equal(excessOf(server), "glitch_window");
});

Deno.test("rapid reset: one stream is refused, then the connection ends", () => {
  const server = openServer();
  server.feed(
    ...Array.from({ length: 1_100 }, (_, i) => join(headers(2 * i + 1), reset(2 * i + 1, 8))),
  );
  const written = server.written();
  assert.deepEqual(written, ["RST_STREAM 1003 7", "GOAWAY 2001 11"]);
  assert.equal(excessOf(server), "rst_stream_pre_response_lifetime");
  assert.equal(server.counters.streamsRefusedSoftly, 1);
  const fewer = openServer();
  fewer.feed(
    ...Array.from({ length: 105 }, (_, i) => join(headers(2 * i + 1), reset(2 * i + 1, 8))),
  );
  assert.deepEqual(fewer.written(), []);
});

Deno.test("a stream that is accepted ends a run of refusals", () => {
  const server = openServer({ limits: { maxPreResponseResets: 4 } });
  for (const id of [1, 3, 5]) server.feed(headers(id), reset(id, 8));
  server.feed(headers(7));
  assert.deepEqual(server.written(), ["RST_STREAM 7 7"]);
  server.now += 2_000;
  server.feed(headers(9), reset(7, 8));
  assert.equal(server.counters.resetsBeforeResponse, 3);
  assert.equal(server.told().at(-1), "head 9 GET / HTTP/1.1 end");
  server.feed(reset(9, 8), headers(11), reset(11, 8));
  assert.equal(excessOf(server), "rst_stream_pre_response_lifetime");
});

Deno.test("resets of answered streams are no rapid reset", () => {
  const server = openServer();
  for (let id = 1; id < 4_000; id += 2) {
    server.feed(headers(id));
    server.stream(id).routed = true;
    server.connection.sendHead(server.stream(id), 200, null, new Uint8Array(0), 0, 0, false);
    server.feed(reset(id, 8));
    server.write();
    if (id % 400 === 1) server.now += 1_000;
  }
  assert.equal(excessOf(server), "none");
});

Deno.test("streams that make us reset them count, too", () => {
  const server = openServer({ limits: { maxEmittedResets: 50, maxGlitchesPerWindow: 10_000 } });
  const bad = (i: number) => headers(2 * i + 1, [...GET, ["X", "1"]]);
  flood(server, 50, bad);
  assert.equal(excessOf(server), "none");
  server.feed(bad(50));
  assert.equal(excessOf(server), "rst_stream_emitted_lifetime");
});

Deno.test("too many streams at once are refused, and then cost something", () => {
  const server = openServer();
  server.feed(...Array.from({ length: 300 }, (_, i) => post(2 * i + 1)));
  const written = server.written();
  assert.equal(written.length, 200);
  assert.ok(written.every((frame) => /^RST_STREAM \d+ 7$/.test(frame)));
  assert.equal(server.connection.streams, 100);
  server.feed(data(201, 10), headers(201, [["x", "1"]]), reset(203, 8));
  assert.deepEqual(server.written(), []);
  server.feed(reset(1, 8), headers(601));
  assert.equal(server.told().at(-1), "head 601 GET / HTTP/1.1 end");
  flood(server, 2_100, (i) => post(603 + 2 * i));
  assert.equal(excessOf(server), "glitch_window");
});

Deno.test("refusals cost nothing before the client has seen our settings", () => {
  const limits = { maxGlitchesPerWindow: 1, maxConcurrentStreams: 1 };
  const fresh = new Endpoint({ limits });
  fresh.feed(join(MAGIC, settings()));
  fresh.written();
  fresh.feed(...Array.from({ length: 50 }, (_, i) => post(2 * i + 1)));
  assert.equal(fresh.written().length, 49);
  assert.ok(!fresh.connection.isOver);
  const server = openServer({ limits });
  server.feed(...Array.from({ length: 50 }, (_, i) => post(2 * i + 1)));
  assert.equal(excessOf(server), "glitch_window");
});

Deno.test("a thousand refusals in a minute halve the limit, once", () => {
  const server = openServer({
    limits: { maxGlitchesPerWindow: 100_000, maxConcurrentStreams: 10 },
  });
  flood(server, 1_010, (i) => post(2 * i + 1));
  flood(server, 10, (i) => reset(2 * i + 1, 8));
  assert.equal(server.connection.streams, 0);
  flood(server, 10, (i) => post(3_001 + 2 * i));
  assert.equal(server.connection.streams, 5);
});

Deno.test("an owner without room refuses streams, and decodes them", () => {
  const server = openServer();
  server.refuses = true;
  const block = literals([...GET, ["x", "kept"]], true);
  server.feed(frame(FrameType.HEADERS, FrameFlag.END_HEADERS | FrameFlag.END_STREAM, 1, block));
  server.refuses = false;
  server.feed(frame(FrameType.HEADERS, FrameFlag.END_HEADERS | FrameFlag.END_STREAM, 3, [
    ...[66, 65, 64, 63, 62].map((index) => 0x80 | index),
  ]));
  assert.deepEqual(server.written(), ["RST_STREAM 1 7"]);
  assert.deepEqual(server.told(), ["head 3 GET / HTTP/1.1 end"]);
});

Deno.test("a stream-0 update is earned by DATA of ours", () => {
  const server = openServer({ limits: { maxConnectionWindowUpdatesPerWindow: 1 } });
  server.feed(headers(1));
  server.respond(1, 200, new Uint8Array(40_000));
  assert.equal(server.written().filter((frame) => frame.startsWith("DATA")).length, 3);
  flood(server, 7, () => windowUpdate(0, 1));
  assert.equal(excessOf(server), "none");
  server.feed(windowUpdate(0, 1));
  assert.equal(excessOf(server), "window_update_stream0_window");
});

Deno.test("an output that is not read stops the input, and goes on behind it", () => {
  const server = openServer({ limits: { maxPingsPerWindow: 10_000 }, outputBytes: 1_024 });
  server.feed(join(...Array.from({ length: 1_000 }, () => ping())));
  assert.ok(server.connection.isCongested);
  assert.equal(server.pending, (1_000 - 61) * 17);
  let acks = 0;
  for (let i = 0; i < 100; i++) {
    acks += server.written().length;
    server.feed();
    server.feed(new Uint8Array(0));
  }
  assert.equal(acks, 1_000);
});

Deno.test("a server that floods its client is told so, too", () => {
  const kinds: [string, number, () => Uint8Array][] = [
    ["ping_window", 2_000, () => ping()],
    ["settings_window", 999, () => settings()],
    ["window_update_stream0_window", 2_000, () => windowUpdate(0, 1)],
  ];
  for (const [name, bound, make] of kinds) {
    const client = openClient();
    flood(client, bound, make);
    assert.equal(excessOf(client), "none", name);
    client.feed(make());
    assert.equal(excessOf(client), name);
  }
});

/** A request with `count` more fields, each a reference of one byte to the name of `accept`. */
const references = (count: number) =>
  Uint8Array.of(...literals(GET), ...new Uint8Array(count).fill(0x80 | 19));

Deno.test("a head that is far too large counts the more the larger it is, and alone ends only its stream", () => {
  const huge = references(16_000);
  const server = openServer();
  server.feed(frame(FrameType.HEADERS, 0x5, 1, huge));
  assert.deepEqual(server.written(), ["RST_STREAM 1 11"]);
  server.feed(frame(FrameType.HEADERS, 0x5, 3, huge), frame(FrameType.HEADERS, 0x5, 5, huge));
  assert.equal(excessOf(server), "glitch_window");

  const slightly = openServer();
  for (let i = 0; i < 200; i++) {
    slightly.feed(frame(FrameType.HEADERS, 0x5, 1 + 2 * i, references(125)));
    slightly.write();
  }
  assert.equal(excessOf(slightly), "none");
  for (let i = 200; i < 230; i++) {
    slightly.feed(frame(FrameType.HEADERS, 0x5, 1 + 2 * i, references(125)));
  }
  assert.equal(excessOf(slightly), "glitch_window");
});

Deno.test("a head that is far too large and alone never ends its connection, however few glitches are put up with", () => {
  const server = openServer({ limits: { maxGlitchesPerWindow: 2 } });
  server.feed(frame(FrameType.HEADERS, 0x5, 1, references(16_000)));
  assert.deepEqual(server.written(), ["RST_STREAM 1 11"]);
});

Deno.test("a block that is thrown away counts by its size as well", () => {
  const server = openServer();
  server.feed(post(1), windowUpdate(1, 0));
  server.written();
  // The first two were on their way; what they hold was never to be.
  const huge = frame(FrameType.HEADERS, 0x5, 1, references(16_000));
  server.feed(huge);
  assert.equal(excessOf(server), "none");
  server.feed(huge, huge);
  assert.equal(excessOf(server), "glitch_window");
});

Deno.test("heads within their bounds are no glitches, nor are those that are thrown away", () => {
  const server = openServer({ limits: { maxGlitchesPerWindow: 1 } });
  server.feed(post(1), windowUpdate(1, 0));
  server.feed(frame(FrameType.HEADERS, 0x5, 1, references(124)));
  server.feed(frame(FrameType.HEADERS, 0x5, 3, references(124)));
  assert.equal(excessOf(server), "none");
});

Deno.test("a peer that has us work in vain is known, and frames can be taken in few at a time", () => {
  const server = openServer();
  flood(server, 64, (i) => join(headers(1 + 2 * i), reset(1 + 2 * i, 8)));
  assert.ok(!server.connection.isWasteful);
  server.feed(headers(201), reset(201, 8));
  assert.ok(server.connection.isWasteful);
  const pings = join(...Array.from({ length: 100 }, () => ping()));
  const taken = server.connection.receive(pings, 0, pings.length, 0, 64);
  assert.equal(taken, 64 * ping().length);
  assert.ok(server.connection.isPaused);
  server.connection.receive(pings, taken, pings.length, 0, 64);
  assert.ok(!server.connection.isPaused);
});
