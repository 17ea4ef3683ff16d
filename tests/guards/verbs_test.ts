import assert from "node:assert/strict";
import { Request } from "../../config/schema/messages.ts";
import { isTest, typescriptFiles } from "./tree.ts";

/** Files that may name one verb, besides generated ones and tests. */
const MOST_FILES = 4;

/** Verbs whose name is an ordinary word of the tree as well, so that it cannot be counted. */
const ORDINARY_WORDS: ReadonlySet<string> = new Set(["status"]);

/** Written by the generator of the schema. */
const GENERATED = "config/schema/messages.ts";

/** The files that name a verb: as a text, or as the key of a table. */
function filesNaming(verb: string, files: readonly { path: string; text: string }[]): string[] {
  const named = new RegExp(`["'\`]${verb}["'\`]|^\\s*${verb}\\b(?=[:,])|\\.${verb}\\b`, "m");
  return files.filter(({ text }) => named.test(text)).map(({ path }) => path);
}

Deno.test("a verb is named in few files", () => {
  const files = typescriptFiles().filter(({ path }) => !isTest(path) && path !== GENERATED);
  const spread = Request.fields.filter(({ name }) => !ORDINARY_WORDS.has(name))
    .map(({ name }) => ({ name, paths: filesNaming(name, files) }));
  assert.deepEqual(spread.filter(({ paths }) => paths.length > MOST_FILES), []);
  assert.deepEqual(spread.filter(({ paths }) => paths.length === 0), []);
});

Deno.test("filesNaming() sees texts and keys, and no other words", () => {
  const file = (path: string, text: string) => ({ path, text });
  const files = [
    file("text.ts", 'send({ kind: "add_cluster" })'),
    file("key.ts", "const ROWS = {\n  add_cluster: 1,\n};"),
    file("field.ts", "VERBS.add_cluster"),
    file("comment.ts", "// about add_cluster"),
    file("longer.ts", '"add_cluster_frontend"'),
  ];
  assert.deepEqual(filesNaming("add_cluster", files), ["text.ts", "key.ts", "field.ts"]);
});
