// The pieces of an audit row: texts from outside made harmless for their place in it, and times.

import { safeText } from "../log/safe_text.ts";

/** Longest name of a lease in characters; what is longer ends in `…`. */
export const MAX_LEASE_ID = 64;

/** A harmless text as JSON. */
export function quoted(text: string): string {
  return JSON.stringify(safeText(text));
}

/** The same, or `null` as JSON has it. */
export function quotedOrNull(text: string | null): string {
  return text === null ? "null" : quoted(text);
}

/** The value of one field of a line: without a comma it cannot begin another field. */
export function value(text: string): string {
  return safeText(text).replaceAll(",", "?");
}

/** A text from which no part of a field can be made. */
export function strict(text: string): string {
  return safeText(text).replace(/[,=]/g, "?");
}

/** Counts characters, not UTF-16 units, so that none is cut in half. */
export function cut(text: string, length: number): string {
  return text.length <= length || [...text].length <= length
    ? text
    : `${[...text].slice(0, length).join("")}…`;
}

/** RFC 3339, UTC, down to the second, of whole seconds since 1970. */
export function secondText(second: number): string {
  return new Date(second * 1000).toISOString().slice(0, 19);
}

/** Such a text with microseconds, and complete. */
export function withMicros(text: string, micros: number): string {
  return `${text}.${String(micros).padStart(6, "0")}Z`;
}
