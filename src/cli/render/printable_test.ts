import assert from "node:assert/strict";
import fc from "fast-check";
import { printable, printableJson, printableLines } from "./printable.ts";

Deno.test("printable shows control characters instead of sending them to the terminal", () => {
  assert.equal(printable("a\x1b[2Jb\rc\x07"), "a\\u{1b}[2Jb\\u{d}c\\u{7}");
  assert.equal(printable("a\nb\tc"), "a\\u{a}b\\u{9}c");
  assert.equal(printable("\x7f\x9b31m"), "\\u{7f}\\u{9b}31m");
  assert.equal(printable("admin\u202egpj.exe"), "admin\\u{202e}gpj.exe");
  assert.equal(printable("h\u00e9llo \u4e16\u754c"), "h\u00e9llo \u4e16\u754c");
});

Deno.test("printableLines keeps newlines and nothing else of the kind", () => {
  assert.equal(printableLines("a\nb\r\n\x1b"), "a\nb\\u{d}\n\\u{1b}");
});

Deno.test("printableJson keeps the meaning of a document and leaves no control character", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
    const json = JSON.stringify({ text: String.fromCharCode(...units) }, null, 2);
    const safe = printableJson(json);
    assert.deepEqual(JSON.parse(safe), JSON.parse(json));
    assert.doesNotMatch(safe, /[^\n\P{Cc}]/u);
  }));
});
