import assert from "node:assert/strict";
import { findImports } from "./imports.ts";
import { typescriptFiles } from "./tree.ts";

/** Only what HTTP/2 needs lies here. */
const HTTP2 = /^src\/(?:session\/(?:http|upstream)\/h2|protocol\/h2)\//;

/** Names and numbers of HTTP/2 that others use as well: for metrics, for the size of pieces, for the first bytes. */
const ALWAYS_LOADED = [
  "src/protocol/h2/connection/counters.ts",
  "src/protocol/h2/connection/preface.ts",
  "src/protocol/h2/flood_guard.ts",
  "src/protocol/h2/frames/error_code.ts",
  "src/protocol/h2/frames/frame.ts",
  "src/protocol/h2/heads/head_problem.ts",
];

/** The file that loads the rest, and the one it loads. */
const LOADER = "src/proxy/http2_loader.ts";
const ENTRY = "src/session/http/h2/http2.ts";

/** The files whose code is loaded with that of `entry`, imports of types and those of {@link LOADER} left out. */
function loadedWith(entry: string): Set<string> {
  const files = new Map(typescriptFiles().map((file) => [file.path, file]));
  const found = new Set([entry]);
  for (const path of found) {
    const file = files.get(path);
    if (file === undefined) continue;
    for (const { path: imported, typesOnly } of findImports(file)) {
      const later = path === LOADER && imported === ENTRY;
      if (imported !== null && !typesOnly && !later) found.add(imported);
    }
  }
  return found;
}

Deno.test("a worker loads none of HTTP/2 with itself but names and numbers", () => {
  const loaded = [...loadedWith("workers/main.ts")];
  assert.ok(loaded.includes(LOADER) && loaded.length > 200, `${loaded.length} files`);
  assert.deepEqual(loaded.filter((path) => HTTP2.test(path)).sort(), ALWAYS_LOADED);
});
