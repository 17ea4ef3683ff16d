import assert from "node:assert/strict";
import * as fc from "fast-check";
import { compareText } from "./text_order.ts";

Deno.test("compareText() orders texts as their UTF-8 bytes", () => {
  const text = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(fc.property(text, text, (a, b) => {
    const expected = compareBytes(new TextEncoder().encode(a), new TextEncoder().encode(b));
    assert.equal(Math.sign(compareText(a, b)), expected);
  }));
  assert.ok(compareText("\u{10000}", "\uffee") > 0);
});

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = (a[index] as number) - (b[index] as number);
    if (order !== 0) return Math.sign(order);
  }
  return Math.sign(a.length - b.length);
}
