import assert from "node:assert/strict";
import { Problem, problemText } from "./problem.ts";

Deno.test("problemText() has a sentence of its own for every problem", () => {
  const texts = Object.values(Problem).map(problemText);
  assert.equal(new Set(texts).size, texts.length);
  assert.ok(!texts.includes("Unknown problem"));
  for (const text of texts) assert.match(text, /^[A-Z][^\n]*[^.]$/);
});

Deno.test("Problem values are distinct and dense, so that they index a table", () => {
  const values = Object.values(Problem);
  assert.deepEqual([...values].sort((a, b) => a - b), values.map((_, index) => index));
});
