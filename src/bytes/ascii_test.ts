import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes, asciiText, copyBytes, equalBytes, equalsIgnoreCase, LOWER } from "./ascii.ts";

Deno.test("LOWER changes the letters A to Z and no other byte", () => {
  for (let byte = 0; byte < 256; byte++) {
    const isUpper = byte >= 0x41 && byte <= 0x5a;
    assert.equal(LOWER[byte], isUpper ? byte + 32 : byte);
  }
});

Deno.test("asciiText() reads a range and shows bytes above 0x7f as Latin-1", () => {
  const bytes = Uint8Array.of(0x41, 0x42, 0xe9, 0x43);
  assert.equal(asciiText(bytes, 1, 3), "B\u00e9");
  assert.equal(asciiText(bytes, 2, 2), "");
  assert.equal(asciiText(asciiBytes("Host"), 0, 4), "Host");
});

Deno.test("equalsIgnoreCase() folds ASCII letters only, and only inside of the range", () => {
  const lower = asciiBytes("te@[{");
  assert.ok(equalsIgnoreCase(asciiBytes("xTe@[{x"), 1, 6, lower));
  // `@` and a backquote, `[` and `{` differ by the same bit as letters of two cases do.
  assert.ok(!equalsIgnoreCase(asciiBytes("te`[{"), 0, 5, lower));
  assert.ok(!equalsIgnoreCase(asciiBytes("te@{{"), 0, 5, lower));
  assert.ok(!equalsIgnoreCase(asciiBytes("te@[{"), 0, 4, lower));
  assert.ok(!equalsIgnoreCase(asciiBytes("te@[{x"), 0, 6, lower));
});

Deno.test("equalBytes() compares two ranges byte by byte", () => {
  const a = asciiBytes("..GET..");
  assert.ok(equalBytes(a, 2, 5, asciiBytes("GET"), 0, 3));
  assert.ok(!equalBytes(a, 2, 5, asciiBytes("get"), 0, 3));
  assert.ok(!equalBytes(a, 2, 5, asciiBytes("GETS"), 0, 4));
  assert.ok(equalBytes(a, 2, 2, a, 5, 5));
});

Deno.test("copyBytes() copies exactly the range, short or long", () => {
  const sizes = fc.tuple(fc.nat(9), fc.nat(120), fc.nat(9), fc.nat(9));
  fc.assert(fc.property(sizes, ([before, length, after, at]) => {
    const source = new Uint8Array(before + length + after).fill(0x11);
    for (let i = 0; i < length; i++) source[before + i] = i;
    const target = new Uint8Array(at + length + after + 3).fill(0xee);
    const end = copyBytes(source, before, before + length, target, at);
    assert.equal(end, at + length);
    assert.deepEqual(target.slice(at, end), source.slice(before, before + length));
    assert.ok(target.subarray(0, at).every((byte) => byte === 0xee));
    assert.ok(target.subarray(end).every((byte) => byte === 0xee));
  }));
});
