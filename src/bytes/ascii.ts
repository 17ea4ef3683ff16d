// Byte-level ASCII: lower-casing, comparison, number text. Everything works on ranges of a larger
// buffer so that nothing is copied or turned into a string. Knows no protocol.

/** Maps every byte to its ASCII lower case; all other bytes to themselves. */
export const LOWER: Uint8Array = buildLowerTable();

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;
export const COMMA = 0x2c;

function buildLowerTable(): Uint8Array {
  const table = new Uint8Array(256);
  for (let i = 0; i < 256; i++) table[i] = i >= 0x41 && i <= 0x5a ? i + 0x20 : i;
  return table;
}

const encoder = new TextEncoder();

/** UTF-8 bytes of a text that is known when the program starts or a configuration is applied. */
export function asciiBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of an ASCII range, for logs and slow paths. Bytes above 0x7f become Latin-1 characters. */
export function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i] as number);
  return text;
}

/** True when the range equals `lower` (already lower case), ignoring ASCII case. */
export function equalsIgnoreCase(
  bytes: Uint8Array,
  start: number,
  end: number,
  lower: Uint8Array,
): boolean {
  const length = end - start;
  if (length !== lower.length) return false;
  for (let i = 0; i < length; i++) {
    if (LOWER[bytes[start + i] as number] !== lower[i]) return false;
  }
  return true;
}

/** True when the two ranges hold the same bytes. */
export function equalBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const length = aEnd - aStart;
  if (length !== bEnd - bStart) return false;
  for (let i = 0; i < length; i++) {
    if (a[aStart + i] !== b[bStart + i]) return false;
  }
  return true;
}

/** Below this many bytes a plain loop beats making a view for `TypedArray.set`. */
const LOOP_COPY_LIMIT = 40;

/** Copies `source[start, end)` to `target` at `at`; returns the position after the copy. */
export function copyBytes(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  const length = end - start;
  if (length <= LOOP_COPY_LIMIT) {
    for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number;
  } else {
    target.set(source.subarray(start, end), at);
  }
  return at + length;
}
