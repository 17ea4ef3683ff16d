import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeV1 } from "../../../tests/support/session/proxy_headers.ts";
import { ProxyHeaderReader } from "./header_reader.ts";
import type { ReadStep } from "./header_reader.ts";
import { encodeTlvs } from "./tlv.ts";
import { encodeV2 } from "./v2.ts";

const PAYLOAD = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");

const HEADERS: readonly [string, Uint8Array][] = [
  ["IPv4", v2("192.0.2.1", "192.0.2.2")],
  ["IPv6", v2("2001:db8::1", "2001:db8::2")],
  ["IPv4 and records", v2("192.0.2.1", "192.0.2.2", Uint8Array.of(1, 0, 1, 9, 4, 0, 0))],
  ["unspecified", v2("", "")],
  ["unspecified and skipped bytes", v2("", "", Uint8Array.of(1, 2, 3))],
  ["the longest", v2("", "", new Uint8Array(216))],
];

const LINES: readonly [string, Uint8Array][] = [
  ["UNKNOWN", encodeV1(null)],
  [
    "TCP4",
    encodeV1({
      family: "inet",
      source: { ip: "192.0.2.1", port: 1 },
      destination: { ip: "192.0.2.2", port: 2 },
    }),
  ],
];

function v2(from: string, to: string, extensions = new Uint8Array(0)): Uint8Array {
  return encodeV2({
    command: "PROXY",
    transport: "stream",
    source: { ip: from, port: 9000 },
    destination: { ip: to, port: 443 },
    extensions,
  });
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Feeds `input` in reads of at most `sizes` (in turn) bytes until there is an outcome. */
function feed(
  reader: ProxyHeaderReader,
  input: Uint8Array,
  sizes: readonly number[],
): { step: ReadStep; consumed: number } {
  let step: ReadStep = { kind: "need_more" };
  let at = 0;
  for (let turn = 0; step.kind === "need_more" && at < input.length; turn++) {
    const { room } = reader;
    const size = sizes.length === 0 ? room.length : sizes[turn % sizes.length] as number;
    const part = input.subarray(at, at + Math.min(room.length, size));
    room.set(part);
    step = reader.take(part.length);
    at += part.length;
  }
  return { step, consumed: at };
}

Deno.test("ProxyHeaderReader gives header and exact bytes and takes nothing of the payload", () => {
  const check = (name: string, header: Uint8Array, sizes: readonly number[]) => {
    const reader = new ProxyHeaderReader();
    const { step, consumed } = feed(reader, join(header, PAYLOAD), sizes);
    assert.ok(step.kind === "done", `${name}: ${JSON.stringify(step)}`);
    assert.deepEqual(step.raw, header, `${name}: raw`);
    assert.equal(consumed, header.length, `${name}: payload`);
    assert.equal(reader.room.length, 0);
  };
  for (const [name, header] of [...HEADERS, ...LINES]) {
    check(`${name}, whole`, header, []);
    for (let size = 1; size < header.length; size++) check(`${name} by ${size}`, header, [size]);
  }
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 });
  fc.assert(fc.property(fc.constantFrom(...HEADERS, ...LINES), sizes, ([name, header], parts) => {
    check(`${name}, ${parts}`, header, parts);
  }));
});

Deno.test("ProxyHeaderReader needs two reads for the usual header of version 2", () => {
  for (const [from, to] of [["192.0.2.1", "192.0.2.2"], ["2001:db8::1", "2001:db8::2"]] as const) {
    const reader = new ProxyHeaderReader();
    const header = v2(from, to);
    reader.room.set(header.subarray(0, reader.room.length));
    assert.equal(reader.take(reader.room.length).kind, "need_more");
    reader.room.set(header.subarray(header.length - reader.room.length));
    assert.equal(reader.take(reader.room.length).kind, "done");
  }
});

Deno.test("ProxyHeaderReader.isEmpty tells a port check from a partial header", () => {
  const reader = new ProxyHeaderReader();
  assert.equal(reader.isEmpty, true);
  assert.equal(reader.take(0).kind, "need_more");
  assert.equal(reader.isEmpty, true);
  reader.room[0] = 0x0d;
  assert.equal(reader.take(1).kind, "need_more");
  assert.equal(reader.isEmpty, false);
});

Deno.test("ProxyHeaderReader refuses the first wrong byte of a byte-wise feed and takes no more", () => {
  const header = v2("192.0.2.1", "192.0.2.2");
  header[5] = 0xff;
  const reader = new ProxyHeaderReader();
  const { step, consumed } = feed(reader, header, [1]);
  assert.equal(step.kind, "error");
  assert.equal(consumed, 6);
  assert.equal(reader.room.length, 0);
  assert.throws(() => reader.take(1), RangeError);
});

Deno.test("ProxyHeaderReader honours a configured length", () => {
  const header = v2("", "", new Uint8Array(500));
  assert.equal(feed(new ProxyHeaderReader(), header, []).step.kind, "error");
  assert.equal(feed(new ProxyHeaderReader(500), header, []).step.kind, "done");
  assert.equal(feed(new ProxyHeaderReader(499), header, []).step.kind, "error");
});

Deno.test("ProxyHeaderReader holds what has come, however much is announced, and gives it all", () => {
  const record = { type: 0xe0, value: new Uint8Array(16_000) };
  const header = v2("192.0.2.1", "192.0.2.2", Uint8Array.from(encodeTlvs([record])));
  const reader = new ProxyHeaderReader(0x7fff);
  let at = 0;
  let step: ReadStep = { kind: "need_more" };
  while (step.kind === "need_more") {
    assert.ok(reader.room.buffer.byteLength <= Math.max(232, 2 * at), `${at} bytes have come`);
    const part = header.subarray(at, at + reader.room.length);
    reader.room.set(part);
    step = reader.take(part.length);
    at += part.length;
  }
  assert.ok(step.kind === "done");
  assert.deepEqual(step.raw, header);
  assert.equal(step.raw.buffer.byteLength, header.length, "no more than the header is kept");
  for (const size of [1, 7, 231, 232, 233, 1_460]) {
    const split = feed(new ProxyHeaderReader(0x7fff), join(header, PAYLOAD), [size]);
    assert.ok(split.step.kind === "done");
    assert.deepEqual([split.step.raw, split.consumed], [header, header.length]);
  }
});

/** Random bytes, and good headers with a byte changed: the second kind gets past the signature. */
function hostileInput(): fc.Arbitrary<Uint8Array> {
  const mutated = fc.tuple(
    fc.constantFrom(...HEADERS, ...LINES),
    fc.array(fc.tuple(fc.nat({ max: 60 }), fc.nat({ max: 255 })), { maxLength: 4 }),
    fc.uint8Array({ maxLength: 300 }),
  ).map(([[, header], changes, tail]) => {
    const input = join(header, tail);
    for (const [at, value] of changes) if (at < input.length) input[at] = value;
    return input;
  });
  return fc.oneof(fc.uint8Array({ maxLength: 400 }), mutated);
}

Deno.test("ProxyHeaderReader never throws, decides within its bound and the same for any split", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 10 });
  fc.assert(
    fc.property(hostileInput(), sizes, (input, parts) => {
      const whole = feed(new ProxyHeaderReader(), input, []);
      const split = feed(new ProxyHeaderReader(), input, parts);
      // A wrong byte may be noticed earlier, and then another one, when the bytes come one by one.
      assert.equal(split.step.kind, whole.step.kind);
      if (whole.step.kind === "done" && split.step.kind === "done") {
        assert.deepEqual(split.step.raw, whole.step.raw);
        assert.equal(split.consumed, whole.consumed);
      }
      if (input.length >= 232) assert.notEqual(whole.step.kind, "need_more");
    }),
    { numRuns: 2000 },
  );
});
