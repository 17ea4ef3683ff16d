import assert from "node:assert/strict";
import { findCircles, importGraph } from "./circles.ts";
import { isTest, typescriptFiles } from "./tree.ts";

/** Circles that stand, each sorted by path; the list only ever gets shorter. */
const KNOWN_CIRCLES: readonly (readonly string[])[] = [];

Deno.test("no files import each other in a circle", () => {
  const files = typescriptFiles().filter(({ path }) => !isTest(path));
  assert.ok(files.length > 0);
  // A circle that loses files stays within its entry; what is left of the list then says so.
  const found = findCircles(importGraph(files));
  const strangers = found.filter((circle) => !KNOWN_CIRCLES.some((known) => holds(known, circle)));
  assert.deepEqual(strangers, []);
  const gone = KNOWN_CIRCLES.flat().filter((path) => !found.flat().includes(path));
  assert.deepEqual(gone, [], "no longer in a circle: shorten the list");
});

function holds(known: readonly string[], circle: readonly string[]): boolean {
  return circle.every((path) => known.includes(path));
}

Deno.test("no files of the tests import each other in a circle", () => {
  assert.deepEqual(
    findCircles(importGraph(typescriptFiles().filter(({ path }) => isTest(path)))),
    [],
  );
});

Deno.test("findCircles() finds circles of two, of many and of one, and spares diamonds", () => {
  const graph = new Map<string, string[]>([
    ["top", ["left", "right"]],
    ["left", ["bottom"]],
    ["right", ["bottom", "a"]],
    ["bottom", []],
    ["a", ["b"]],
    ["b", ["c", "bottom"]],
    ["c", ["a", "x"]],
    ["x", ["y"]],
    ["y", ["x"]],
    ["self", ["self"]],
  ]);
  assert.deepEqual(findCircles(graph), [["a", "b", "c"], ["self"], ["x", "y"]]);
});

Deno.test("importGraph() counts imports of types and leaves strangers out", () => {
  const graph = importGraph([
    { path: "src/a.ts", text: 'import type { B } from "./b.ts";\nimport "node:fs";\n' },
    { path: "src/b.ts", text: 'export { a } from "./a.ts";\nimport "./elsewhere.ts";\n' },
  ]);
  assert.deepEqual([...graph], [["src/a.ts", ["src/b.ts"]], ["src/b.ts", ["src/a.ts"]]]);
  assert.deepEqual(findCircles(graph), [["src/a.ts", "src/b.ts"]]);
});
