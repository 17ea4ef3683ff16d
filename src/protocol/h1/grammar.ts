// The byte classes of HTTP/1.1 (RFC 9110 §5.6, RFC 9112 §2-§3), as 256-entry tables so that a scan is
// one load and one test a byte.

/** Methods and field names. */
export { TOKEN } from "../http/token.ts";
/** Targets, values and reason phrases. */
export { ASCII_VALUE, FIELD_VALUE, TARGET } from "../http/field_bytes.ts";

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
