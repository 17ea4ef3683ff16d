// Makes text from the network, a file or a certificate safe to print. A terminal executes control characters: a
// cluster id could otherwise repaint the screen or hide a line.

// C0 (except the newline), DEL and C1.
const CONTROLS = "\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f";
// Marks that reorder or hide text, and the two separators some terminals treat as newlines.
const INVISIBLE = "\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff";

const UNSAFE_IN_LINES = new RegExp(`[${CONTROLS}${INVISIBLE}]`, "g");
const UNSAFE_IN_LINE = new RegExp(`[\\n${CONTROLS}${INVISIBLE}]`, "g");

/** `text` on one line: every control character, newlines included, shown as `\u{hex}`. */
export function printable(text: string): string {
  return text.replace(UNSAFE_IN_LINE, visible);
}

/** Like `printable`, but keeps newlines. */
export function printableLines(text: string): string {
  return text.replace(UNSAFE_IN_LINES, visible);
}

/**
 * JSON text with the characters that JSON leaves unescaped, yet a terminal obeys, written as
 * `\uXXXX`. Such characters can occur only inside strings, so the document keeps its meaning.
 */
export function printableJson(json: string): string {
  return json.replace(UNSAFE_IN_LINES, (character) => "\\u" + hex(character).padStart(4, "0"));
}

function visible(character: string): string {
  return `\\u{${hex(character)}}`;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16);
}
