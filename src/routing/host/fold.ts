// ASCII case folding of host bytes. Host names are case-insensitive (RFC 9110 section 4.2.3) and are
// compared where they lie in the receive buffer, so folding is one table read per byte.

/** Maps every byte to its ASCII lower-case form; never written after construction. */
export const LOWER: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

export const DOT = 0x2e;

/** The lower-cased text of `bytes[start..end)`, one character a byte. Allocates: regex rules only. */
export function foldedText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let index = start; index < end; index++) {
    text += String.fromCharCode(LOWER[bytes[index] as number] as number);
  }
  return text;
}
