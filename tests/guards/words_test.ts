import assert from "node:assert/strict";
import { readTree, type SourceFile } from "./tree.ts";

/** What no file of the tree says, and why. This file lists the words, so it is not searched. */
const FORBIDDEN: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  {
    why: "package hosts are the reader's choice",
    pattern:
      /\b(?:registry\.\w+\.\w+|npmjs\.\w+|jsr\.io|(?:dl\.)?deno\.land|pypi\.org|crates\.io)\b/i,
  },
  {
    why: "a path of one machine",
    pattern: /(?<![\w.$}/-])\/(?:work|root)(?![\w-])(?:\/|\b)|\/tmp\/notes/,
  },
  {
    why: "code and documents say what is, not how it came about",
    pattern:
      /\bissues? ?#?\d|\bGH-\d|\bas requested\b|\bper the (?:brief|task|issue)\b|\bthe brief\b|\bhelper agents?\b|\bprevious (?:version|attempt)\b/i,
  },
  {
    why: "unfinished work belongs nowhere",
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b|\bnot (?:yet )?implemented\b/,
  },
  {
    why: "tools are not authors",
    pattern: /\b(?:claude|chatgpt|copilot|anthropic|openai|llm|language model)\b|\bAI\b/,
  },
  {
    why: "documents outside of the tree cannot be read by its reader",
    pattern: /\b(?:CONTRACTS|architecture|models)\.md\b|\bshared\/spec\b/,
  },
];

const THIS_FILE = "tests/guards/words_test.ts";
const TEXT = /\.(?:ts|md|toml|proto|json|lock|service|lua)$|\/Dockerfile$|\/\.ci\/run$|\/LICENSE$/;

Deno.test("no file says what belongs outside of the tree", () => {
  const files = readTree((path) => TEXT.test(path));
  assert.ok(files.length > 0);
  assert.deepEqual(files.filter(({ path }) => path !== THIS_FILE).flatMap(findings), []);
});

Deno.test("findings() finds each kind and spares what looks alike", () => {
  const bad = [
    "https://registry.npmjs.org/x",
    "https://jsr.io/@std",
    "cd /work/main",
    '"/root"',
    "see issue 12",
    "fixes issue #3",
    "// TODO: later",
    "not yet implemented",
    "made with Copilot".toLowerCase(),
    "see models.md",
  ];
  for (const text of bad) assert.equal(findings({ path: "x.md", text }).length, 1, text);
  const good = [
    "GET /network HTTP/1.1",
    "https://www.example.test/work",
    "src/root.ts",
    "/workers/main.ts",
    "a TLS session is resumed",
    "maintain",
    "an issue for the operator",
  ];
  for (const text of good) assert.deepEqual(findings({ path: "x.md", text }), [], text);
});

function findings({ path, text }: SourceFile): string[] {
  return text.split("\n").flatMap((line, index) =>
    FORBIDDEN.filter(({ pattern }) => pattern.test(line))
      .map(({ pattern, why }) => `${path}:${index + 1}: ${pattern.exec(line)?.[0]}: ${why}`)
  );
}
