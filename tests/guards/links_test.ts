import assert from "node:assert/strict";
import { readTree, type SourceFile } from "./tree.ts";

/** A Markdown link to something in the tree: neither an address nor a place in the same text. */
const LINK = /\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g;

Deno.test("links in documents lead somewhere", () => {
  const documents = readTree((path) => path.endsWith(".md"));
  assert.ok(documents.length > 0);
  assert.deepEqual(documents.flatMap(deadLinks), []);
});

Deno.test("deadLinks() tells files from addresses", () => {
  const text = "[a](LICENSE) [b](src/nowhere.ts) [c](https://example.test) [d](#there)";
  assert.deepEqual(deadLinks({ path: "README.md", text }), ["README.md: src/nowhere.ts"]);
});

function deadLinks({ path, text }: SourceFile): string[] {
  const at = new URL(`../../${path}`, import.meta.url);
  return [...text.matchAll(LINK)]
    .map(([, target]) => target as string)
    .filter((target) => !exists(new URL(target, at)))
    .map((target) => `${path}: ${target}`);
}

function exists(place: URL): boolean {
  try {
    Deno.statSync(place);
    return true;
  } catch {
    return false;
  }
}
