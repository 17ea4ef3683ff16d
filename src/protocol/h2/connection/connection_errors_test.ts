import assert from "node:assert/strict";
import { type Fields, GET, literals } from "../../../../tests/support/h2/blocks.ts";
import { type Endpoint, openServer } from "../../../../tests/support/h2/endpoint.ts";
import {
  data,
  frame,
  goaway,
  headers,
  join,
  padded,
  ping,
  post,
  priorityUpdate,
  reset,
  settings,
  uint32,
  windowUpdate,
} from "../../../../tests/support/h2/frames.ts";
import { ErrorCode, errorCodeName } from "../frames/error_code.ts";
import { FrameFlag, FrameType } from "../frames/frame.ts";

const { END_HEADERS, END_STREAM, PADDED, PRIORITY } = FrameFlag;
const PROTOCOL = ErrorCode.PROTOCOL_ERROR;
const SIZE = ErrorCode.FRAME_SIZE_ERROR;
const CLOSED = ErrorCode.STREAM_CLOSED;
const FLOW = ErrorCode.FLOW_CONTROL_ERROR;
const COMPRESSION = ErrorCode.COMPRESSION_ERROR;

const raw = (type: number, stream: number, size: number, flags = 0) =>
  frame(type, flags, stream, new Uint8Array(size));

const opened = (stream: number) => frame(FrameType.HEADERS, END_STREAM, stream, literals(GET));

/** What ends the connection: a name, what comes before, the frame and the code. */
const CONNECTION_ERRORS: readonly [string, Uint8Array[], Uint8Array, ErrorCode][] = [
  ["DATA too large", [post(1)], raw(FrameType.DATA, 1, 16_385), SIZE],
  ["an unknown type too large", [], raw(0x20, 0, 16_385), SIZE],
  ...[FrameType.DATA, FrameType.HEADERS, FrameType.PRIORITY, FrameType.RST_STREAM].map((
    type,
  ): [string, Uint8Array[], Uint8Array, ErrorCode] => [
    `type ${type} on stream 0`,
    [],
    raw(type, 0, type === FrameType.RST_STREAM ? 4 : 5),
    PROTOCOL,
  ]),
  ["PUSH_PROMISE on stream 0", [], raw(FrameType.PUSH_PROMISE, 0, 4), PROTOCOL],
  ["CONTINUATION on stream 0", [], raw(FrameType.CONTINUATION, 0, 4), PROTOCOL],
  ["SETTINGS on a stream", [], raw(FrameType.SETTINGS, 1, 0), PROTOCOL],
  ["PING on a stream", [], raw(FrameType.PING, 1, 8), PROTOCOL],
  ["GOAWAY on a stream", [], raw(FrameType.GOAWAY, 1, 8), PROTOCOL],
  ["PRIORITY_UPDATE on a stream", [], raw(FrameType.PRIORITY_UPDATE, 1, 8), PROTOCOL],
  ["RST_STREAM of 3 bytes", [post(1)], raw(FrameType.RST_STREAM, 1, 3), SIZE],
  ["PING of 7 bytes", [], raw(FrameType.PING, 0, 7), SIZE],
  ["WINDOW_UPDATE of 5 bytes", [], raw(FrameType.WINDOW_UPDATE, 0, 5), SIZE],
  ["GOAWAY of 7 bytes", [], raw(FrameType.GOAWAY, 0, 7), SIZE],
  ["SETTINGS of 7 bytes", [], raw(FrameType.SETTINGS, 0, 7), SIZE],
  ["SETTINGS ACK with 6 bytes", [], raw(FrameType.SETTINGS, 0, 6, FrameFlag.ACK), SIZE],
  ["65 settings", [], raw(FrameType.SETTINGS, 0, 65 * 6), SIZE],
  ["PRIORITY_UPDATE of 3 bytes", [], raw(FrameType.PRIORITY_UPDATE, 0, 3), SIZE],
  ["PRIORITY_UPDATE too long", [], priorityUpdate(1, "u".repeat(1025)), PROTOCOL],
  ["PRIORITY_UPDATE of stream 0", [], priorityUpdate(0, "u=0"), PROTOCOL],
  [
    "padding longer than DATA",
    [post(1)],
    frame(FrameType.DATA, PADDED, 1, [5, 1, 2, 3, 4]),
    PROTOCOL,
  ],
  ["PADDED without a byte", [post(1)], frame(FrameType.DATA, PADDED, 1), PROTOCOL],
  ["PRIORITY flag without its bytes", [], frame(FrameType.HEADERS, PRIORITY, 1, [0, 0]), PROTOCOL],
  ["PUSH_PROMISE on an open stream", [post(1)], raw(FrameType.PUSH_PROMISE, 1, 4), PROTOCOL],
  ["PUSH_PROMISE on a half-closed stream", [headers(1)], raw(FrameType.PUSH_PROMISE, 1, 4), CLOSED],
  ["CONTINUATION without a block", [], raw(FrameType.CONTINUATION, 1, 1), PROTOCOL],
  ["CONTINUATION of another stream", [opened(1)], raw(FrameType.CONTINUATION, 3, 1), PROTOCOL],
  ["DATA within a block", [opened(1)], data(1, 1), PROTOCOL],
  ["an unknown frame within a block", [opened(1)], raw(0x20, 1, 1), PROTOCOL],
  ["PING within a block", [opened(1)], ping(), PROTOCOL],
  ["HEADERS within a block", [opened(1)], headers(3), PROTOCOL],
  ["ENABLE_PUSH 2", [], settings([2, 2]), PROTOCOL],
  ["ENABLE_CONNECT_PROTOCOL 2", [], settings([8, 2]), PROTOCOL],
  ["NO_RFC7540_PRIORITIES 2", [], settings([9, 2]), PROTOCOL],
  ["MAX_FRAME_SIZE too small", [], settings([5, 16_383]), PROTOCOL],
  ["MAX_FRAME_SIZE too large", [], settings([5, 0x1000000]), PROTOCOL],
  ["INITIAL_WINDOW_SIZE too large", [], settings([4, 0x80000000]), FLOW],
  [
    "INITIAL_WINDOW_SIZE that overflows a stream",
    [post(1), windowUpdate(1, 0x7fffffff - 65_535)],
    settings([4, 65_536]),
    FLOW,
  ],
  ["WINDOW_UPDATE 0 by 0", [], windowUpdate(0, 0), PROTOCOL],
  ["WINDOW_UPDATE 0 by too much", [], windowUpdate(0, 0x7fffffff), FLOW],
  ["HEADERS on a stream that ended", [post(1), reset(1, 8)], headers(1), CLOSED],
  ["HEADERS on a lower odd id", [headers(5), headers(7)], headers(5 - 2), CLOSED],
  ["HEADERS on a low even id", [headers(5)], headers(4), CLOSED],
  ["HEADERS on a high even id", [headers(1)], headers(2), PROTOCOL],
  ["HEADERS on the first even id", [], headers(2), PROTOCOL],
  ["DATA on an idle stream", [], data(3, 1), PROTOCOL],
  ["RST_STREAM on an idle stream", [], reset(3, 8), PROTOCOL],
  ["WINDOW_UPDATE on an idle stream", [], windowUpdate(3, 1), PROTOCOL],
  ["a bad index", [], frame(FrameType.HEADERS, END_HEADERS, 1, [0xff, 0x7f]), COMPRESSION],
  [
    "a block that is cut",
    [],
    frame(FrameType.HEADERS, END_HEADERS, 1, [0x40, 5, 0x61]),
    COMPRESSION,
  ],
  [
    "PRIORITY of a near idle stream on itself",
    [],
    frame(FrameType.PRIORITY, 0, 3, [...uint32(3), 1]),
    PROTOCOL,
  ],
];

function assertEnded(server: Endpoint, code: ErrorCode, name: string): void {
  const written = server.written();
  const last = written[written.length - 1] ?? "nothing";
  assert.match(last, /^GOAWAY/, name);
  assert.equal(errorCodeName(Number(last.split(" ")[2])), errorCodeName(code), name);
  assert.ok(server.connection.isOver && server.connection.wasGoaway, name);
  assert.equal(server.connection.streams, 0, name);
  server.feed(headers(99));
  assert.deepEqual([server.write(), server.pending], [null, 0], name);
}

Deno.test("a connection ends with GOAWAY on whatever breaks its rules", () => {
  for (const [name, before, frame, code] of CONNECTION_ERRORS) {
    const server = openServer();
    server.feed(...before);
    server.written();
    assert.ok(!server.connection.isOver, name);
    server.feed(frame);
    assertEnded(server, code, name);
  }
});

Deno.test("a connection survives the oddest HEADERS that a fuzzer found", () => {
  const server = openServer();
  server.feed(Uint8Array.fromHex("000006" + "01" + "ff" + "ffff0000" + "0003" + "0064" + "6d6d"));
  assertEnded(server, PROTOCOL, "flags");
});

Deno.test("a connection that ends tells of every stream and of the highest one", () => {
  const server = openServer();
  server.feed(post(1), headers(3), post(7));
  server.told();
  server.feed(data(9, 1));
  assert.deepEqual(server.told(), [1, 3, 7].map((id) => `ended ${id} CONNECTION_ERROR 1`));
  assert.deepEqual(server.written(), ["GOAWAY 7 1"]);
});

const trailers: Fields = [["x", "1"]];

/** What ends a stream only: a name, what comes before, the frame, and the code. */
const STREAM_ERRORS: readonly [string, Uint8Array[], Uint8Array, ErrorCode][] = [
  ["a malformed head", [], headers(1, [...GET, ["X", "1"]]), PROTOCOL],
  ["malformed trailers", [post(1)], headers(1, [[":method", "GET"]]), PROTOCOL],
  ["HEADERS that do not end the stream", [post(1)], headers(1, trailers, false), PROTOCOL],
  ["DATA after the end", [headers(1)], data(1, 1), CLOSED],
  ["HEADERS after the end", [headers(1)], headers(1, trailers), CLOSED],
  ["PRIORITY of 4 bytes", [post(1)], raw(FrameType.PRIORITY, 1, 4), SIZE],
  ["PRIORITY on itself", [post(1)], frame(FrameType.PRIORITY, 0, 1, [...uint32(1), 1]), PROTOCOL],
  [
    "too many fields",
    [],
    headers(1, [...GET, ...Array.from({ length: 129 }, (): [string, string] => ["x", ""])]),
    ErrorCode.ENHANCE_YOUR_CALM,
  ],
  ["more than Content-Length", [post(1, [["content-length", "3"]])], data(1, 4), PROTOCOL],
  ["less than Content-Length", [post(1, [["content-length", "3"]])], data(1, 2, true), PROTOCOL],
  [
    "trailers before all of Content-Length",
    [post(1, [["content-length", "3"]]), data(1, 2)],
    headers(1, trailers),
    PROTOCOL,
  ],
  ["END_STREAM and Content-Length", [], headers(1, [...GET, ["content-length", "42"]]), PROTOCOL],
  ["WINDOW_UPDATE by 0", [post(1)], windowUpdate(1, 0), PROTOCOL],
  ["WINDOW_UPDATE by too much", [post(1)], windowUpdate(1, 0x7fffffff), FLOW],
];

Deno.test("a stream is reset on whatever breaks its rules, and the connection goes on", () => {
  for (const [name, before, frame, code] of STREAM_ERRORS) {
    const server = openServer();
    server.feed(...before);
    server.told();
    server.feed(frame);
    const told = server.told();
    assert.equal(told.at(-1), `ended 1 PROTOCOL ${code}`, name);
    assert.ok(server.written().includes(`RST_STREAM 1 ${code}`), name);
    server.feed(headers(3));
    assert.deepEqual(server.told(), ["head 3 GET / HTTP/1.1 end"], name);
    server.respond(3);
    assert.deepEqual(server.written(), ["HEADERS 3 end"], name);
    assert.equal(server.connection.streams, 0, name);
  }
});

Deno.test("an authority that is none wants an answer", () => {
  const server = openServer();
  server.feed(
    headers(1, GET.map(([name, value]) => [name, name === ":authority" ? "a@b" : value])),
  );
  assert.deepEqual(server.told(), ["malformed 1 authority"]);
  assert.ok(server.respond(1, 400));
  assert.deepEqual(server.written(), ["HEADERS 1 end"]);
  assert.equal(server.connection.streams, 0);
});

Deno.test("HEADERS with priority on itself keep HPACK in step", () => {
  const server = openServer();
  const block = literals([...GET, ["x-kept", "1"]], true);
  server.feed(frame(FrameType.HEADERS, END_HEADERS | PRIORITY, 1, [...uint32(1), 1, ...block]));
  server.feed(frame(FrameType.HEADERS, END_HEADERS | END_STREAM, 3, [...literals(GET), 0x80 | 62]));
  assert.deepEqual(server.told(), ["head 3 GET / HTTP/1.1 end"]);
  assert.deepEqual(server.written(), ["RST_STREAM 1 1"]);
  assert.equal(server.headOf.get(3)?.count, 2);
});

Deno.test("DATA on a stream that ended by itself is answered each time", () => {
  const server = openServer();
  server.feed(headers(1));
  server.respond(1);
  server.written();
  server.feed(data(1, 10), data(1, 10));
  assert.deepEqual(server.written(), ["RST_STREAM 1 5", "RST_STREAM 1 5"]);
});

Deno.test("PRIORITY of wrong size is answered on a stream that ended by itself, and never on an idle one", () => {
  const server = openServer();
  server.feed(headers(1));
  server.respond(1);
  server.written();
  server.feed(raw(FrameType.PRIORITY, 1, 4), raw(FrameType.PRIORITY, 3, 4));
  assert.deepEqual(server.written(), ["RST_STREAM 1 6"]);
});

Deno.test("a connection puts up with what means nothing", () => {
  const server = openServer();
  server.feed(
    headers(1),
    frame(0xff, 0xff, 0, [1, 2, 3]),
    frame(0x0a, 0, 5, [1]),
    frame(0x0f, 0, 1, []),
    raw(FrameType.PRIORITY, 77, 5),
    frame(FrameType.PRIORITY, 0, 999, [...uint32(999), 1]),
    raw(FrameType.PRIORITY, 99, 4),
    ping("87654321", FrameFlag.ACK),
    priorityUpdate(3, "u=0, i"),
    priorityUpdate(999, ""),
    settings([0x99, 5], [3, 50]),
  );
  assert.deepEqual(server.written(), ["SETTINGS ack"]);
  server.respond(1);
  server.feed(reset(1, 8), windowUpdate(1, 5), reset(1, 0xdead));
  assert.deepEqual(server.written(), ["HEADERS 1 end"]);
  assert.equal(server.counters.resetsReceived.at(-1), 1);
});

Deno.test("a stream may be padding as a whole", () => {
  const server = openServer();
  server.feed(post(1, [["content-length", "0"]]), padded(1, 0, 5), padded(1, 0, 0, true));
  assert.deepEqual(server.told(), ["head 1 POST / HTTP/1.1", "data 1 0 end"]);
});

Deno.test("what a peer had on its way for a reset stream is ignored, and then counts", () => {
  const server = openServer({ limits: { maxGlitchesPerWindow: 2 } });
  server.feed(post(1));
  server.connection.reset(server.stream(1), ErrorCode.CANCEL);
  assert.deepEqual(server.written(), ["RST_STREAM 1 8"]);
  server.feed(data(1, 16_384), data(1, 16_384), headers(1, trailers), headers(1, trailers));
  server.feed(data(1, 16_384), data(1, 16_383));
  assert.deepEqual(server.written(), []);
  server.feed(data(1, 1), headers(1, trailers));
  assert.deepEqual(server.written(), []);
  server.feed(data(1, 1));
  assertEnded(server, ErrorCode.ENHANCE_YOUR_CALM, "glitches");
});

Deno.test("a header block in pieces is one, and is discarded as one", () => {
  const server = openServer();
  const block = literals([...GET, ["x-kept", "1"]], true);
  const pieces = (stream: number) =>
    join(
      frame(FrameType.HEADERS, END_STREAM, stream, block.slice(0, 3)),
      frame(FrameType.CONTINUATION, 0, stream),
      frame(FrameType.CONTINUATION, 0, stream, block.slice(3, 40)),
      frame(FrameType.CONTINUATION, END_HEADERS, stream, block.slice(40)),
    );
  server.feed(pieces(1));
  assert.deepEqual(server.told(), ["head 1 GET / HTTP/1.1 end"]);
  server.feed(post(3));
  server.connection.reset(server.stream(3), ErrorCode.CANCEL);
  server.feed(pieces(3));
  const indexes = [0x80 | 66, 0x80 | 65, 0x80 | 64, 0x80 | 63, 0x80 | 62];
  server.feed(frame(FrameType.HEADERS, END_HEADERS | END_STREAM, 5, indexes));
  assert.deepEqual(server.told().at(-1), "head 5 GET / HTTP/1.1 end");
});

Deno.test("a stream that is reset while its block comes is never told of", () => {
  const server = openServer({ limits: { streamIdleMs: 1_000 } });
  server.feed(opened(1));
  server.now = 5_000;
  server.connection.expire(server.now);
  server.feed(frame(FrameType.CONTINUATION, END_HEADERS, 1));
  assert.deepEqual(server.told(), []);
  assert.deepEqual(server.written(), ["RST_STREAM 1 8"]);
});

Deno.test("GOAWAY of a client lets its streams run", () => {
  const server = openServer();
  server.feed(post(1), goaway(0, 0));
  assert.deepEqual(server.told(), ["head 1 POST / HTTP/1.1", "goaway 0"]);
  server.feed(headers(3), data(1, 5, true));
  server.respond(1, 200, new Uint8Array(9));
  assert.deepEqual(server.written(), ["RST_STREAM 3 7", "HEADERS 1", "DATA 1 9 end", "GOAWAY 3 0"]);
  assert.ok(server.connection.isOver);
});
