// Values inside DER (X.690) that decide who is trusted. Unlike a walk that may end early, a reading here is
// complete or refused: children fill their parent exactly.

import { childrenOf, type DerElement, readElement } from "./der.ts";

/** Tags of the elements that are read. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  ENUMERATED: 0x0a,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  SET: 0x31,
} as const;

/** The elements inside `parent`; `null` when they do not fill it exactly. */
export function wholeChildren(
  bytes: Uint8Array,
  parent: DerElement | undefined | null,
): DerElement[] | null {
  if (parent === undefined || parent === null) return null;
  const children = childrenOf(bytes, parent);
  const end = children.at(-1)?.end ?? parent.start;
  return end === parent.end ? children : null;
}

/** The one element that `bytes` are; `null` when they are anything else. */
export function wholeElement(bytes: Uint8Array, tag: number): DerElement | null {
  const element = readElement(bytes, 0, bytes.length);
  return element !== null && element.tag === tag && element.end === bytes.length ? element : null;
}

/** The one element inside an octet string or an explicit tag. */
export function innerElement(bytes: Uint8Array, { start, end }: DerElement): DerElement | null {
  const element = readElement(bytes, start, end);
  return element !== null && element.end === end ? element : null;
}

/** The bytes of an element with its tag and length; it begins where `before` ends. */
export function withHeader(bytes: Uint8Array, from: number, element: DerElement): Uint8Array {
  return bytes.subarray(from, element.end);
}

/** The contents of an element. */
export function contentsOf(bytes: Uint8Array, { start, end }: DerElement): Uint8Array {
  return bytes.subarray(start, end);
}

/** The contents of an element in lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array, element: DerElement): string {
  return contentsOf(bytes, element).toHex();
}

/** X.690 section 11.1: TRUE is the one byte 0xff. `null` for anything but a boolean. */
export function readBoolean(bytes: Uint8Array, element: DerElement): boolean | null {
  if (element.tag !== Tag.BOOLEAN || element.end - element.start !== 1) return null;
  return bytes[element.start] !== 0;
}

/** A non-negative integer below 2^31; `null` for anything else. */
export function readSmallInteger(bytes: Uint8Array, element: DerElement): number | null {
  const length = element.end - element.start;
  if (element.tag !== Tag.INTEGER || length < 1 || length > 4) return null;
  let value = 0;
  for (let at = element.start; at < element.end; at++) value = value * 256 + (bytes[at] as number);
  return value < 0x8000_0000 ? value : null;
}

/** The first 16 bits of a bit string as a mask, bit 0 of X.509 in bit 0; `null` for anything else. */
export function readBits(bytes: Uint8Array, element: DerElement): number | null {
  if (element.tag !== Tag.BIT_STRING || element.end - element.start < 1) return null;
  let mask = 0;
  for (let bit = 0; bit < 16; bit++) {
    const byte = element.start + 1 + (bit >> 3);
    if (byte < element.end && ((bytes[byte] as number) & (0x80 >> (bit & 7))) !== 0) {
      mask |= 1 << bit;
    }
  }
  return mask;
}

/** Milliseconds since 1970 of a time as certificates write it (RFC 5280 §4.1.2.5); `null` for anything else. */
export function readTime(bytes: Uint8Array, element: DerElement): number | null {
  const text = new TextDecoder("latin1").decode(contentsOf(bytes, element));
  const digits = element.tag === Tag.UTC_TIME && /^\d{12}Z$/.test(text)
    // Two digits stand for 1950 to 2049.
    ? (Number(text.slice(0, 2)) < 50 ? "20" : "19") + text
    : element.tag === Tag.GENERALIZED_TIME && /^\d{14}Z$/.test(text)
    ? text
    : null;
  if (digits === null) return null;
  const part = (from: number, to: number) => Number(digits.slice(from, to));
  const [year, month, day] = [part(0, 4), part(4, 6), part(6, 8)];
  const time = Date.UTC(year, month - 1, day, part(8, 10), part(10, 12), part(12, 14));
  const made = new Date(time);
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? time : null;
}
