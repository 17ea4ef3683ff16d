// Writes DER (X.690), as far as a certificate needs it.

/** Tags of the elements written here. */
export const DerTag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OBJECT_IDENTIFIER: 0x06,
  UTF8_STRING: 0x0c,
  GENERALIZED_TIME: 0x18,
  UTC_TIME: 0x17,
  SEQUENCE: 0x30,
  SET: 0x31,
  CONTEXT_0: 0xa0,
} as const;

/** One element around `contents`. */
export function derElement(
  tag: number,
  ...contents: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  const prefix = [tag, ...lengthBytes(length)];
  const bytes = new Uint8Array(prefix.length + length);
  bytes.set(prefix);
  let at = prefix.length;
  for (const part of contents) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [0x80 | digits.length, ...digits];
}

/** A non-negative integer, most significant byte first. */
export function derInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  // A leading one bit would make it negative.
  const sign = (digits[0] as number) >= 0x80 ? Uint8Array.of(0) : new Uint8Array(0);
  return derElement(DerTag.INTEGER, sign, digits);
}

/** An object identifier in dotted form. */
export function derObjectId(dotted: string): Uint8Array {
  const [first, second, ...rest] = dotted.split(".").map(Number) as [number, number, ...number[]];
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let left = part >>> 7; left > 0; left >>>= 7) groups.unshift(0x80 | (left & 0x7f));
    bytes.push(...groups);
  }
  return derElement(DerTag.OBJECT_IDENTIFIER, Uint8Array.from(bytes));
}

export function derBoolean(value: boolean): Uint8Array {
  return derElement(DerTag.BOOLEAN, Uint8Array.of(value ? 0xff : 0));
}

export function derText(text: string): Uint8Array {
  return derElement(DerTag.UTF8_STRING, new TextEncoder().encode(text));
}

/** RFC 5280 section 4.1.2.5: two digits of the year until 2049, four from then on. */
export function derTime(time: Date): Uint8Array {
  const digits = time.toISOString().replace(/\.\d+|[-:T]/g, "");
  const early = time.getUTCFullYear() < 2050;
  const text = early ? digits.slice(2) : digits;
  return derElement(
    early ? DerTag.UTC_TIME : DerTag.GENERALIZED_TIME,
    new TextEncoder().encode(text),
  );
}
