// Whether the value of a Forwarded field is a list as RFC 7239 section 4 has it. What is appended to a value
// that is none, such as one with an open quote, would be read as part of it.

import { COMMA, HTAB, SP } from "../../../bytes/ascii.ts";
import { TOKEN } from "../token.ts";

const QUOTE = 0x22;
const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const BACKSLASH = 0x5c;

/** Is `bytes[start..end)` a list of elements of `token=value` pairs? Elements and pairs may be missing. */
export function isForwardedList(bytes: Uint8Array, start: number, end: number): boolean {
  let at = skipBlanks(bytes, start, end);
  while (at < end) {
    const byte = bytes[at] as number;
    if (TOKEN[byte] === 1) {
      at = skipPair(bytes, at, end);
      if (at < 0) return false;
      if (at === end) return true;
    }
    const next = skipBlanks(bytes, at, end);
    if (next === end) return true;
    if (bytes[next] === COMMA) at = skipBlanks(bytes, next + 1, end);
    // RFC 7239 section 4: no blanks around semicolons.
    else if (next === at && bytes[at] === SEMICOLON) at++;
    else return false;
  }
  return true;
}

/** Behind the pair that begins at `at`; -1 when there is none. */
function skipPair(bytes: Uint8Array, at: number, end: number): number {
  at = skipToken(bytes, at, end);
  if (at === end || bytes[at] !== EQUALS) return -1;
  at++;
  if (at < end && bytes[at] === QUOTE) return skipQuoted(bytes, at + 1, end);
  const behind = skipToken(bytes, at, end);
  return behind === at ? -1 : behind;
}

function skipToken(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && TOKEN[bytes[at] as number] === 1) at++;
  return at;
}

/** Behind the closing quote (RFC 9110 section 5.6.4); -1 when there is none. */
function skipQuoted(bytes: Uint8Array, at: number, end: number): number {
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) at++;
    const quoted = at < end ? bytes[at] as number : 0;
    if ((quoted < SP && quoted !== HTAB) || quoted === 0x7f) return -1;
  }
  return -1;
}

function skipBlanks(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
  return at;
}
