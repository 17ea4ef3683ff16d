// Whether a Host field names the same origin as `:authority` (RFC 9113 section 8.3.1).

import { COLON, LOWER } from "../../../bytes/ascii.ts";

/**
 * Whether the two ranges name the same host, and no two different ports: they are equal but for case, or
 * their hosts are when at most one of them has a port.
 */
export function sameOrigin(
  bytes: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (sameText(bytes, start, end, other, otherStart, otherEnd)) return true;
  const hostEnd = portStart(bytes, start, end);
  const otherHostEnd = portStart(other, otherStart, otherEnd);
  if (hostEnd < end && otherHostEnd < otherEnd) return false;
  return sameText(bytes, start, hostEnd, other, otherStart, otherHostEnd);
}

function sameText(
  bytes: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let i = 0; i < end - start; i++) {
    if (LOWER[bytes[start + i] as number] !== LOWER[other[otherStart + i] as number]) return false;
  }
  return true;
}

/** Where `:` and the digits of a port begin, or the end. */
function portStart(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isDigit(bytes[at - 1] as number)) at--;
  return at < end && at > start && bytes[at - 1] === COLON ? at - 1 : end;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
