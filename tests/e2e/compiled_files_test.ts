// What `deno task compile` puts into the binary: everything that can run, and nothing that only tests need.
// The task's own command is run, with a small program in the place of the runtime: the list that is printed
// does not depend on it, and nothing has to be fetched.

import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { findImports } from "../guards/imports.ts";
import { isTest, typescriptFiles } from "../guards/tree.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Any program of the same kind as the runtime. */
const STAND_IN = "/bin/true";

const ignore = Deno.build.os !== "linux" || !isFile(STAND_IN);
if (ignore) console.error(`SKIPPED the embedded files: there is no ${STAND_IN} to compile with`);

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** The paths of the printed tree; a folder that is embedded whole ends in `/*`. */
function pathsOf(printed: string): string[] {
  const parents: string[] = [];
  const paths: string[] = [];
  for (const line of printed.split("\n")) {
    const [, indent, name] = /^((?:[│ ] )*)[├└]─[─┬] (\S+)/.exec(line) ?? [];
    if (indent === undefined || name === undefined) continue;
    parents.length = indent.length / 2;
    parents.push(name);
    paths.push(parents.join("/"));
  }
  return paths;
}

/** The files whose code `main.ts` reaches by its imports; of others only types are used. */
function reachable(): string[] {
  const files = new Map(typescriptFiles().map((file) => [file.path, file]));
  const found = new Set(["main.ts"]);
  for (const path of found) {
    const file = files.get(path);
    if (file === undefined) continue;
    for (const { path: imported, typesOnly } of findImports(file)) {
      if (!typesOnly && imported?.endsWith(".ts")) found.add(imported);
    }
  }
  return [...found];
}

Deno.test({
  name: "the compiled binary embeds what runs and nothing of the tests",
  ignore,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const [program, ...args] = manifest.tasks.compile.command.split(" ");
      assert.equal(program, "deno");
      const at = args.indexOf("--output");
      args[at + 1] = `${folder}/sozu`;
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [...args.slice(0, 1), "--no-check", ...args.slice(1)],
        cwd: ROOT,
        env: { DENORT_BIN: STAND_IN, NO_COLOR: "1" },
      }).output();
      const printed = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assert.equal(code, 0, printed);
      const paths = new Set(pathsOf(printed));
      assert.ok(paths.has("main.ts"), printed);
      for (const path of paths) {
        assert.doesNotMatch(path, /fast-check|pure-rand|(^|\/)tests?(\/|$)|_test(ing)?\.ts$/);
      }
      const whole = (path: string) =>
        path.split("/").some((_, i, parts) => paths.has(`${parts.slice(0, i).join("/")}/*`));
      const hidden = typescriptFiles().filter(({ path }) => isTest(path) && whole(path));
      assert.deepEqual(hidden.map(({ path }) => path), []);
      const files = reachable();
      assert.ok(
        files.includes("workers/main.ts") &&
          files.includes("src/supervisor/main_upgrade/new_main.ts"),
      );
      assert.deepEqual(files.filter((path) => !paths.has(path) && !whole(path)), []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
