import assert from "node:assert/strict";
import { fillMessage } from "./message.ts";

Deno.test("fillMessage() puts values in the place of their names, whatever they hold", () => {
  assert.equal(fillMessage("{a} of {b}: {a}", { a: 1, b: "$& {a}" }), "1 of $& {a}: 1");
  assert.equal(fillMessage("{error}", { error: new TypeError("odd") }), "TypeError: odd");
  assert.equal(fillMessage("{a}{b}", { a: undefined, b: null }), "undefinednull");
});

Deno.test("fillMessage() leaves a name that has no value", () => {
  assert.equal(fillMessage("{a} {toString} {} {", { b: 1 }), "{a} {toString} {} {");
});

Deno.test("fillMessage() survives a value that has no text", () => {
  assert.equal(fillMessage("it is {a}", { a: Object.create(null) }), "it is (not to be told)");
});
