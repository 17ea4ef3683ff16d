import assert from "node:assert/strict";
import * as fc from "fast-check";
import protobuf from "protobufjs";
import { WireReader } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** One value of each kind. */
const values = fc.record({
  number: fc.oneof(fc.integer(), fc.nat(300), fc.constantFrom(0x7fffffff, 0xffffffff, -1, 0)),
  big: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.constantFrom(0n, -1n)),
  text: fc.oneof(fc.string({ unit: "grapheme", maxLength: 200 }), fc.string({ maxLength: 2_000 })),
  bytes: fc.uint8Array({ maxLength: 300 }),
});

Deno.test("WireWriter writes each value as protobufjs does, and WireReader reads it back", () => {
  fc.assert(
    fc.property(values, ({ number, big, text, bytes }) => {
      const ours = new WireWriter();
      const theirs = new protobuf.Writer();
      ours.uint32(number);
      theirs.uint32(number >>> 0);
      ours.int32(number);
      theirs.int32(number | 0);
      ours.fixed32(number);
      theirs.fixed32(number >>> 0);
      ours.int64(big);
      const unsigned = BigInt.asUintN(64, big);
      theirs.uint64(String(unsigned));
      ours.bytes(bytes);
      theirs.bytes(bytes);
      const start = ours.begin();
      theirs.fork();
      ours.string(text);
      theirs.string(text);
      ours.end(start);
      theirs.ldelim();
      const written = ours.finish();
      assert.deepEqual(written, new Uint8Array(theirs.finish()));

      const reader = new WireReader(written);
      assert.equal(reader.uint32(), number >>> 0);
      assert.equal(reader.int32(), number | 0);
      assert.equal(reader.fixed32(), number >>> 0);
      assert.equal(reader.uint64(), unsigned);
      assert.deepEqual(reader.bytes(), bytes);
      assert.ok(reader.size() > 0);
      assert.equal(reader.string(), text);
      assert.equal(reader.pos, reader.len);
    }),
    { numRuns: 300 },
  );
});

Deno.test("WireReader reads signed numbers and booleans of any length up to ten bytes", () => {
  const read = (hex: string) => new WireReader(Uint8Array.fromHex(hex));
  assert.equal(read("ffffffffffffffffff01").int64(), -1n);
  assert.equal(read("ffffffffffffffffff01").int32(), -1);
  assert.equal(read("80808080808080808001").bool(), true);
  assert.equal(read("80808080808080808000").bool(), false);
  for (const hex of ["", "80", "ffffffffff", "8080808080808080808001"]) {
    for (const kind of ["int32", "uint32", "int64", "uint64", "bool"] as const) {
      assert.throws(() => read(hex)[kind](), RangeError, `${kind} ${hex}`);
    }
  }
});

Deno.test("WireReader looks at nothing beyond its end, which may be narrowed", () => {
  const bytes = Uint8Array.fromHex("0361626364650000");
  for (let len = 0; len < 4; len++) {
    const reader = new WireReader(bytes);
    reader.len = len;
    assert.throws(() => reader.string(), RangeError);
  }
  const reader = new WireReader(bytes);
  reader.len = 4;
  assert.equal(reader.string(), "abc");
  assert.throws(() => reader.tag(), RangeError);
  assert.throws(() => reader.fixed32(), RangeError);
});

Deno.test("WireWriter writes a lone surrogate as the replacement character", () => {
  const writer = new WireWriter();
  writer.string("a\ud800b");
  assert.equal(new WireReader(writer.finish()).string(), "a\ufffdb");
});
