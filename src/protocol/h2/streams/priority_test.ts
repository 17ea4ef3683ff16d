import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes } from "../../../bytes/ascii.ts";
import { DEFAULT_PRIORITY, isIncremental, readPriority, urgencyOf } from "./priority.ts";

function read(text: string, before?: number): [number, boolean] {
  const bytes = asciiBytes(`#${text}#`);
  const priority = readPriority(bytes, 1, bytes.length - 1, before);
  return [urgencyOf(priority), isIncremental(priority)];
}

Deno.test("readPriority() reads urgency and incremental in any order, the last of each", () => {
  const rows: [string, number, boolean][] = [
    ["", 3, false],
    ["u=0", 0, false],
    ["i", 3, true],
    ["u=5, i", 5, true],
    ["i=?1,u=1", 1, true],
    ["i, i=?0", 3, false],
    ["u=1,u=6", 6, false],
    ["u=8", 7, false],
    ["u=255", 7, false],
    ["\t u=2 \t,\ti ", 2, true],
  ];
  for (const [text, urgency, incremental] of rows) {
    assert.deepEqual(read(text), [urgency, incremental], text);
  }
});

Deno.test("readPriority() passes over what it does not understand", () => {
  for (
    const text of ["u", "u=", "u=-1", "u=256", "u=1.5", "u = 1", "i=1", "i=?2", "x=1", ",,", "iu"]
  ) {
    assert.deepEqual(read(text), [3, false], text);
  }
  assert.deepEqual(read("u=x", 2 * 1 + 1), [1, true]);
});

Deno.test("readPriority() ends on arbitrary bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const priority = readPriority(bytes, 0, bytes.length, DEFAULT_PRIORITY);
    assert.ok(priority >= 0 && priority <= 15);
  }));
});
