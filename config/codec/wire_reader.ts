// Reads the values of the protobuf wire format one after the other. The bytes are hostile: what is
// malformed or reaches beyond the end throws a RangeError that says what is wrong, and nothing beyond
// the end is ever looked at.

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Up to this length a text is put together unit by unit, which the engine does without leaving pieces behind. */
const SHORT_TEXT = 12;

/** Most bytes of a varint: 64 bits in groups of seven. */
const MAX_VARINT_BYTES = 10;

/** Deepest nesting of groups that are skipped. */
const MAX_GROUP_DEPTH = 100;

/** A position in bytes and the end up to which they are read. */
export class WireReader {
  pos = 0;
  /** Where reading ends; narrowed while a message inside of another is read. */
  len: number;
  readonly #bytes: Uint8Array;

  /** Whether fields that nobody knows are wanted. */
  readonly keepsUnknown: boolean;

  constructor(bytes: Uint8Array, keepsUnknown = false) {
    this.keepsUnknown = keepsUnknown;
    this.#bytes = bytes;
    this.len = bytes.length;
  }

  /** A field's number and wire type, as `number << 3 | type`. */
  tag(): number {
    const start = this.pos;
    const tag = this.uint32();
    if (this.pos - start > 5) throw new RangeError("a tag is longer than 32 bits");
    if (tag >>> 3 === 0) throw new RangeError("there is no field number 0");
    return tag;
  }

  /** The length of what follows. */
  size(): number {
    const size = this.uint32();
    if (size > this.len - this.pos) {
      throw new RangeError(`it is cut short: ${size} bytes were announced`);
    }
    return size;
  }

  /** The lowest 32 bits of a varint, without sign. */
  uint32(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let length = 1; length < MAX_VARINT_BYTES; length++) {
      const byte = this.#byte();
      if (length < 5) value |= (byte & 0x7f) << length * 7;
      if (byte < 0x80) return value >>> 0;
    }
    throw tooLong();
  }

  /** The lowest 32 bits of a varint, with sign. */
  int32(): number {
    return this.uint32() | 0;
  }

  /** A varint of which any bit is set. */
  bool(): boolean {
    let any = 0;
    for (let length = 0; length < MAX_VARINT_BYTES; length++) {
      const byte = this.#byte();
      any |= byte & 0x7f;
      if (byte < 0x80) return any !== 0;
    }
    throw tooLong();
  }

  /** A varint of 64 bits, without sign. */
  uint64(): bigint {
    let low = 0;
    let high = 0;
    for (let length = 0; length < MAX_VARINT_BYTES; length++) {
      const byte = this.#byte();
      const bits = byte & 0x7f;
      if (length < 5) low |= bits << length * 7;
      // The fifth group lies across both halves.
      if (length === 4) high = bits >>> 4;
      else if (length > 4) high |= bits << length * 7 - 32;
      if (byte < 0x80) return joined(low, high);
    }
    throw tooLong();
  }

  /** A varint of 64 bits, with sign. */
  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  /** Four bytes, the lowest first. */
  fixed32(): number {
    const at = this.#take(4);
    let value = 0;
    for (let i = 0; i < 4; i++) value |= (this.#bytes[at + i] as number) << i * 8;
    return value >>> 0;
  }

  /** Bytes behind their length, in a buffer of their own. */
  bytes(): Uint8Array {
    const size = this.size();
    const at = this.#take(size);
    return this.#bytes.slice(at, at + size);
  }

  /** A text behind its length, which must be UTF-8. */
  string(): string {
    const size = this.size();
    const at = this.#take(size);
    const short = size <= SHORT_TEXT ? this.#ascii(at, size) : null;
    if (short !== null) return short;
    try {
      return DECODER.decode(this.#bytes.subarray(at, at + size));
    } catch {
      throw new RangeError("a text is not UTF-8");
    }
  }

  /** What was read since the position `start`; valid as long as the bytes are. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.pos);
  }

  /** Steps over a value of which the tag was read. */
  skip(tag: number, depth = 0): void {
    switch (tag & 7) {
      case 0:
        this.bool();
        break;
      case 1:
        this.#take(8);
        break;
      case 2:
        this.#take(this.size());
        break;
      case 3:
        this.#skipGroup(tag, depth);
        break;
      case 5:
        this.#take(4);
        break;
      default:
        throw new RangeError(`there is no wire type ${tag & 7} at byte ${this.pos}`);
    }
  }

  /** An ASCII text; `null` when it is not one. */
  #ascii(at: number, size: number): string | null {
    let text = "";
    for (let i = at; i < at + size; i++) {
      const unit = this.#bytes[i] as number;
      if (unit >= 0x80) return null;
      text += String.fromCharCode(unit);
    }
    return text;
  }

  #skipGroup(begin: number, depth: number): void {
    if (depth > MAX_GROUP_DEPTH) throw new RangeError("it is nested too deeply");
    for (;;) {
      const tag = this.tag();
      if ((tag & 7) !== 4) this.skip(tag, depth + 1);
      else if (tag >>> 3 === begin >>> 3) return;
      else throw new RangeError("a group ends that has not begun");
    }
  }

  #byte(): number {
    if (this.pos >= this.len) throw new RangeError("it is cut short");
    return this.#bytes[this.pos++] as number;
  }

  /** Steps over `count` bytes; returns where they begin. */
  #take(count: number): number {
    if (count > this.len - this.pos) {
      throw new RangeError(`it is cut short: ${count} bytes were announced`);
    }
    const at = this.pos;
    this.pos += count;
    return at;
  }
}

function joined(low: number, high: number): bigint {
  const lowBits = BigInt(low >>> 0);
  return high === 0 ? lowBits : BigInt(high >>> 0) << 32n | lowBits;
}

function tooLong(): RangeError {
  return new RangeError(`a varint is longer than ${MAX_VARINT_BYTES} bytes`);
}
