import assert from "node:assert/strict";
import * as fc from "fast-check";
import { isForwardedList } from "./forwarded_list.ts";

function isList(text: string): boolean {
  const bytes = Uint8Array.from(` ${text} `, (char) => char.charCodeAt(0));
  return isForwardedList(bytes, 1, bytes.length - 1);
}

Deno.test("isForwardedList() takes what RFC 7239 has for lists", () => {
  for (
    const text of [
      'For="[2001:db8:cafe::17]:4711"',
      "for=192.0.2.60;proto=http;by=203.0.113.43",
      "for=192.0.2.43, for=198.51.100.17",
      "for=_hidden,for=unknown , by=_SEVKISEK",
      'for=a;;by=b,,for="c"',
      'for="";host="a, b; c"',
      'for="with \\" and \\\\ inside"',
      'for="\ttab"',
      'for="caf\u00e9"',
      "",
      ", for=a,",
      "x=y",
    ]
  ) assert.equal(isList(text), true, text);
});

Deno.test("isForwardedList() refuses what a reader could take for something else", () => {
  for (
    const text of [
      "for=192.0.2.60:80",
      "for=[2001:db8::1]",
      'for="open',
      'for="open\\',
      'for="open\\"',
      "for",
      "for=",
      "for=;by=a",
      "=a",
      "for=a by=b",
      "for=a; by=b",
      "for=a ;by=b",
      "for =a",
      "for= a",
      'for="a"b',
      'for=a"b"',
      "for=caf\u00e9",
      'for="\x01"',
      'for="\x7f"',
      'for="\\\x00"',
      "192.0.2.60",
      "for=a/b",
    ]
  ) assert.equal(isList(text), false, JSON.stringify(text));
});

/** The grammar written down once more. */
const PAIR = `[!#$%&'*+.^_\`|~0-9A-Za-z-]+=` +
  `(?:[!#$%&'*+.^_\`|~0-9A-Za-z-]+|"(?:[\\t !#-[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*")`;
const ELEMENT = `(?:${PAIR})?(?:;(?:${PAIR})?)*`;
const LIST = new RegExp(`^[ \\t]*${ELEMENT}[ \\t]*(?:,[ \\t]*${ELEMENT}[ \\t]*)*$`);

Deno.test("isForwardedList() agrees with the grammar about anything", () => {
  const piece = fc.constantFrom(
    "for",
    "=",
    ";",
    ",",
    " ",
    '"',
    "\\",
    "a",
    "\t",
    ":",
    "\x01",
    "\xe9",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
      const text = pieces.join("");
      assert.equal(isList(text), LIST.test(text), JSON.stringify(text));
    }),
    { numRuns: 3000 },
  );
});
