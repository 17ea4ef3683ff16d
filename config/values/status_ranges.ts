// Ranges of statuses as people write them: `404`, `200-399`, `2xx`, `any`. Used by the configuration file, the command
// line and its lists.

import type { HttpStatusRange } from "../schema/messages.ts";

/** What a status can be (RFC 9110 section 15). */
export const LEAST_STATUS = 100;
export const MOST_STATUS = 599;

/** What {@link parseStatusRange} reads, for messages. */
export const STATUS_RANGE_FORMS =
  "a status such as '404', a range such as '200-399', a class such as '2xx', or 'any', " +
  `within ${LEAST_STATUS} to ${MOST_STATUS}`;

/** Reads one range; `null` when the text is none. */
export function parseStatusRange(text: string): HttpStatusRange | null {
  if (text === "any") return { start: LEAST_STATUS, end: MOST_STATUS };
  const digit = /^([1-5])xx$/.exec(text)?.[1];
  if (digit !== undefined) return { start: Number(digit) * 100, end: Number(digit) * 100 + 99 };
  const [, first, last] = /^([0-9]{3})(?:-([0-9]{3}))?$/.exec(text) ?? [];
  if (first === undefined) return null;
  const range = { start: Number(first), end: Number(last ?? first) };
  return isStatusRange(range) ? range : null;
}

/** Whether a range holds statuses only, and at least one. */
export function isStatusRange({ start, end }: HttpStatusRange): boolean {
  return start >= LEAST_STATUS && end <= MOST_STATUS && start <= end;
}

/** The shortest text that {@link parseStatusRange} reads as this range. */
export function statusRangeText({ start, end }: HttpStatusRange): string {
  if (start === LEAST_STATUS && end === MOST_STATUS) return "any";
  if (start === end) return String(start);
  return start % 100 === 0 && end === start + 99 ? `${start / 100}xx` : `${start}-${end}`;
}
