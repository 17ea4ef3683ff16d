// The few pieces of the protobuf wire format that an access log record needs, written straight into a
// buffer. Numbers of 64 bits come as two halves, because a double holds only 53.

const TWO_32 = 2 ** 32;

/** Writes a whole number from 0 to 2^53 - 1 as a varint; returns the position behind it. */
export function writeVarint(value: number, target: Uint8Array, at: number): number {
  while (value >= 2 ** 31) {
    target[at++] = (value % 128) | 0x80;
    value = Math.floor(value / 128);
  }
  let rest = value | 0;
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[at] = rest;
  return at + 1;
}

/** Writes a number of 64 bits, given as two unsigned halves, as a varint. */
export function writeVarint64(
  high: number,
  low: number,
  target: Uint8Array,
  at: number,
): number {
  if (high < 2 ** 21) return writeVarint(high * TWO_32 + low, target, at);
  // 28 bits, then the 4 left of the low half with 24 of the high one, then the last 8.
  at = writeGroups(low & 0x0fff_ffff, target, at);
  at = writeGroups(((high & 0x00ff_ffff) << 4) | (low >>> 28), target, at);
  return writeVarint(high >>> 24, target, at);
}

/** Four groups of seven bits, none of them the last. */
function writeGroups(bits: number, target: Uint8Array, at: number): number {
  target[at] = (bits & 0x7f) | 0x80;
  target[at + 1] = ((bits >>> 7) & 0x7f) | 0x80;
  target[at + 2] = ((bits >>> 14) & 0x7f) | 0x80;
  target[at + 3] = ((bits >>> 21) & 0x7f) | 0x80;
  return at + 4;
}

/** Writes the key of a length-delimited field, and the length. */
export function writeLengthKey(
  field: number,
  length: number,
  target: Uint8Array,
  at: number,
): number {
  return writeVarint(length, target, writeVarint((field << 3) | 2, target, at));
}

/** Writes a field that is a number. */
export function writeNumberField(
  field: number,
  value: number,
  target: Uint8Array,
  at: number,
): number {
  return writeVarint(value, target, writeVarint(field << 3, target, at));
}

/** Writes a field of bytes. */
export function writeBytesField(
  field: number,
  bytes: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  at = writeLengthKey(field, bytes.length, target, at);
  target.set(bytes, at);
  return at + bytes.length;
}

/** A field of bytes by itself. */
export function stringField(field: number, bytes: Uint8Array): Uint8Array {
  const target = new Uint8Array(bytes.length + 12);
  return target.subarray(0, writeBytesField(field, bytes, target, 0));
}

/** Bytes of a varint below 2^31. */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++;
  return length;
}

/**
 * Puts a length before the `at - start - room` bytes that were written behind `room` free ones at
 * `start`, closing the gap; returns the position behind them.
 */
export function closeLength(start: number, room: number, target: Uint8Array, at: number): number {
  const length = at - start - room;
  const body = start + varintLength(length);
  if (body !== start + room) target.copyWithin(body, start + room, at);
  writeVarint(length, target, start);
  return body + length;
}
