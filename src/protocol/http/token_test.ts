import assert from "node:assert/strict";
import { isAlphaNumeric, TOKEN } from "./token.ts";

Deno.test("TOKEN holds exactly the characters of RFC 9110 section 5.6.2", () => {
  const accepted = Array.from({ length: 256 }, (_, byte) => byte)
    .filter((byte) => TOKEN[byte] === 1).map((byte) => String.fromCharCode(byte)).join("");
  assert.equal(
    accepted,
    "!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz|~",
  );
});

Deno.test("isAlphaNumeric() accepts letters and digits and nothing around them", () => {
  for (const text of ["0", "9", "A", "Z", "a", "z"]) assert.ok(isAlphaNumeric(text.charCodeAt(0)));
  for (const text of ["/", ":", "@", "[", "`", "{"]) assert.ok(!isAlphaNumeric(text.charCodeAt(0)));
});
