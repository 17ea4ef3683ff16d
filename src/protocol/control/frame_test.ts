import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeFrame, FRAME_PREFIX_LENGTH, FrameError, FrameReader } from "./frame.ts";

function drain(reader: FrameReader): (Uint8Array | FrameError)[] {
  const taken: (Uint8Array | FrameError)[] = [];
  for (let frame = reader.next(); frame !== null; frame = reader.next()) {
    taken.push(frame);
    if (frame instanceof FrameError && frame.kind === "too_large") break;
  }
  return taken;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const STATUS_REQUEST = Uint8Array.of(0x62, 0x00);
const STATUS_FRAME = Uint8Array.of(0x0a, 0, 0, 0, 0, 0, 0, 0, 0x62, 0x00);

Deno.test("encodeFrame() counts its own eight bytes, least significant byte first", () => {
  assert.deepEqual(encodeFrame(STATUS_REQUEST), STATUS_FRAME);
  assert.deepEqual(encodeFrame(new Uint8Array(0)), Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0));
  assert.deepEqual(
    encodeFrame(new Uint8Array(70_000)).subarray(0, 8),
    Uint8Array.of(0x78, 0x11, 0x01, 0, 0, 0, 0, 0),
  );
});

Deno.test("FrameReader hands out a whole frame and then asks for more", () => {
  const reader = new FrameReader(1000);
  reader.receive(STATUS_FRAME);
  assert.deepEqual(reader.next(), STATUS_REQUEST);
  assert.equal(reader.next(), null);
  assert.equal(reader.pending, 0);
});

Deno.test("FrameReader accepts a frame byte by byte and nothing before its last byte", () => {
  const reader = new FrameReader(1000);
  for (const byte of STATUS_FRAME.subarray(0, STATUS_FRAME.length - 1)) {
    reader.receive(Uint8Array.of(byte));
    assert.equal(reader.next(), null);
  }
  reader.receive(STATUS_FRAME.subarray(STATUS_FRAME.length - 1));
  assert.deepEqual(reader.next(), STATUS_REQUEST);
});

Deno.test("FrameReader keeps the bytes that follow a frame for the next one", () => {
  const reader = new FrameReader(1000);
  reader.receive(concat([STATUS_FRAME, STATUS_FRAME.subarray(0, 5)]));
  assert.deepEqual(reader.next(), STATUS_REQUEST);
  assert.equal(reader.next(), null);
  assert.equal(reader.pending, 5);
  reader.receive(STATUS_FRAME.subarray(5));
  assert.deepEqual(reader.next(), STATUS_REQUEST);
});

Deno.test("FrameReader hands out an empty payload for the smallest legal frame", () => {
  const reader = new FrameReader(FRAME_PREFIX_LENGTH);
  reader.receive(Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0));
  assert.deepEqual(reader.next(), new Uint8Array(0));
});

Deno.test("FrameReader drops the prefix of a length of 5 and follows the stream again", () => {
  const reader = new FrameReader(1000);
  reader.receive(concat([Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0), STATUS_FRAME]));
  const error = reader.next();
  assert.ok(error instanceof FrameError);
  assert.equal(error.kind, "too_short");
  assert.match(error.message, /length 5 .* 8 bytes/);
  assert.deepEqual(reader.next(), STATUS_REQUEST);
});

Deno.test("FrameReader accepts a frame of exactly the maximum and refuses one byte more", () => {
  const fits = encodeFrame(new Uint8Array(42));
  const exact = new FrameReader(50);
  exact.receive(fits);
  assert.deepEqual(exact.next(), new Uint8Array(42));

  const over = new FrameReader(49);
  over.receive(fits);
  const error = over.next();
  assert.ok(error instanceof FrameError);
  assert.equal(error.kind, "too_large");
  assert.equal(error.declared, 50);
  assert.equal(over.next() instanceof FrameError, true, "the stream cannot be followed any more");
});

Deno.test("FrameReader refuses a length over the maximum before growing", () => {
  const reader = new FrameReader(2_000_000);
  const before = reader.capacity;
  reader.receive(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
  const error = reader.next();
  assert.ok(error instanceof FrameError);
  assert.equal(error.kind, "too_large");
  assert.equal(reader.capacity, before);
});

Deno.test("FrameReader grows for a large frame and shrinks once it was taken", () => {
  const reader = new FrameReader(2_000_000);
  const before = reader.capacity;
  const frame = encodeFrame(new Uint8Array(1_500_000).fill(7));
  for (let at = 0; at < frame.length; at += 1000) {
    reader.receive(frame.subarray(at, at + 1000));
    if (at + 1000 < frame.length) assert.equal(reader.next(), null);
  }
  assert.ok(reader.capacity >= frame.length);
  assert.ok(reader.capacity <= frame.length * 2 + 4096, `${reader.capacity}`);
  const payload = reader.next();
  assert.ok(payload instanceof Uint8Array);
  assert.equal(payload.length, 1_500_000);
  assert.equal(reader.next(), null);
  assert.equal(reader.capacity, before);
});

Deno.test("FrameReader does not reuse the memory of a payload it handed out", () => {
  const reader = new FrameReader(1000);
  reader.receive(STATUS_FRAME);
  const first = reader.next();
  reader.receive(encodeFrame(Uint8Array.of(1, 2)));
  assert.deepEqual(reader.next(), Uint8Array.of(1, 2));
  assert.deepEqual(first, STATUS_REQUEST);
});

Deno.test("FrameReader takes 20,000 pipelined frames of one chunk without copying the rest each time", () => {
  const reader = new FrameReader(2_000_000);
  const chunk = concat(Array.from({ length: 20_000 }, () => encodeFrame(new Uint8Array(92))));
  const started = performance.now();
  for (let round = 0; round < 10; round++) {
    reader.receive(chunk);
    assert.equal(drain(reader).length, 20_000);
  }
  // 200,000 frames take some 50 ms; copying the remainder for each would take minutes.
  assert.ok(performance.now() - started < 30_000);
});

Deno.test("FrameReader yields the same frames however the stream is cut", () => {
  fc.assert(fc.property(
    fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
    fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }),
    (payloads, cuts) => {
      const stream = concat(payloads.map(encodeFrame));
      const reader = new FrameReader(1000);
      const taken: (Uint8Array | FrameError)[] = [];
      for (let at = 0, i = 0; at < stream.length; i++) {
        const size = cuts[i % cuts.length] as number;
        reader.receive(stream.subarray(at, at + size));
        taken.push(...drain(reader));
        at += size;
      }
      assert.deepEqual(taken, payloads.map((payload) => new Uint8Array(payload)));
      assert.equal(reader.pending, 0);
    },
  ));
});

Deno.test("FrameReader survives any bytes and stays within its bounds", () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
    const reader = new FrameReader(512);
    for (const chunk of chunks) {
      reader.receive(chunk);
      const taken = drain(reader);
      if (taken.some((frame) => frame instanceof FrameError && frame.kind === "too_large")) return;
      assert.ok(reader.pending < 512);
    }
  }));
});
