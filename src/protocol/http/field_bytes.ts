// The byte classes of targets and field values (RFC 9110 section 5.5, RFC 9112 section 3), as 256-entry
// tables so that a scan is one load and one test a byte. obs-text (0x80-0xff) is opaque data in values and
// passes unchanged; in names, targets and whatever decides framing or routing it is refused.

function table(accepts: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => accepts(byte) ? 1 : 0);
}

/** Request targets: visible ASCII without `#`, since a fragment is never sent (RFC 9110 §7.1). */
export const TARGET: Uint8Array = table((byte) => byte >= 0x21 && byte <= 0x7e && byte !== 0x23);

/** Field values and reason phrases: HTAB, SP, visible ASCII and obs-text; no other control byte. */
export const FIELD_VALUE: Uint8Array = table((byte) =>
  byte === 0x09 || (byte >= 0x20 && byte !== 0x7f)
);

/** The same without obs-text. */
export const ASCII_VALUE: Uint8Array = table((byte) => byte < 0x80 && FIELD_VALUE[byte] === 1);
