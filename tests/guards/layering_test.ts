import assert from "node:assert/strict";
import { findImports } from "./imports.ts";
import { layerOf, mayImport } from "./layers.ts";
import { isTest, type SourceFile, typescriptFiles } from "./tree.ts";

Deno.test("every source file belongs to a layer", () => {
  const homeless = typescriptFiles().filter(({ path }) => !isTest(path) && layerOf(path) === null);
  assert.deepEqual(homeless.map(({ path }) => path), []);
});

Deno.test("files import only from the layers below them", () => {
  const files = typescriptFiles().filter(({ path }) => !isTest(path));
  assert.ok(files.length > 0);
  assert.deepEqual(files.flatMap(violations), []);
});

Deno.test("files import no packages that deno.json does not name", () => {
  const { imports } = JSON.parse(
    Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
  );
  const known = new Set(Object.keys(imports));
  const strangers = typescriptFiles().flatMap((file) =>
    findImports(file)
      .filter(({ specifier, path }) =>
        path === null && !specifier.startsWith("node:") && !known.has(packageOf(specifier))
      )
      .map(({ specifier, line }) => `${file.path}:${line}: ${specifier}`)
  );
  assert.deepEqual(strangers, []);
});

Deno.test("findImports() sees every form of import", () => {
  const text = `import a from "./a.ts";
import { type B, type C } from "../b.ts";
import type { D } from "../../config/d.ts";
export { e, type F } from "./e.ts";
import "./g.ts";
const h = await import("./h.ts");
import * as path from "node:path";
const no = 'import x from "./no.ts"'; // import y from "./no.ts"
export * from "./i.ts";
export const exported = 1;
`;
  const found = findImports({ path: "src/session/x.ts", text });
  assert.deepEqual(found.map(({ path, typesOnly, line }) => [path, typesOnly, line]), [
    ["src/session/a.ts", false, 1],
    ["src/b.ts", true, 2],
    ["config/d.ts", true, 3],
    ["src/session/e.ts", false, 4],
    ["src/session/g.ts", false, 5],
    ["src/session/h.ts", false, 6],
    [null, false, 7],
    ["src/session/i.ts", false, 9],
  ]);
});

Deno.test("mayImport() holds the table", () => {
  const rows: [string, string, boolean, boolean][] = [
    ["src/bytes/ascii.ts", "src/protocol/http/message.ts", false, false],
    ["src/protocol/h1/state.ts", "src/protocol/http/message.ts", false, true],
    ["src/protocol/h1/state.ts", "src/protocol/h2/frame.ts", true, false],
    ["src/protocol/h1/state.ts", "src/protocol/h1/grammar.ts", false, true],
    ["src/protocol/http/headers.ts", "src/protocol/h1/state.ts", false, false],
    ["src/routing/host/host_trie.ts", "config/schema/messages.ts", true, false],
    ["src/routing/host/host_trie.ts", "config/schema/messages.ts", false, false],
    ["config/rules/whole_rules.ts", "src/routing/route_entry.ts", false, true],
    ["src/answers/template.ts", "config/schema/messages.ts", true, false],
    ["src/session/http/exchange.ts", "src/io/contracts.ts", false, true],
    ["src/session/http/exchange.ts", "src/io/dialer.ts", true, false],
    ["workers/main.ts", "src/supervisor/start.ts", true, false],
    ["src/supervisor/start.ts", "workers/main.ts", false, false],
    ["main.ts", "src/supervisor/start.ts", false, true],
    ["src/elsewhere/x.ts", "src/bytes/ascii.ts", false, false],
  ];
  for (const [from, to, typesOnly, allowed] of rows) {
    assert.equal(mayImport(from, to, typesOnly), allowed, `${from} -> ${to}`);
  }
});

/** The package of a specifier, without the path inside of it. */
function packageOf(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function violations(file: SourceFile): string[] {
  return findImports(file).flatMap(({ path, typesOnly, line }) =>
    path === null || mayImport(file.path, path, typesOnly)
      ? []
      : [`${file.path}:${line}: must not import ${typesOnly ? "types of " : ""}${path}`]
  );
}
