// The line that has to be repaired in a text that is not TOML. A parser notices something missing at the end of a
// line only on a later line, and an unclosed string or array only at the end of the file.

/** What a parser says. */
export interface NoticedFault {
  /** Line on which it was noticed, counted from 1. */
  readonly line: number;
  /** Characters before it on that line. */
  readonly column: number;
  /** Characters before it in the text. */
  readonly index: number;
  readonly message: string;
}

/** Where to look, and what is the matter there. */
export interface FaultPlace {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Something begun that is still open somewhere. */
interface Opening {
  readonly line: number;
  readonly column: number;
  readonly what: "string" | "array" | "inline table";
}

/** The line of a fault that a parser has noticed in `text`. */
export function placeOfFault(text: string, noticed: NoticedFault): FaultPlace {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const { line, column, index, message } = noticed;
  const unclosed = unclosedAt(text, noticed, lines);
  if (unclosed !== null) {
    return { ...unclosed, message: `the ${unclosed.what} is not closed` };
  }
  const shown = (lines[line - 1] ?? "").slice(0, column);
  const before = shown.trim() === "" && index > 0 ? lastLineBefore(lines, line) : null;
  if (before === null) return noticed;
  const isUnfinished = (lines[before.line - 1] ?? "").slice(0, before.column).endsWith("=");
  return isUnfinished || IS_MISSED_LATE.test(message) ? { ...before, message } : noticed;
}

/** What is open where the fault was noticed, when leaving it open is the fault. */
function unclosedAt(
  text: string,
  { line, column, index, message }: NoticedFault,
  lines: readonly string[],
): Opening | null {
  const open = openedBefore(text, index);
  const innermost = open.at(-1);
  if (innermost === undefined) return null;
  if (innermost.what === "string") return message.startsWith("Unterminated") ? innermost : null;
  const rest = lines.slice(line - 1).join("").slice(column).trim();
  if (rest === "") return innermost;
  // A key or a table header where an element was to come: the array ended before.
  const earlier = open.findLast((opening) => opening.line < line);
  const begins = KEY_OR_HEADER.test(lines[line - 1] ?? "") && earlier?.what === "array";
  return begins ? earlier : null;
}

// What the parser says when it misses something that belongs before the place where it stands.
const IS_MISSED_LATE = /^(?:Unspecified|Unterminated|Expected|The key, equals sign)/;
const KEY_OR_HEADER = /^\s*(?:\[+\s*)?["'\w][^=#,]*(?:=|\])/;

/** The last line above `line` that says something, and where its text ends. */
function lastLineBefore(
  lines: readonly string[],
  line: number,
): { line: number; column: number } | null {
  for (let above = line - 1; above >= 1; above--) {
    const said = (lines[above - 1] ?? "").replace(/\s*(#.*)?$/, "");
    if (said !== "") return { line: above, column: said.length };
  }
  return null;
}

/** What is open at `end`: arrays and inline tables from the outside inwards, then a string. */
function openedBefore(text: string, end: number): Opening[] {
  const open: Opening[] = [];
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < end;) {
    const character = text[at] ?? "";
    const here = { line, column: at - lineStart };
    if (character === "\n") {
      line++;
      lineStart = ++at;
    } else if (character === '"' || character === "'") {
      const after = afterString(text, at);
      if (after === null || after > end) return [...open, { ...here, what: "string" }];
      const breaks = text.slice(at, after).split("\n");
      line += breaks.length - 1;
      if (breaks.length > 1) lineStart = after - (breaks.at(-1) ?? "").length;
      at = after;
    } else if (character === "#" || (open.length === 0 && isHeader(text, lineStart, at))) {
      at = endOfLine(text, at);
    } else {
      if (character === "[") open.push({ ...here, what: "array" });
      else if (character === "{") open.push({ ...here, what: "inline table" });
      else if (character === "]" || character === "}") open.pop();
      at++;
    }
  }
  return open;
}

function isHeader(text: string, lineStart: number, at: number): boolean {
  return text[at] === "[" && text.slice(lineStart, at).trim() === "";
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Behind the string that begins at `at`; `null` when it is not closed. */
function afterString(text: string, at: number): number | null {
  const quote = text[at] ?? "";
  const long = text.startsWith(quote.repeat(3), at);
  const closing = long ? quote.repeat(3) : quote;
  for (let next = at + closing.length; next < text.length; next++) {
    if (text[next] === "\\" && quote === '"') next++;
    else if (!long && text[next] === "\n") return null;
    else if (text.startsWith(closing, next)) {
      next += closing.length;
      // Up to two more quotes belong to the content of a long string.
      while (long && text[next] === quote) next++;
      return next;
    }
  }
  return null;
}
