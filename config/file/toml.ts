// TOML text to a small tree of values that remember their line. Owns everything that depends on the
// parser library, so the rest of the loader sees tables, arrays and scalars only. Knows no key of
// the configuration.

import { type AST, ParseError, parseTOML } from "toml-eslint-parser";
import { MAX_CONFIG_FILE_BYTES, MAX_CONFIG_NESTING, MAX_CONFIG_SEPARATORS } from "../defaults.ts";
import { type Place, quote } from "./problem.ts";
import { placeOfFault } from "./toml_fault.ts";

/** A value of the file and the line its text starts on (counted from 1). */
export type TomlValue =
  | { readonly kind: "string"; readonly line: number; readonly value: string }
  | { readonly kind: "integer"; readonly line: number; readonly value: bigint }
  | { readonly kind: "float"; readonly line: number; readonly value: number }
  | { readonly kind: "boolean"; readonly line: number; readonly value: boolean }
  | { readonly kind: "date-time"; readonly line: number; readonly value: string }
  | TomlArray
  | TomlTable;

/** An array, or the tables of a `[[name]]` series. */
export interface TomlArray {
  readonly kind: "array";
  readonly line: number;
  readonly items: TomlValue[];
}

/** A table in file order; its keys may come from a header, dotted keys or an inline table. */
export interface TomlTable {
  readonly kind: "table";
  readonly line: number;
  readonly entries: Map<string, TomlEntry>;
}

/** One key of a table; `line` is where the key (or the header naming it) stands. */
export interface TomlEntry {
  readonly line: number;
  readonly value: TomlValue;
}

/** Why a text is not TOML. */
export interface TomlError {
  readonly kind: "toml-error";
  readonly place: Place;
  readonly message: string;
}

/** Thrown by the conversion below and caught in `parseToml`; never leaves this file. */
class Unacceptable extends Error {
  constructor(readonly line: number, message: string) {
    super(message);
  }
}

/** Parses TOML 1.1 into a tree. Duplicate keys, syntax errors and oversized input are refused. */
export function parseToml(text: string): TomlTable | TomlError {
  const oversize = findOversize(text);
  if (oversize !== null) return oversize;
  // A byte order mark is not part of the document.
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  try {
    return convertDocument(parseTOML(source, { tomlVersion: "1.1" }).body[0]);
  } catch (error) {
    if (error instanceof ParseError) return syntaxError(source, error);
    if (error instanceof Unacceptable) return tomlError(error.line, error.message);
    // The parser recurses over nested values and spreads long strings over call arguments.
    if (error instanceof RangeError) return tomlError(lineOfLongValue(text), TOO_LONG);
    return tomlError(
      1,
      `Not valid TOML: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Names the line and shows it; the parser's messages alone do not say which key is meant. */
function syntaxError(text: string, error: ParseError): TomlError {
  const { line, column, message } = placeOfFault(text, {
    line: error.lineNumber,
    column: error.column,
    index: error.index,
    message: error.message,
  });
  const source = quote((text.split("\n")[line - 1] ?? "").trim());
  return tomlError(line, `Not valid TOML: ${message} (column ${column + 1} of ${source})`);
}

const TOO_LONG =
  "Not readable: a string is too long or a value nested too deep, accepted: strings " +
  `up to 64 KiB (put longer templates in a file, 'file://PATH') and ${MAX_CONFIG_NESTING} levels`;

/** Refuses, before the parser builds its tree, what would take an unreasonable amount of memory. */
function findOversize(text: string): TomlError | null {
  // UTF-8 needs at most three bytes for each UTF-16 unit: only texts near the bound are measured.
  const bytes = text.length * 3 <= MAX_CONFIG_FILE_BYTES
    ? text.length
    : new TextEncoder().encode(text).length;
  if (bytes > MAX_CONFIG_FILE_BYTES) {
    return tomlError(1, `File is ${bytes} bytes long, accepted: up to ${MAX_CONFIG_FILE_BYTES}`);
  }
  let separators = 0;
  let line = 1;
  for (let index = 0; index < text.length; index++) {
    if (!SEPARATORS.has(text.charCodeAt(index))) continue;
    if (text.charCodeAt(index) === LINE_FEED) line++;
    if (++separators <= MAX_CONFIG_SEPARATORS) continue;
    return tomlError(
      line,
      "File is too large from here on, accepted: up to " +
        `${MAX_CONFIG_SEPARATORS} line breaks, commas, dots, equals signs and opening brackets`,
    );
  }
  return null;
}

const LINE_FEED = 10;
const SEPARATORS: ReadonlySet<number> = new Set([...",.=[{\n"].map((it) => it.charCodeAt(0)));

/** The longest line when it is long enough to be the reason why a value cannot be read. */
function lineOfLongValue(text: string): number {
  const lengths = text.split("\n").map((line) => line.length);
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  return longest < LONG_LINE_CHARACTERS ? 1 : lengths.indexOf(longest) + 1;
}

const LONG_LINE_CHARACTERS = 4_096;

function tomlError(line: number, message: string): TomlError {
  return { kind: "toml-error", place: { key: "", line }, message };
}

function convertDocument(document: AST.TOMLTopLevelTable): TomlTable {
  const root: TomlTable = { kind: "table", line: 1, entries: new Map() };
  for (const node of document.body) {
    if (node.type === "TOMLKeyValue") {
      addKeyValue(root, node, 0);
    } else {
      const table = openTable(root, node);
      for (const keyValue of node.body) addKeyValue(table, keyValue, 0);
    }
  }
  return root;
}

/** Finds or creates the table a `[header]` or `[[header]]` names. */
function openTable(root: TomlTable, node: AST.TOMLTable): TomlTable {
  const line = node.loc.start.line;
  const path = node.key.keys.map(keyName);
  if (path.length > MAX_CONFIG_NESTING) throw tooDeep(line);
  const name = path.pop() ?? "";
  const parent = descend(root, path, line);
  if (node.kind === "standard") return descend(parent, [name], line);
  const series = parent.entries.get(name);
  const table: TomlTable = { kind: "table", line, entries: new Map() };
  if (series === undefined) {
    parent.entries.set(name, { line, value: { kind: "array", line, items: [table] } });
  } else if (series.value.kind === "array") {
    series.value.items.push(table);
  } else {
    throw new Unacceptable(line, `Not valid TOML: '${name}' is not an array of tables`);
  }
  return table;
}

/** Walks into tables by name, creating those that are only implied; a series means its last table. */
function descend(start: TomlTable, path: readonly string[], line: number): TomlTable {
  let table = start;
  for (const name of path) {
    const entry = table.entries.get(name);
    let next = entry?.value;
    if (next?.kind === "array") next = next.items.at(-1);
    if (next === undefined) {
      next = { kind: "table", line, entries: new Map() };
      table.entries.set(name, { line, value: next });
    }
    if (next.kind !== "table") {
      throw new Unacceptable(line, `Not valid TOML: '${name}' is a value, not a table`);
    }
    table = next;
  }
  return table;
}

function addKeyValue(table: TomlTable, node: AST.TOMLKeyValue, depth: number): void {
  const line = node.loc.start.line;
  const path = node.key.keys.map(keyName);
  if (path.length > MAX_CONFIG_NESTING) throw tooDeep(line);
  const name = path.pop() ?? "";
  const owner = descend(table, path, line);
  if (owner.entries.has(name)) {
    throw new Unacceptable(line, `Not valid TOML: key '${name}' is defined twice`);
  }
  owner.entries.set(name, { line, value: convertValue(node.value, depth + 1) });
}

function keyName(node: AST.TOMLBare | AST.TOMLQuoted): string {
  return node.type === "TOMLBare" ? node.name : node.value;
}

function convertValue(node: AST.TOMLContentNode, depth: number): TomlValue {
  const line = node.loc.start.line;
  if (depth > MAX_CONFIG_NESTING) throw tooDeep(line);
  if (node.type === "TOMLArray") {
    const items = node.elements.map((element) => convertValue(element, depth + 1));
    return { kind: "array", line, items };
  }
  if (node.type === "TOMLInlineTable") {
    const table: TomlTable = { kind: "table", line, entries: new Map() };
    for (const keyValue of node.body) addKeyValue(table, keyValue, depth);
    return table;
  }
  switch (node.kind) {
    case "string":
      return { kind: "string", line, value: node.value };
    case "integer":
      return { kind: "integer", line, value: node.bigint };
    case "float":
      return { kind: "float", line, value: node.value };
    case "boolean":
      return { kind: "boolean", line, value: node.value };
    default:
      return { kind: "date-time", line, value: node.datetime };
  }
}

function tooDeep(line: number): Unacceptable {
  return new Unacceptable(line, `Nested too deep, accepted: up to ${MAX_CONFIG_NESTING} levels`);
}
