import assert from "node:assert/strict";
import fc from "fast-check";
import { ProxyHeaderReader } from "./header_reader.ts";
import type { ReadStep } from "./header_reader.ts";
import { encodeV1 } from "./v1.ts";
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

/** Feeds `input` cut at `cuts`, until the reader has an outcome; gives it and the bytes left. */
function feed(
  reader: ProxyHeaderReader,
  input: Uint8Array,
  cuts: readonly number[],
): { step: ReadStep; unread: Uint8Array } {
  let step: ReadStep = { kind: "need_more" };
  let start = 0;
  for (const end of [...cuts, input.length]) {
    step = reader.receive(input.subarray(start, end));
    start = end;
    if (step.kind !== "need_more") break;
  }
  return { step, unread: input.subarray(start) };
}

function everyCut(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

function assertReads(name: string, header: Uint8Array, cuts: readonly number[]): void {
  const reader = new ProxyHeaderReader({ accepts: "any" });
  const { step, unread } = feed(reader, join(header, PAYLOAD), cuts);
  assert.ok(step.kind === "done", `${name}: ${JSON.stringify(step)}`);
  assert.deepEqual(step.raw, header, `${name}: raw`);
  assert.deepEqual(join(step.rest, unread), PAYLOAD, `${name}: payload`);
}

Deno.test("ProxyHeaderReader gives header, exact bytes and payload however they are split", () => {
  for (const [name, header] of [...HEADERS, ...LINES]) {
    assertReads(`${name}, whole`, header, []);
    assertReads(`${name}, byte by byte`, header, everyCut(header.length + PAYLOAD.length));
    for (let cut = 0; cut < header.length + PAYLOAD.length; cut++) {
      assertReads(`${name}, cut at ${cut}`, header, [cut]);
    }
  }
  const cuts = fc.array(fc.nat({ max: 240 }), { maxLength: 12 });
  fc.assert(fc.property(fc.constantFrom(...HEADERS, ...LINES), cuts, ([name, header], at) => {
    const end = header.length + PAYLOAD.length;
    assertReads(name, header, at.map((cut) => Math.min(cut, end)).sort((a, b) => a - b));
  }));
});

Deno.test("ProxyHeaderReader gives an empty rest when nothing follows", () => {
  for (const [name, header] of HEADERS) {
    const step = new ProxyHeaderReader().receive(header);
    assert.ok(step.kind === "done", name);
    assert.equal(step.rest.length, 0);
  }
});

Deno.test("ProxyHeaderReader takes version 2 only unless told otherwise", () => {
  const [, line] = LINES[1] as [string, Uint8Array];
  const step = new ProxyHeaderReader().receive(line);
  assert.deepEqual(step, { kind: "error", reason: "Byte 0 does not belong to the signature" });
  assert.equal(new ProxyHeaderReader({ accepts: "any" }).receive(line).kind, "done");
});

Deno.test("ProxyHeaderReader keeps its copy when the input buffer is reused", () => {
  const header = v2("192.0.2.1", "192.0.2.2");
  const buffer = header.slice(0, 20);
  const reader = new ProxyHeaderReader();
  assert.equal(reader.receive(buffer).kind, "need_more");
  buffer.fill(0xff);
  const step = reader.receive(header.subarray(20));
  assert.ok(step.kind === "done");
  assert.deepEqual(step.raw, header);
});

Deno.test("ProxyHeaderReader.isEmpty tells a port check from a partial header", () => {
  const reader = new ProxyHeaderReader();
  assert.equal(reader.isEmpty, true);
  assert.equal(reader.receive(new Uint8Array(0)).kind, "need_more");
  assert.equal(reader.isEmpty, true);
  assert.equal(reader.receive(Uint8Array.of(0x0d)).kind, "need_more");
  assert.equal(reader.isEmpty, false);
});

Deno.test("ProxyHeaderReader refuses the first wrong byte of a byte-wise feed and stays refused", () => {
  const header = v2("192.0.2.1", "192.0.2.2");
  header[5] = 0xff;
  const reader = new ProxyHeaderReader();
  for (let i = 0; i < 5; i++) {
    assert.equal(reader.receive(header.subarray(i, i + 1)).kind, "need_more");
  }
  assert.equal(reader.receive(header.subarray(5, 6)).kind, "error");
  assert.equal(reader.receive(header.subarray(6)).kind, "error");
});

Deno.test("ProxyHeaderReader refuses input after the header instead of reading a second one", () => {
  const reader = new ProxyHeaderReader();
  assert.equal(reader.receive(v2("192.0.2.1", "192.0.2.2")).kind, "done");
  assert.equal(reader.receive(v2("192.0.2.1", "192.0.2.2")).kind, "error");
});

Deno.test("ProxyHeaderReader honours a configured length", () => {
  const header = v2("", "", new Uint8Array(500));
  assert.equal(new ProxyHeaderReader().receive(header).kind, "error");
  assert.equal(new ProxyHeaderReader({ maxLength: 500 }).receive(header).kind, "done");
  assert.equal(new ProxyHeaderReader({ maxLength: 499 }).receive(header).kind, "error");
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
  const accepts = fc.constantFrom("v2" as const, "any" as const);
  const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 10 });
  fc.assert(
    fc.property(hostileInput(), cuts, accepts, (input, at, versions) => {
      const whole = new ProxyHeaderReader({ accepts: versions }).receive(input);
      const sorted = at.map((cut) => Math.min(cut, input.length)).sort((a, b) => a - b);
      const split = feed(new ProxyHeaderReader({ accepts: versions }), input, sorted).step;
      assert.equal(split.kind, whole.kind);
      if (whole.kind === "done" && split.kind === "done") assert.deepEqual(split.raw, whole.raw);
      if (whole.kind === "error" && split.kind === "error") {
        assert.equal(split.reason, whole.reason);
      }
      if (input.length >= 232) assert.notEqual(whole.kind, "need_more");
    }),
    { numRuns: 2000 },
  );
});
