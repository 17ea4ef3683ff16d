import assert from "node:assert/strict";
import { moduleState } from "./module_state.ts";
import { isTest, typescriptFiles } from "./tree.ts";

/** What modules keep, each with the reason why it may stay. */
const LISTED: Readonly<Record<string, string>> = {
  "src/io/tls/engine.ts#searched":
    "The engine is looked for at the first certificate, which makes a socket, and not again.",
  "src/io/tls/engine.ts#received":
    "Where every engine of the process puts its plaintext, which is taken in the same turn: a buffer for each connection would hold 33 KiB.",
  "src/observe/log/log.ts#LOGGING":
    "A process has one log, and its modules take theirs before it is known where lines go.",
};

Deno.test("no module keeps state of its own, but for what is listed with its reason", () => {
  const found = typescriptFiles()
    .filter(({ path }) => !isTest(path))
    .flatMap(moduleState);
  assert.deepEqual(found, Object.keys(LISTED).sort());
});

Deno.test("moduleState() finds every kind", () => {
  const kept = [
    "let x = 1;",
    "export var x = 1;",
    "const x = new Map<string, number>();",
    "const x: Map<string, number> = new Map();",
    "const x = new Uint8Array(64);",
    "const x = [];",
    "const x: string[] = [];",
    "const x = {};",
    "const x = new Registry();",
    "const x = [1, 2];\nfunction f() {\n  x.push(3);\n}",
    "const x = { a: 1 };\nfunction f(name: string) {\n  x[name] = 2;\n}",
    "const x = makeTable();\nfunction f() {\n  x[1] |= 2;\n}",
    "const x = /a/y;\nfunction f() {\n  x.lastIndex = 2;\n}",
    "const x = /a/g;\nfunction f(text: string) {\n  return x.exec(text);\n}",
  ];
  for (const text of kept) assert.deepEqual(moduleState({ path: "a.ts", text }), ["a.ts#x"], text);
});

Deno.test("moduleState() spares what stays as it was made", () => {
  const stays = [
    "const x = 1;",
    "const x: ReadonlyMap<string, number> = new Map();",
    "const x: readonly string[] = [];",
    "const x = new Set([1, 2]);",
    "const x = new Uint8Array(0);",
    "const x = new TextEncoder();",
    "const x = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;",
    "const x = makeTable();\nfunction f() {\n  return x[1] === 2 && x.get(2);\n}",
    "const x = /a/g;\nfunction f(text: string) {\n  return text.replace(x, '');\n}",
    "const x = /a/;\nfunction f(text: string) {\n  return x.exec(text);\n}",
    "function f() {\n  let x = 1;\n  const y = new Map();\n}",
    "// let x = 1;\nconst y = 'let x = 1;';",
  ];
  for (const text of stays) assert.deepEqual(moduleState({ path: "a.ts", text }), [], text);
});
