import assert from "node:assert/strict";
import { typescriptFiles } from "./tree.ts";

/** How many source files may lie directly in one folder: as many as a reader takes in at once. */
const FOLDER_LIMIT = 20;

/** Folders that are wider, with the files they hold; the list only ever gets shorter. */
const KNOWN_WIDE: Readonly<Record<string, number>> = {};

Deno.test("no folder holds more source files than a reader takes in", () => {
  const sources = typescriptFiles().map(({ path }) => path).filter((path) =>
    !path.endsWith("_test.ts")
  );
  assert.ok(sources.length > 0);
  assert.deepEqual(wideFolders(sources), KNOWN_WIDE);
});

Deno.test("wideFolders() counts what lies directly in a folder", () => {
  const many = Array.from({ length: FOLDER_LIMIT + 1 }, (_, index) => `src/wide/${index}.ts`);
  const deep = many.map((path, index) => path.replace("wide", `deep/${index}`));
  assert.deepEqual(wideFolders([...many, ...deep, "main.ts"]), { "src/wide": FOLDER_LIMIT + 1 });
  assert.deepEqual(wideFolders(many.slice(1)), {});
});

function wideFolders(paths: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].filter(([, count]) => count > FOLDER_LIMIT).sort());
}
