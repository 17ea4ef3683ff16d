import assert from "node:assert/strict";
import { maskSource } from "./mask.ts";

/** Source, and what must be left of it once runs of blanks are one blank. */
const CASES: readonly [string, string][] = [
  ["a = 1; // { not code\nb", "a = 1; b"],
  ["a /* { */ + b", "a + b"],
  ["x = \"}{\" + '{'", "x = \" \" + ' '"],
  ["x = 'it\\'s {'; y", "x = ' '; y"],
  ["`a ${ b({ c: `{` }) } d } {` + e", " b({ c: }) + e"],
  ["`a\n${b}\n{` + c", " b + c"],
  ["x = /[/{]\\/{/g.test(y)", "x = / /g.test(y)"],
  ["return /{/;", "return / /;"],
  ["x = a / b; y = c / { d: 1 }", "x = a / b; y = c / { d: 1 }"],
  ["x = f(a) / 2; // {\ny = z[0] / 3", "x = f(a) / 2; y = z[0] / 3"],
  ["x = /* a */ /re{/ ;", "x = / / ;"],
  ["import('x')", "import(' ')"],
];

Deno.test("maskSource() leaves code and nothing but code", () => {
  for (const [source, expected] of CASES) {
    assert.equal(maskSource(source).replace(/\s+/g, " "), expected, source);
  }
});

Deno.test("maskSource() keeps offsets and line breaks", () => {
  for (const [source] of CASES) {
    const mask = maskSource(source);
    assert.equal(mask.length, source.length);
    assert.equal(mask.split("\n").length, source.split("\n").length);
  }
});

Deno.test("maskSource() ends on unterminated tokens", () => {
  for (const source of ["/* a", "`a ${", '"a', "x = /a", "`a ${ {", "'\\"]) {
    assert.equal(maskSource(source).length, source.length);
  }
});
