import assert from "node:assert/strict";
import { parseToml, type TomlError, type TomlTable, type TomlValue } from "./toml.ts";

function table(text: string): TomlTable {
  const parsed = parseToml(text);
  assert.equal(parsed.kind, "table", JSON.stringify(parsed));
  return parsed as TomlTable;
}

function failure(text: string): TomlError {
  const parsed = parseToml(text);
  assert.equal(parsed.kind, "toml-error");
  return parsed as TomlError;
}

/** The tree without lines: tables as entry lists, so that key order counts. */
function plain(value: TomlValue): unknown {
  if (value.kind === "table") {
    return [...value.entries].map(([key, entry]) => [key, plain(entry.value)]);
  }
  return value.kind === "array" ? value.items.map(plain) : value.value;
}

Deno.test("parseToml builds one tree from headers, dotted keys and inline tables", () => {
  const expected = [["a", [["b", [["c", 1n], ["d", "x"]]]]]];
  assert.deepEqual(plain(table('[a.b]\nc = 1\nd = "x"')), expected);
  assert.deepEqual(plain(table('a.b.c = 1\na.b.d = "x"')), expected);
  assert.deepEqual(plain(table('a = { b = { c = 1, d = "x" } }')), expected);
});

Deno.test("parseToml attaches sub-tables to the latest table of a series", () => {
  const text = "[[l]]\nx = 1\n[l.t]\ny = 2\n[[l]]\nx = 3\n[[l.s]]\nz = 4";
  assert.deepEqual(plain(table(text)), [["l", [
    [["x", 1n], ["t", [["y", 2n]]]],
    [["x", 3n], ["s", [[["z", 4n]]]]],
  ]]]);
});

Deno.test("parseToml accepts the inline tables of TOML 1.1", () => {
  const text = "a = {\n  b = 1, # first\n  c = [\n 1,\n 2,\n],\n}";
  assert.deepEqual(plain(table(text)), [["a", [["b", 1n], ["c", [1n, 2n]]]]]);
});

Deno.test("parseToml remembers the line of keys, values and tables", () => {
  const root = table("\n[a]\nb = [\n  1,\n  2,\n]\n");
  const a = root.entries.get("a");
  assert.equal(a?.line, 2);
  assert.equal(a?.value.kind, "table");
  const b = (a?.value as TomlTable).entries.get("b");
  assert.equal(b?.line, 3);
  assert.deepEqual(b?.value.kind === "array" && b.value.items.map((item) => item.line), [4, 5]);
});

Deno.test("parseToml keeps 64-bit integers exact", () => {
  assert.deepEqual(plain(table("a = 9223372036854775807")), [["a", 9223372036854775807n]]);
});

Deno.test("parseToml ignores a byte order mark and carriage returns", () => {
  assert.deepEqual(plain(table("\uFEFFa = 1\r\nb = 2\r\n")), [["a", 1n], ["b", 2n]]);
});

Deno.test("parseToml names the line and shows it for every syntax error", () => {
  const cases: [string, number, string][] = [
    ["a = 1\nb\n", 2, "'b'"],
    ["a = 1\nb =\n\n", 2, "'b ='"],
    ["a = 1\nb = # nothing\n", 2, "'b = # nothing'"],
    ['a = "x\n', 1, "'a = \"x'"],
    ["[a", 1, "'[a'"],
    ["a = 1\na = 2", 2, "'a = 2'"],
    ["a.b = 1\na.b = 2", 2, "'a.b = 2'"],
    ["[a]\n[b]\n[a]", 3, "'[a]'"],
    ["[[a]]\n[a]", 2, "'[a]'"],
    ["a = { b = 1 }\n[a.c]", 2, "'[a.c]'"],
    ["a = [{ b = 1 }]\n[[a]]", 2, "'[[a]]'"],
    ["a = 1\n[a.b]", 2, "'[a.b]'"],
  ];
  for (const [text, line, shown] of cases) {
    const { place, message } = failure(text);
    assert.equal(place.line, line, `${JSON.stringify(text)}: ${message}`);
    assert.ok(message.includes(shown), message);
  }
});

Deno.test("parseToml names the line to repair, not the one on which the fault was noticed", () => {
  const faults = ["c", "c.d", "c =", "c = [1,", "c = [[1, 2],", "c = {a = 1", 'c = "x', "c = 'x"]
    .concat("[t", "[[t]", 'c = """x', "c = '''x", "c = [ {a = 1}, {b = ", "c = [ # much");
  const followers = ["", "\n", "\nz = 1\n", "\n\n# note\n\n[q]\nz = 1\n", "\n[[q]]\n", "\n\n\n"];
  for (const fault of faults) {
    for (const follower of followers) {
      for (const newline of ["\n", "\r\n"]) {
        const text = `a = "[" # "\n[b.c]\n${fault}${follower}`.replaceAll("\n", newline);
        const { place, message } = failure(text);
        assert.equal(place.line, 3, `${JSON.stringify(text)}: ${message}`);
      }
    }
  }
  const inside: [string, number][] = [
    ["a = [\n  1,\n  x,\n]", 3],
    ["a = [\n  1,\n  2\n  3\n]", 3],
    ["a = [\n  { x = 1 }\n  { y = 2 }\n]", 2],
    ["a = {\n  x = 1\n  y = 2\n}", 2],
    ['a = """\none\n\\q\n"""', 3],
    ['a = """\nb = """"\nc = 1 2', 3],
    ["\uFEFFa = 1 2", 1],
  ];
  for (const [text, line] of inside) assert.equal(failure(text).place.line, line, text);
});

Deno.test("parseToml refuses what would exhaust memory or the stack", () => {
  assert.match(failure("#".repeat(17 * 1024 * 1024)).message, /accepted: up to 16777216/);
  const many = failure("a = 1\nb = [" + "1,".repeat(1_000_001) + "]");
  assert.match(many.message, /too large/);
  assert.equal(many.place.line, 2);
  assert.match(failure(`a = ${"[".repeat(65)}${"]".repeat(65)}`).message, /Nested too deep/);
  assert.match(failure(`a${".a".repeat(100)} = 1`).message, /Nested too deep/);
  assert.match(failure(`[a${".a".repeat(100)}]`).message, /Nested too deep/);
  const deep = failure(`a = 1\nb = ${"[".repeat(200_000)}${"]".repeat(200_000)}`);
  assert.match(deep.message, /too long or a value nested too deep/);
  assert.equal(deep.place.line, 2);
  assert.match(failure(`a = "${"x".repeat(1_000_000)}"`).message, /file:/);
});

Deno.test("parseToml accepts a template of 64 KiB", () => {
  assert.equal(table(`a = '${"x".repeat(65_536)}'`).entries.size, 1);
});
