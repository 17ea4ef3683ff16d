// The authority of a request (RFC 9110 §4.2, §7.2): a host and perhaps a port. One reader for what
// clients send, in Host or in the target, and for what a rewrite makes of it.

import { asciiText, COLON } from "../../bytes/ascii.ts";
import { isAlphaNumeric } from "./token.ts";

const DOT = 0x2e;
const HYPHEN = 0x2d;
const UNDERSCORE = 0x5f;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Longest text of an IPv6 address: eight groups, of which the last two are spelled as IPv4. */
const MAX_ADDRESS_LENGTH = 45;

/** Bytes of a host name. The underscore is no part of DNS host names but of many that are in use. */
export const HOST_NAME: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) =>
    isAlphaNumeric(byte) || byte === HYPHEN || byte === DOT || byte === UNDERSCORE ? 1 : 0,
);

/**
 * Where the host in the authority `bytes[start, end)` ends for routing, or -1 when this is no authority:
 * `name`, or an IPv6 address in brackets, then nothing, `:`, or `:` and a port from 1 to 65535. Port and
 * the dot of a fully qualified name do not count; an address counts with its brackets.
 */
export function hostEndOf(bytes: Uint8Array, start: number, end: number): number {
  if (start < end && bytes[start] === OPEN_BRACKET) return addressEndOf(bytes, start, end);
  let at = start;
  while (at < end && HOST_NAME[bytes[at] as number] === 1) at++;
  if (at < end && !isPort(bytes, at, end)) return -1;
  if (at > start && bytes[at - 1] === DOT) at--;
  return at === start ? -1 : at;
}

function addressEndOf(bytes: Uint8Array, start: number, end: number): number {
  const close = bytes.subarray(start, end).indexOf(CLOSE_BRACKET) + start;
  if (close < start || close - start - 1 > MAX_ADDRESS_LENGTH) return -1;
  const text = asciiText(bytes, start + 1, close);
  // Only the digits of an address, so that the URL parser has nothing to judge but their order.
  if (!/^[0-9A-Fa-f:.]+$/.test(text) || URL.parse(`http://[${text}]/`) === null) return -1;
  return close + 1 === end || isPort(bytes, close + 1, end) ? close + 1 : -1;
}

/** `:` and a port, which may be missing (RFC 3986 §3.2.3). */
function isPort(bytes: Uint8Array, start: number, end: number): boolean {
  if (bytes[start] !== COLON) return false;
  if (start + 1 === end) return true;
  let port = 0;
  for (let at = start + 1; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
    if (port > 65535) return false;
  }
  return port > 0;
}
