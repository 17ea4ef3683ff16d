// Numbers as decimal digits, written into a buffer.

const ZERO = 0x30;
/** Below this a number is an integer of 31 bits, with which the engine is quickest. */
const SMALL = 2 ** 31;
const BILLION = 1_000_000_000;

/** Writes a whole number from 0 to 2^53 - 1; returns the position behind it. */
export function writeDecimal(value: number, target: Uint8Array, at: number): number {
  if (value >= SMALL) {
    const high = Math.floor(value / BILLION);
    at = writeDecimal(high, target, at);
    return writePadded(value - high * BILLION, 9, target, at);
  }
  let digits = 1;
  for (let bound = 10; digits < 10 && value >= bound; bound *= 10) digits++;
  return writePadded(value | 0, digits, target, at);
}

/** Writes a whole number below 2^31 with exactly `digits` digits. */
export function writePadded(
  value: number,
  digits: number,
  target: Uint8Array,
  at: number,
): number {
  let rest = value | 0;
  for (let i = at + digits - 1; i >= at; i--) {
    const next = (rest / 10) | 0;
    target[i] = ZERO + rest - next * 10;
    rest = next;
  }
  return at + digits;
}
