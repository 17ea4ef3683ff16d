// The byte classes of HTTP/1.1 (RFC 9110 §5.6, RFC 9112 §2-§3), as 256-entry tables so that a scan is
// one load and one test a byte. obs-text (0x80-0xff) is opaque data in values, as RFC 9110 §5.5 has it,
// and passes unchanged; in names, targets and whatever decides framing or routing it is refused.

/** Methods and field names. */
export { TOKEN } from "../http/token.ts";

function table(accepts: (byte: number) => boolean): Uint8Array {
  const bytes = new Uint8Array(256);
  for (let i = 0; i < 256; i++) bytes[i] = accepts(i) ? 1 : 0;
  return bytes;
}

/** Request targets: visible ASCII without `#`, since a fragment is never sent (RFC 9110 §7.1). */
export const TARGET: Uint8Array = table((byte) => byte >= 0x21 && byte <= 0x7e && byte !== 0x23);

/** Field values and reason phrases: HTAB, SP, visible ASCII and obs-text; no other control byte. */
export const FIELD_VALUE: Uint8Array = table((byte) =>
  byte === 0x09 || (byte >= 0x20 && byte !== 0x7f)
);

/** The same without obs-text. */
export const ASCII_VALUE: Uint8Array = table((byte) => byte < 0x80 && FIELD_VALUE[byte] === 1);

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
