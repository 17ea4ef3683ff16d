// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum a PROXY protocol header may carry.

/** The polynomial, its bits in reverse order. */
const POLYNOMIAL = 0x82f63b78;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** The checksum of `bytes`, those of `[zeroFrom, zeroTo)` taken as zero. */
export function crc32c(bytes: Uint8Array, zeroFrom = 0, zeroTo = 0): number {
  let value = 0xffffffff;
  for (let at = 0; at < bytes.length; at++) {
    const byte = at >= zeroFrom && at < zeroTo ? 0 : bytes[at] as number;
    value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] as number);
  }
  return (value ^ 0xffffffff) >>> 0;
}
