// Type-length-value records after the addresses of a PROXY protocol version 2 header. They are kept
// as they are; nothing here interprets a type. Knows nothing of the header around them.

/** One record. */
export interface Tlv {
  /** 0 to 255. */
  readonly type: number;
  readonly value: Uint8Array;
}

/** Bytes before the value: type, length in two bytes. */
const TLV_OVERHEAD = 3;

/** The records in `bytes`, views of it; null when the last one is cut off. */
export function readTlvs(bytes: Uint8Array): Tlv[] | null {
  const records: Tlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < TLV_OVERHEAD) return null;
    const length = ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
    const end = at + TLV_OVERHEAD + length;
    if (end > bytes.length) return null;
    records.push({ type: bytes[at] as number, value: bytes.subarray(at + TLV_OVERHEAD, end) });
    at = end;
  }
  return records;
}

/** The bytes of `records` in their order. Throws RangeError on a type or length out of range. */
export function encodeTlvs(records: readonly Tlv[]): Uint8Array {
  const size = records.reduce((sum, { value }) => sum + TLV_OVERHEAD + value.length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { type, value } of records) {
    if (!Number.isInteger(type) || type < 0 || type > 0xff || value.length > 0xffff) {
      throw new RangeError(`Cannot encode TLV "${type}" of ${value.length} bytes: out of range`);
    }
    bytes[at] = type;
    bytes[at + 1] = value.length >> 8;
    bytes[at + 2] = value.length & 0xff;
    bytes.set(value, at + TLV_OVERHEAD);
    at += TLV_OVERHEAD + value.length;
  }
  return bytes;
}
