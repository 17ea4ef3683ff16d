import assert from "node:assert/strict";
import fc from "fast-check";
import { encodeTlvs, readTlvs } from "./tlv.ts";

Deno.test("readTlvs() reads records in order, empty ones too", () => {
  const bytes = Uint8Array.of(0x01, 0, 2, 0x68, 0x32, 0x04, 0, 0, 0xea, 0, 1, 9);
  assert.deepEqual(readTlvs(bytes), [
    { type: 0x01, value: Uint8Array.of(0x68, 0x32) },
    { type: 0x04, value: new Uint8Array(0) },
    { type: 0xea, value: Uint8Array.of(9) },
  ]);
  assert.deepEqual(readTlvs(new Uint8Array(0)), []);
});

Deno.test("readTlvs() refuses a record that is cut off anywhere", () => {
  const bytes = Uint8Array.of(0x01, 0, 2, 0x68, 0x32);
  for (let end = 1; end < bytes.length; end++) {
    assert.equal(readTlvs(bytes.subarray(0, end)), null, `cut after ${end}`);
  }
});

Deno.test("readTlvs() reads a length in big endian", () => {
  const bytes = new Uint8Array(3 + 0x0102);
  bytes.set([7, 1, 2]);
  assert.equal(readTlvs(bytes)?.[0]?.value.length, 0x0102);
});

Deno.test("encodeTlvs() refuses a type or a value that does not fit", () => {
  assert.throws(() => encodeTlvs([{ type: 256, value: new Uint8Array(0) }]), RangeError);
  assert.throws(() => encodeTlvs([{ type: -1, value: new Uint8Array(0) }]), RangeError);
  assert.throws(() => encodeTlvs([{ type: 1, value: new Uint8Array(65_536) }]), RangeError);
});

Deno.test("readTlvs() reads back what encodeTlvs() writes", () => {
  const records = fc.array(
    fc.record(
      { type: fc.nat({ max: 255 }), value: fc.uint8Array({ maxLength: 300 }) },
      { noNullPrototype: true },
    ),
  );
  fc.assert(fc.property(records, (given) => {
    assert.deepEqual(readTlvs(encodeTlvs(given)), given);
  }));
});

Deno.test("readTlvs() never throws, whatever the bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
    const records = readTlvs(bytes);
    if (records !== null) assert.deepEqual(encodeTlvs(records), bytes);
  }));
});
