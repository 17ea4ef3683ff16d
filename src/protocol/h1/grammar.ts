// The byte classes of HTTP/1.1 (RFC 9110 §5.6, RFC 9112 §2-§3), as 256-entry tables so that a scan is
// one load and one test a byte. obs-text (0x80-0xff) is opaque data in values, as RFC 9110 §5.5 has it,
// and passes unchanged; in names, targets and whatever decides framing or routing it is refused.

import { isAlphaNumeric } from "../http/token.ts";

/** Methods and field names. */
export { TOKEN } from "../http/token.ts";

function table(accepts: (byte: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(256);
  for (let i = 0; i < 256; i++) bytes[i] = accepts(i) ? 1 : 0;
  return bytes;
}

/** Visible ASCII: request targets. */
export const TARGET: Uint8Array = table((byte) => byte >= 0x21 && byte <= 0x7e);

/** Field values and reason phrases: HTAB, SP, visible ASCII and obs-text; no other control byte. */
export const FIELD_VALUE: Uint8Array = table((byte) =>
  byte === 0x09 || (byte >= 0x20 && byte !== 0x7f)
);

/** Bytes of a host name as routing accepts it; underscore and IPv6 literals are not part of it. */
export const HOST_NAME: Uint8Array = table((byte) =>
  isAlphaNumeric(byte) || byte === 0x2d || byte === 0x2e
);

/** Value of a hexadecimal digit, 255 for every other byte. */
export const HEX_VALUE: Uint8Array = buildHexValues();

function buildHexValues(): Uint8Array {
  const values = new Uint8Array(256).fill(255);
  for (let i = 0; i < 16; i++) {
    const digit = i.toString(16);
    values[digit.charCodeAt(0)] = i;
    values[digit.toUpperCase().charCodeAt(0)] = i;
  }
  return values;
}
