// The source files of this tree, as the guards see them.

/** One text file of the tree. */
export interface SourceFile {
  /** Path from the root of the tree, with `/`. */
  readonly path: string;
  readonly text: string;
}

const ROOT = new URL("../../", import.meta.url);

/** Folders that hold nothing of ours. */
const SKIPPED = new Set([".git", "node_modules", "out"]);

/** Every file under the root whose name passes `wanted`, sorted by path. */
export function readTree(wanted: (path: string) => boolean): SourceFile[] {
  const found: SourceFile[] = [];
  const walk = (folder: string) => {
    for (const entry of Deno.readDirSync(new URL(folder, ROOT))) {
      const path = folder + entry.name;
      if (entry.isDirectory && !SKIPPED.has(entry.name)) walk(`${path}/`);
      else if (entry.isFile && wanted(path)) {
        found.push({ path, text: Deno.readTextFileSync(new URL(path, ROOT)) });
      }
    }
  };
  walk("./");
  return found
    .map(({ path, text }) => ({ path: path.slice(2), text }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Every TypeScript file of the tree. */
export function typescriptFiles(): SourceFile[] {
  return readTree((path) => path.endsWith(".ts"));
}

/** Whether a file is a test or exists for tests only (`..._testing.ts`, beside those that use it). */
export function isTest(path: string): boolean {
  return path.startsWith("tests/") || /_test(?:ing)?\.ts$/.test(path);
}

/** Folders whose code computes and nothing else: no I/O, no time, no chance, no waiting. */
export const PURE_FOLDERS: readonly string[] = [
  "config/",
  "src/bytes/",
  "src/protocol/",
  "src/routing/",
  "src/balancing/",
  "src/answers/",
];

/** Files in pure folders that are run at development time only and never imported. */
export const DEVELOPMENT_TOOLS: readonly string[] = ["config/schema/generate.ts"];

/** Whether a file must be pure. */
export function isPure(path: string): boolean {
  return PURE_FOLDERS.some((folder) => path.startsWith(folder)) &&
    !isTest(path) && !DEVELOPMENT_TOOLS.includes(path);
}
