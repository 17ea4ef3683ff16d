import assert from "node:assert/strict";
import { FIELD_VALUE, HEX_VALUE, TARGET, TOKEN } from "./grammar.ts";

const BYTES = Array.from({ length: 256 }, (_, byte) => byte);

function accepted(table: Uint8Array): string {
  return BYTES.filter((byte) => table[byte] === 1).map((byte) => String.fromCharCode(byte)).join(
    "",
  );
}

const VISIBLE = BYTES.filter((byte) => byte >= 0x21 && byte <= 0x7e)
  .map((byte) => String.fromCharCode(byte)).join("");

Deno.test("TOKEN is visible ASCII without the delimiters of RFC 9110", () => {
  assert.equal(
    accepted(TOKEN),
    [...VISIBLE].filter((c) => !'"(),/:;<=>?@[\\]{}'.includes(c)).join(""),
  );
});

Deno.test("TARGET is visible ASCII without the number sign, which begins a fragment", () => {
  assert.equal(accepted(TARGET), VISIBLE.replace("#", ""));
});

Deno.test("FIELD_VALUE is space, tab, visible ASCII and obs-text, no other control byte", () => {
  const obsText = BYTES.filter((byte) => byte >= 0x80).map((byte) => String.fromCharCode(byte));
  assert.equal(accepted(FIELD_VALUE), `\t ${VISIBLE}${obsText.join("")}`);
});

Deno.test("HEX_VALUE is the value of a digit, and 255 for everything else", () => {
  for (const byte of BYTES) {
    const character = String.fromCharCode(byte);
    const expected = /[0-9A-Fa-f]/.test(character) ? parseInt(character, 16) : 255;
    assert.equal(HEX_VALUE[byte], expected, character);
  }
});
