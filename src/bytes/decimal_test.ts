import assert from "node:assert/strict";
import fc from "fast-check";
import { writeDecimal, writePadded } from "./decimal.ts";

function decimal(value: number): string {
  const bytes = new Uint8Array(16);
  return new TextDecoder().decode(bytes.subarray(0, writeDecimal(value, bytes, 0)));
}

Deno.test("writeDecimal() writes every number as String() does", () => {
  const edges = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 999_999_999, 1e9, 1e15];
  for (const value of [...edges, Number.MAX_SAFE_INTEGER]) {
    assert.equal(decimal(value), String(value));
  }
  fc.assert(fc.property(fc.maxSafeNat(), (value) => decimal(value) === String(value)));
  fc.assert(fc.property(fc.nat(100_000), (value) => decimal(value) === String(value)));
});

Deno.test("writePadded() fills up with zeros", () => {
  const bytes = new Uint8Array(8);
  assert.equal(writePadded(42, 6, bytes, 1), 7);
  assert.equal(new TextDecoder().decode(bytes.subarray(1, 7)), "000042");
});
