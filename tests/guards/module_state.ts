// State that a module keeps for everyone who imports it: variables at the top level, and constants that
// hold something which is written to.

import { maskSource } from "./mask.ts";
import type { SourceFile } from "./tree.ts";

const TOP_LEVEL_VARIABLE = /^(?:export\s+)?(?:let|var)\s+(\w+)/gm;

/** A constant at the top level: its name, its type if it is given, what it is made of. */
const TOP_LEVEL_CONSTANT = /^(?:export\s+)?const\s+(\w+)\s*(:[^=]*?)?=\s*([^\n]*)/gm;

/** Containers that are made empty, or as room to write in. */
const MADE_TO_BE_FILLED =
  /^(?:new\s+(?:Map|Set|WeakMap|WeakSet|Array)\s*(?:<.*>)?\(\s*\)|new\s+(?:\w+Array|ArrayBuffer|DataView|SharedArrayBuffer)\((?!\s*0\s*\))(?!.*\)\[)|\[\s*\];|\{\s*\};)/;

/** An object of a class: it has methods, so it can have state. */
const OBJECT = /^new\s+(\w+)/;

/** Classes whose objects stay as they were made, or are looked at otherwise. */
const WITHOUT_STATE: ReadonlySet<string> = new Set([
  ..."TextEncoder TextDecoder RegExp URL MessageType Map Set WeakMap WeakSet Array".split(" "),
  ..."Uint8Array Uint16Array Uint32Array Int32Array Float64Array".split(" "),
]);

/** A kept regular expression with the flag `y` or `g` remembers where it stopped. */
const REMEMBERS_ITS_PLACE = "\\.(?:lastIndex|exec\\(|test\\()";

const WRITES = "(?:\\[[^\\]\\n]*\\]\\s*(?:[-+*/|&^]|<<|>>>?)?=(?!=)" +
  "|\\.(?:set|add|delete|clear|push|pop|shift|unshift|splice|fill|copyWithin|sort|reverse)\\()";

/** The names of what `file` keeps as `path#name`, in order. */
export function moduleState(file: SourceFile): string[] {
  const code = maskSource(file.text);
  const variables = [...code.matchAll(TOP_LEVEL_VARIABLE)].map(([, name]) => name as string);
  const constants = [...code.matchAll(TOP_LEVEL_CONSTANT)]
    .filter(([, name = "", type = "", made = ""]) => keepsState(file, code, name, type, made))
    .map(([, name]) => name as string);
  return [...variables, ...constants].map((name) => `${file.path}#${name}`);
}

function keepsState(file: SourceFile, code: string, name: string, type: string, made: string) {
  if (/\b[rR]ead[oO]nly/.test(type)) return false;
  if (MADE_TO_BE_FILLED.test(made)) return true;
  const maker = OBJECT.exec(made)?.[1];
  if (maker !== undefined && !WITHOUT_STATE.has(maker)) return true;
  if (isUsed(code, name, WRITES)) return true;
  const sticky = new RegExp(
    `^(?:export\\s+)?const\\s+${name}\\b[^=]*=\\s*\\/.*\\/\\w*[gy]\\w*;`,
    "m",
  );
  return sticky.test(file.text) && isUsed(code, name, REMEMBERS_ITS_PLACE);
}

function isUsed(code: string, name: string, how: string): boolean {
  return new RegExp(`(?<![.\\w])${name}${how}`).test(code);
}
