import assert from "node:assert/strict";
import fc from "fast-check";
import { ErrorCode } from "./error_code.ts";
import {
  FRAME_HEADER_BYTES,
  FrameFlag,
  FrameReader,
  FrameStatus,
  FrameType,
  MAX_FRAME_BYTES,
  payloadRoom,
} from "./frame.ts";
import {
  writeFrameHeader,
  writeGoaway,
  writePing,
  writeReset,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "./frame_writer.ts";

function frame(type: number, flags: number, stream: number, payload: ArrayLike<number>) {
  const bytes = new Uint8Array(9 + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** The reader after one frame, and how it went. */
function read(bytes: Uint8Array): [FrameStatus, FrameReader] {
  const reader = new FrameReader();
  return [reader.read(bytes, 0, bytes.length), reader];
}

function problemOf(bytes: Uint8Array): ErrorCode {
  const [status, reader] = read(bytes);
  assert.equal(status, FrameStatus.BAD);
  return reader.problem;
}

Deno.test("FrameReader reads a frame wherever it is cut", () => {
  const bytes = frame(FrameType.DATA, FrameFlag.END_STREAM, 7, [1, 2, 3]);
  for (let cut = 0; cut < bytes.length; cut++) {
    assert.equal(new FrameReader().read(bytes, 0, cut), FrameStatus.MORE);
  }
  const [status, reader] = read(bytes);
  const { type, stream, start, end, next, length } = reader;
  assert.deepEqual([status, type, stream, start, end, next, length], [1, 0, 7, 9, 12, 12, 3]);
  assert.ok(reader.has(FrameFlag.END_STREAM));
});

Deno.test("FrameReader leaves out the reserved bit of a stream id", () => {
  const bytes = frame(FrameType.DATA, 0, 7, []);
  bytes[5] = 0x80;
  assert.equal(read(bytes)[1].stream, 7);
});

Deno.test("FrameReader cuts padding and priority, and refuses more padding than there is payload", () => {
  const rows: [type: number, flags: number, payload: number[], content: [number, number] | null][] =
    [
      [FrameType.DATA, FrameFlag.PADDED, [2, 65, 0, 0], [10, 11]],
      [FrameType.DATA, FrameFlag.PADDED, [3, 0, 0, 0], [10, 10]],
      [FrameType.DATA, FrameFlag.PADDED, [4, 0, 0, 0], null],
      [FrameType.DATA, FrameFlag.PADDED, [], null],
      [FrameType.HEADERS, FrameFlag.PRIORITY, [0x80, 0, 0, 5, 9, 65], [14, 15]],
      [FrameType.HEADERS, FrameFlag.PRIORITY, [0, 0, 0, 5], null],
      [FrameType.HEADERS, 0x28, [1, 0, 0, 0, 5, 9, 65, 0], [15, 16]],
      [FrameType.HEADERS, 0x28, [2, 0, 0, 0, 5, 9, 0], null],
    ];
  for (const [type, flags, payload, content] of rows) {
    const [status, reader] = read(frame(type, flags, 1, payload));
    if (content === null) {
      assert.deepEqual([status, reader.problem], [FrameStatus.BAD, ErrorCode.PROTOCOL_ERROR]);
      continue;
    }
    assert.deepEqual([status, [reader.start, reader.end]], [FrameStatus.FRAME, content]);
    if (type === FrameType.HEADERS) assert.equal(reader.dependency, 5);
  }
});

Deno.test("FrameReader refuses frames on streams where they have no place", () => {
  const onStreams = ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "PUSH_PROMISE", "CONTINUATION"];
  for (const name of onStreams) {
    const bytes = frame(FrameType[name as keyof typeof FrameType], 0, 0, [0, 0, 0, 0]);
    assert.equal(problemOf(bytes), ErrorCode.PROTOCOL_ERROR, name);
  }
  for (const name of ["SETTINGS", "PING", "GOAWAY", "PRIORITY_UPDATE"]) {
    const bytes = frame(FrameType[name as keyof typeof FrameType], 0, 1, new Uint8Array(8));
    assert.equal(problemOf(bytes), ErrorCode.PROTOCOL_ERROR, name);
  }
});

Deno.test("FrameReader refuses wrong sizes, the too large before their payload has come", () => {
  const size: [type: number, flags: number, stream: number, length: number][] = [
    [FrameType.RST_STREAM, 0, 1, 3],
    [FrameType.RST_STREAM, 0, 1, 5],
    [FrameType.PING, 0, 0, 7],
    [FrameType.WINDOW_UPDATE, 0, 0, 5],
    [FrameType.GOAWAY, 0, 0, 7],
    [FrameType.SETTINGS, 0, 0, 7],
    [FrameType.SETTINGS, FrameFlag.ACK, 0, 6],
    [FrameType.SETTINGS, 0, 0, 65 * 6],
    [FrameType.PRIORITY_UPDATE, 0, 0, 3],
  ];
  for (const [type, flags, stream, length] of size) {
    const bytes = frame(type, flags, stream, new Uint8Array(length));
    assert.equal(problemOf(bytes), ErrorCode.FRAME_SIZE_ERROR, `${type} ${length}`);
  }
  for (const type of [FrameType.DATA, 0x42]) {
    const header = frame(type, 0, 1, []);
    writeFrameHeader(header, 0, MAX_FRAME_BYTES + 1, type, 0, 1);
    assert.equal(problemOf(header), ErrorCode.FRAME_SIZE_ERROR);
  }
  assert.equal(read(frame(FrameType.SETTINGS, 0, 0, new Uint8Array(64 * 6)))[0], 1);
});

Deno.test("FrameReader bounds PRIORITY_UPDATE, and leaves PRIORITY of a wrong size to its stream", () => {
  const update = (value: number, stream = 3) =>
    frame(FrameType.PRIORITY_UPDATE, 0, 0, [0, 0, 0, stream, ...new Uint8Array(value)]);
  assert.equal(read(update(1024))[0], FrameStatus.FRAME);
  assert.equal(problemOf(update(1025)), ErrorCode.PROTOCOL_ERROR);
  assert.equal(problemOf(update(1, 0)), ErrorCode.PROTOCOL_ERROR);
  const [status, { dependency }] = read(frame(FrameType.PRIORITY, 0, 3, [0, 0, 0, 3]));
  assert.deepEqual([status, dependency], [FrameStatus.FRAME, -1]);
  assert.equal(read(frame(FrameType.PRIORITY, 0, 3, [0, 0, 0, 3, 1]))[1].dependency, 3);
});

Deno.test("FrameReader passes frames of unknown types, on any stream", () => {
  for (const stream of [0, 1]) {
    assert.equal(read(frame(0x0a, 0xff, stream, [1, 2, 3]))[0], FrameStatus.FRAME);
  }
});

Deno.test("FrameReader reads what is written", () => {
  const out = new Uint8Array(200);
  let at = writeReset(out, 0, 5, ErrorCode.CANCEL);
  at = writeSettings(out, at, [[3, 100], [4, 0xffff_ffff]]);
  at = writeSettingsAck(out, at);
  at = writePing(out, at, FrameFlag.ACK, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), 1);
  at = writeGoaway(out, at, 0x7fff_ffff, ErrorCode.ENHANCE_YOUR_CALM);
  const end = writeWindowUpdate(out, at, 0, 16_711_681);
  const reader = new FrameReader();
  const found: string[] = [];
  for (let next = 0; next < end; next = reader.next) {
    assert.equal(reader.read(out, next, end), FrameStatus.FRAME);
    const content = out.slice(reader.start, reader.end).toHex();
    found.push(`${reader.type} ${reader.flags} ${reader.stream} ${content}`);
  }
  assert.deepEqual(found, [
    "3 0 5 00000008",
    "4 0 0 0003000000640004ffffffff",
    "4 1 0 ",
    "6 1 0 0102030405060708",
    "7 0 0 7fffffff0000000b",
    "8 0 0 00ff0001",
  ]);
});

Deno.test("FrameReader ends on arbitrary bytes, with a content inside of the frame", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    const [status, { start, end, next }] = read(bytes);
    if (status !== FrameStatus.FRAME) return;
    assert.ok(start >= 9 && start <= end && end <= next && next <= bytes.length);
  }));
});

Deno.test("payloadRoom() is what fits with the headers of its frames, and not a byte less", () => {
  const framed = (count: number) => count + FRAME_HEADER_BYTES * Math.ceil(count / MAX_FRAME_BYTES);
  const largest = FRAME_HEADER_BYTES + MAX_FRAME_BYTES;
  for (let size = 0; size < 4 * largest; size += size % largest < 20 ? 1 : 997) {
    const room = payloadRoom(size);
    assert.ok(framed(room) <= size, `${size}`);
    assert.ok(framed(room + 1) > size, `${size}`);
  }
});
