// Writes the values of the protobuf wire format one after the other: varints, texts, bytes, and messages
// behind their length. Knows nothing of fields.

const ENCODER = new TextEncoder();

/** Enough for a small request, and what the engine keeps inside of its heap. */
const FIRST_BYTES = 64;
/** Enough for most others; it grows by doubling from there. */
const SECOND_BYTES = 1024;

/** Bytes of the longest varint: 64 bits in groups of seven. */
const MAX_VARINT_BYTES = 10;

/** Most bytes in UTF-8 of one UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

/** A growing buffer of encoded values. */
export class WireWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** What was written, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  /** A varint of the lowest 32 bits of `value`, without sign. */
  uint32(value: number): void {
    this.#room(MAX_VARINT_BYTES);
    this.#varint(value >>> 0);
  }

  /** A varint of the lowest 32 bits of `value`, which a sign makes ten bytes long. */
  int32(value: number): void {
    const low = value | 0;
    this.#room(MAX_VARINT_BYTES);
    if (low >= 0) this.#varint(low);
    else this.#halves(low, -1);
  }

  /** A varint of the lowest 64 bits of `value`, whatever its sign. */
  int64(value: bigint): void {
    this.#room(MAX_VARINT_BYTES);
    this.#halves(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n)));
  }

  /** Four bytes, the lowest first. */
  fixed32(value: number): void {
    this.#room(4);
    for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#length++] = value >>> shift;
  }

  /** Bytes behind their length. */
  bytes(value: Uint8Array): void {
    this.#room(MAX_VARINT_BYTES + value.length);
    this.#varint(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** Bytes that are fields already. */
  raw(value: Uint8Array): void {
    this.#room(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A text in UTF-8 behind its length; a lone surrogate becomes U+FFFD. */
  string(value: string): void {
    const start = this.begin();
    this.#length += this.#ascii(value) ?? this.#utf8(value);
    this.end(start);
  }

  /** Begins something whose length is not known yet; give what is returned to {@link end}. */
  begin(): number {
    this.#room(MAX_VARINT_BYTES);
    // The room for a length below 128, which most are.
    return ++this.#length;
  }

  /** Puts the length of what was written since `start` before it. */
  end(start: number): void {
    const length = this.#length - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    let more = 0;
    for (let rest = length >>> 7; rest > 0; rest >>>= 7) more++;
    this.#room(more);
    this.#bytes.copyWithin(start + more, start, this.#length);
    this.#length = start - 1;
    this.#varint(length);
    this.#length += length;
  }

  /** Puts an ASCII text behind what is written; returns its bytes, or `null` when it is not one. */
  #ascii(value: string): number | null {
    this.#room(value.length);
    for (let at = 0; at < value.length; at++) {
      const unit = value.charCodeAt(at);
      if (unit >= 0x80) return null;
      this.#bytes[this.#length + at] = unit;
    }
    return value.length;
  }

  /** Puts any text behind what is written; returns its bytes. */
  #utf8(value: string): number {
    this.#room(value.length * MAX_BYTES_PER_UNIT);
    return ENCODER.encodeInto(value, this.#bytes.subarray(this.#length)).written;
  }

  /** A varint of a number below 2^32, for which there is room. */
  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = rest & 0x7f | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A varint of 64 bits in two halves, for which there is room. */
  #halves(low: number, high: number): void {
    let lower = low >>> 0;
    let upper = high >>> 0;
    while (upper > 0) {
      this.#bytes[this.#length++] = lower & 0x7f | 0x80;
      lower = (lower >>> 7 | upper << 25) >>> 0;
      upper >>>= 7;
    }
    this.#varint(lower);
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, SECOND_BYTES, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
