import assert from "node:assert/strict";
import { findImports } from "./imports.ts";
import { maskSource } from "./mask.ts";
import { isPure, isTest, PURE_FOLDERS, type SourceFile, typescriptFiles } from "./tree.ts";

/** What pure code never names: the outside world, time, chance and waiting. */
const IMPURE =
  /\bDeno\s*\.|\bDate\b|\bMath\s*\.\s*random\b|\bawait\b|\basync\b|\bset(?:Timeout|Interval)\b|\bqueueMicrotask\b|\bperformance\b|\bcrypto\s*\.|\bfetch\s*\(|\bconsole\s*\.|\bglobalThis\b/g;

Deno.test("pure folders name no I/O, time, chance or waiting", () => {
  const files = typescriptFiles().filter(({ path }) => isPure(path));
  assert.ok(files.length > 0);
  assert.deepEqual(files.flatMap(impurities), []);
});

Deno.test("impurities() finds each of them, and none in comments and strings", () => {
  const path = `${PURE_FOLDERS[0]}x.ts`;
  const clean = "// Deno.open, Date\nconst a = 'Math.random()'; type Dated = { await_: 1 };\n";
  assert.deepEqual(impurities({ path, text: clean }), []);
  const dirty = [
    "Deno.open()",
    "new Date()",
    "Math.random()",
    "await x",
    "async () => 1",
    "setTimeout(f)",
    "performance.now()",
    "import 'node:fs'",
    "import { x } from 'node:crypto'",
    "console.log(1)",
    "`${Date.now()}`",
  ];
  for (const text of dirty) assert.equal(impurities({ path, text }).length, 1, text);
});

Deno.test("isPure() spares tests", () => {
  assert.ok(isPure("src/bytes/ascii.ts"));
  assert.ok(!isPure("src/bytes/ascii_test.ts") && isTest("src/bytes/ascii_test.ts"));
  assert.ok(!isPure("src/io/dialer.ts"));
});

function impurities(file: SourceFile): string[] {
  const nodeImports = findImports(file)
    .filter(({ specifier }) => specifier.startsWith("node:"))
    .map(({ specifier, line }) => `${file.path}:${line}: ${specifier}`);
  return [...matches(file, IMPURE), ...nodeImports];
}

function matches(file: SourceFile, pattern: RegExp): string[] {
  const code = maskSource(file.text);
  return [...code.matchAll(pattern)].map((match) => {
    const line = code.slice(0, match.index).split("\n").length;
    return `${file.path}:${line}: ${match[0].trim()}`;
  });
}
