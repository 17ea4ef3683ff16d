// Finds the functions of a source text and how many lines each takes, from its signature to its
// closing brace. Works on masked source; types are followed just far enough to find the body.

import { maskSource } from "./mask.ts";

/** A function, method, accessor or arrow function with a body in braces. */
export interface FoundFunction {
  /** Its name, or `=>` for an arrow function. */
  readonly name: string;
  /** Line of its signature, from 1. */
  readonly line: number;
  /** Lines from the signature to the closing brace, both included. */
  readonly lines: number;
  /** Offset of the opening brace of its body. */
  readonly open: number;
}

/** `word (...) {` is no function after these. */
const CONTROL = new Set(["if", "for", "while", "switch", "catch", "with", "await"]);

/** A return type never contains these words. */
const NOT_IN_TYPES = new Set(["return", "throw", "case", "const", "let", "new", "await", "else"]);

/** Every function of `source`, in order of its opening brace. */
export function findFunctions(source: string): FoundFunction[] {
  const code = maskSource(source);
  const found: FoundFunction[] = [];
  for (const { open, start, name } of bodies(code)) {
    const close = matching(code, open);
    const line = lineOf(code, start);
    found.push({ name, line, lines: lineOf(code, close) - line + 1, open });
  }
  return found.sort((a, b) => a.line - b.line);
}

interface Body {
  /** Offset of the opening brace. */
  readonly open: number;
  /** Offset where the signature starts. */
  readonly start: number;
  readonly name: string;
}

function* bodies(code: string): Generator<Body> {
  for (const arrow of code.matchAll(/=>\s*\{/g)) {
    yield { open: arrow.index + arrow[0].length - 1, start: arrow.index, name: "=>" };
  }
  // A name or the end of type parameters, then the parameters.
  for (const call of code.matchAll(/(#?[\w$]+|["'\]>])\s*\(/g)) {
    const name = call[1] as string;
    if (CONTROL.has(name)) continue;
    const after = matching(code, call.index + call[0].length - 1) + 1;
    const open = bodyAfterParameters(code, after);
    if (open !== null) yield { open, start: call.index, name };
  }
}

/** Offset of the `{` of a body that follows the `)` before `at`, or null when none does. */
function bodyAfterParameters(code: string, at: number): number | null {
  const next = skipBlanks(code, at);
  if (code[next] === "{") return next;
  return code[next] === ":" ? bodyAfterType(code, next + 1) : null;
}

/** Offset of the `{` that follows the type starting at `at`, or null when the type just ends. */
function bodyAfterType(code: string, at: number): number | null {
  let operandSeen = false;
  for (let i = skipBlanks(code, at); i < code.length; i = skipBlanks(code, i)) {
    const char = code[i] as string;
    if (char === "{" && operandSeen) return i;
    if ("{([<".includes(char)) {
      i = matching(code, i) + 1;
      operandSeen = true;
    } else if (/[\w$"']/.test(char)) {
      const word = (/^(?:[\w$]+|"\s*"|'\s*')/.exec(code.slice(i, i + 200)) ?? [char])[0];
      if (NOT_IN_TYPES.has(word)) return null;
      i += word.length;
      operandSeen = !["is", "extends", "keyof", "typeof", "readonly", "asserts"].includes(word);
    } else if ("|&.?".includes(char) || code.startsWith("=>", i)) {
      i += char === "=" ? 2 : 1;
      operandSeen = false;
    } else return null;
  }
  return null;
}

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "(": ")", "[": "]", "<": ">" };

/** Offset of the bracket that closes the one at `open`; the end of the code when there is none. */
function matching(code: string, open: number): number {
  const opening = code[open] as string;
  const closing = CLOSING[opening] as string;
  let depth = 0;
  for (let i = open; i < code.length; i++) {
    const char = code[i];
    if (char === opening) depth++;
    // The `>` of an arrow closes no type parameter.
    else if (char === closing && !(closing === ">" && code[i - 1] === "=") && --depth === 0) {
      return i;
    }
  }
  return code.length;
}

function skipBlanks(code: string, at: number): number {
  let i = at;
  while (i < code.length && /\s/.test(code[i] as string)) i++;
  return i;
}

function lineOf(code: string, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset && i < code.length; i++) if (code[i] === "\n") line++;
  return line;
}
