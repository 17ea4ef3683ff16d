// Priorities of streams (RFC 9218): how urgent a response is, and whether it may come in parts between
// those of others. As one small number, the lower the sooner.

import { COMMA, HTAB, SP } from "../../../bytes/ascii.ts";

const MOST_URGENT = 0;
const LEAST_URGENT = 7;
const LARGEST_NUMBER = 255;

/** Urgency times two, and one more when the response is incremental. */
export type Priority = number;

/** What a response has that says nothing: urgency 3, not incremental. */
export const DEFAULT_PRIORITY: Priority = 6;

/** How many urgencies there are. */
export const URGENCIES = LEAST_URGENT + 1;

/** From 0, the most urgent, to 7. */
export function urgencyOf(priority: Priority): number {
  return priority >> 1;
}

/** Whether the response is of use in parts. */
export function isIncremental(priority: Priority): boolean {
  return (priority & 1) === 1;
}

const LETTER_U = 0x75;
const LETTER_I = 0x69;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const ZERO = 0x30;
const ONE = 0x31;

/**
 * Reads the priority field value `bytes[start, end)` over `before`: members that are unknown or not
 * understood change nothing (RFC 9218 section 4).
 */
export function readPriority(
  bytes: Uint8Array,
  start: number,
  end: number,
  before: Priority = DEFAULT_PRIORITY,
): Priority {
  let priority = before;
  for (let at = start; at < end;) {
    let memberEnd = at;
    while (memberEnd < end && bytes[memberEnd] !== COMMA) memberEnd++;
    priority = readMember(bytes, at, memberEnd, priority);
    at = memberEnd + 1;
  }
  return priority;
}

function readMember(bytes: Uint8Array, start: number, end: number, priority: Priority): Priority {
  while (start < end && isBlank(bytes[start] as number)) start++;
  while (end > start && isBlank(bytes[end - 1] as number)) end--;
  if (bytes[start] === LETTER_U && bytes[start + 1] === EQUALS) {
    const urgency = readNumber(bytes, start + 2, end);
    if (urgency < 0) return priority;
    return Math.min(Math.max(urgency, MOST_URGENT), LEAST_URGENT) * 2 + (priority & 1);
  }
  if (bytes[start] !== LETTER_I || end <= start) return priority;
  if (end - start === 1) return priority | 1;
  if (end - start !== 4 || bytes[start + 1] !== EQUALS || bytes[start + 2] !== QUESTION) {
    return priority;
  }
  const value = bytes[start + 3];
  if (value === ONE) return priority | 1;
  return value === ZERO ? priority & ~1 : priority;
}

/** A decimal number up to 255; -1 for anything else. */
function readNumber(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || end - start > 3) return -1;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number <= LARGEST_NUMBER ? number : -1;
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}
