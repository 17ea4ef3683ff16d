// Which bytes a token is made of (RFC 9110 §5.6.2): methods, field names, connection options. As a
// 256-entry table, so that a scan is one load and one test a byte.

const SYMBOLS = "!#$%&'*+-.^_`|~";

/** 1 for every `tchar`, else 0. */
export const TOKEN: Uint8Array = buildTokenTable();

function buildTokenTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let byte = 0x21; byte < 0x7f; byte++) {
    table[byte] = isAlphaNumeric(byte) || SYMBOLS.includes(String.fromCharCode(byte)) ? 1 : 0;
  }
  return table;
}

/** True for ASCII letters and digits. */
export function isAlphaNumeric(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a);
}
