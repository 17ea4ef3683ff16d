// The value of a Content-Length field (RFC 9110 section 8.6), one reader for all protocol versions.

/** 2^53 - 1 has 16 digits; longer values cannot be counted exactly. */
const MAX_DIGITS = 15;

/** The number of bytes that `bytes[start, end)` says: digits and nothing else; -1 when it is no length. */
export function readLengthDigits(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > MAX_DIGITS) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}
