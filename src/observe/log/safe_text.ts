// Makes text from outside harmless for a log: no character of it ends a line, controls a terminal or reorders
// text.

// Control characters, the byte order mark, line separators and everything that reorders text.
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

// The same without the tab, which is part of the layout of messages.
const UNSAFE_IN_MESSAGE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with a `?` for each harmful character. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, "?");
}

/** The message of a log line: line breaks become spaces, tabs stay. */
export function safeMessage(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replace(UNSAFE_IN_MESSAGE, "?");
}
