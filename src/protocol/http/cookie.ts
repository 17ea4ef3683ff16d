// One cookie cut out of a request (RFC 6265 §5.4): the sticky cookie is ours and not the backend's
// business. Everything else in the Cookie fields stays byte for byte.

import { copyBytes } from "../../bytes/ascii.ts";
import { HeaderKind } from "./header_kind.ts";
import { Field, FieldFlag, type MessageHead } from "./message_head.ts";

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SP = 0x20;

/**
 * Removes every cookie called `name` (case-sensitive) from `head` and returns the value of the last
 * one, or `null`. A Cookie field that had nothing else is dropped.
 */
export function takeCookie(head: MessageHead, name: Uint8Array): Uint8Array | null {
  if (!head.has(HeaderKind.COOKIE)) return null;
  let value: Uint8Array | null = null;
  for (let i = 0; i < head.count; i++) {
    if (head.isKind(i, HeaderKind.COOKIE)) value = takeFromField(head, i, name) ?? value;
  }
  return value;
}

/** The same for one field. */
function takeFromField(head: MessageHead, field: number, name: Uint8Array): Uint8Array | null {
  const bytes = head.bytes;
  const end = head.at(field, Field.VALUE_END);
  let value: Uint8Array | null = null;
  let kept: Uint8Array | null = null;
  let keptEnd = 0;
  let at = head.at(field, Field.VALUE_START);
  const start = at;
  while (at < end) {
    const crumb = at;
    while (at < end && bytes[at] !== SEMICOLON) at++;
    const crumbEnd = at;
    at = Math.min(end, at + 1);
    while (at < end && bytes[at] === SP) at++;
    if (isNamed(bytes, crumb, crumbEnd, name)) {
      value = bytes.slice(crumb + name.length + 1, crumbEnd);
      if (kept !== null) continue;
      kept = new Uint8Array(end - start + 2);
      keptEnd = copyBytes(bytes, start, crumb, kept, 0);
    } else if (kept !== null) {
      keptEnd = copyBytes(bytes, crumb, at, kept, keptEnd);
    }
  }
  if (kept === null) return null;
  keptEnd = trimSeparator(kept, keptEnd);
  if (keptEnd === 0) head.flag(field, FieldFlag.DROP);
  else head.replaceValue(field, kept.subarray(0, keptEnd));
  return value;
}

/**
 * Where the value of the first cookie called `name` (case-sensitive) begins in the value of a Cookie field, which
 * lies from `start` to `end`; -1 when there is none.
 */
export function findCookie(
  bytes: Uint8Array,
  start: number,
  end: number,
  name: Uint8Array,
): number {
  let at = start;
  while (at < end) {
    while (at < end && bytes[at] === SP) at++;
    const crumbEnd = cookieEnd(bytes, at, end);
    if (isNamed(bytes, at, crumbEnd, name)) return at + name.length + 1;
    at = crumbEnd + 1;
  }
  return -1;
}

/** Where the cookie ends that has a byte at `at`, in the value of a field up to `end`. */
export function cookieEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== SEMICOLON) at++;
  return at;
}

function isNamed(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start <= name.length || bytes[start + name.length] !== EQUALS) return false;
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}

/** Position behind the last byte that is neither a blank nor a semicolon. */
function trimSeparator(bytes: Uint8Array, end: number): number {
  while (end > 0 && (bytes[end - 1] === SP || bytes[end - 1] === SEMICOLON)) end--;
  return end;
}
