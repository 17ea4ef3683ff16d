// Encodes header blocks (RFC 7541). A field goes into the table when it comes a second time: what differs
// in every message, such as a length or an id, would only push out what repeats. Fields that hold secrets
// never go into a table, neither here nor at another hop (section 7.1.3). Only what goes into the table is
// coded by Huffman: it is sent once, where everything else would cost the time again and again.

import { copyBytes, equalBytes, LOWER } from "../../../bytes/ascii.ts";
import { DynamicTable } from "./dynamic_table.ts";
import { huffmanEncode, huffmanLength } from "./huffman.ts";
import { isSensitive, STATIC_TABLE, type StaticEntry, staticName } from "./static_table.ts";

const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER_INDEXED = 0x10;
const WITHOUT_INDEXING = 0;
const HUFFMAN = 0x80;

/** Longer values are not worth a place in the table. */
const MAX_INDEXED_VALUE = 512;

/** Slots of the hash table at first, and once two fields want the same one; powers of two. */
const FEW_SLOTS = 32;
const MANY_SLOTS = 256;
/** Integers a slot takes: the number of the entry that was added last, counted from 1, and the hash of its field. */
const STRIDE = 2;
const HASH = 1;

/** So many bytes at either end of a value tell most values apart. */
const HASHED_BYTES = 16;

/** What the indexes and lengths of a field may take besides its name and value. */
const FIELD_OVERHEAD = 18;

/** A table this large is all we ever use, whatever the peer allows. */
const LARGEST_TABLE = 4096;

const FIRST_STATUS_INDEX = 8;
/** Statuses of the static table, in its order. */
const STATIC_STATUSES: readonly number[] = [200, 204, 206, 304, 400, 404, 500];

/** Room that size updates and `:status` may take together. */
export const BLOCK_OVERHEAD = 20;

/** {@link HpackEncoder.field}: there is no room for it. */
export const ENCODER_NO_ROOM = -1;

/** Where the name of the field at hand lies; all encoders of a thread may share one. */
export class NameRoom {
  bytes = new Uint8Array(64);
}

/** The encoding side of one direction of a connection. */
export class HpackEncoder {
  /** Every field may hold a secret, whatever its name (RFC 7541 section 7.1.3). */
  neverIndexes = false;
  readonly #table = new DynamicTable(LARGEST_TABLE);
  readonly #room: NameRoom;
  /** By hash of name and value: fields that came, whether or not they are in the table. */
  #slots = new Int32Array(FEW_SLOTS * STRIDE);
  #added = 0;
  /** Size updates that the next block must begin with; -1 for none. */
  #smallestSize = -1;
  #lastSize = -1;
  /** The field at hand: its name in lower case, and its value as a range of {@link #bytes}. */
  #name: Uint8Array;
  #nameLength = 0;
  #bytes: Uint8Array;
  #valueStart = 0;
  #valueEnd = 0;

  constructor(room: NameRoom = new NameRoom()) {
    this.#room = room;
    this.#name = this.#bytes = room.bytes;
  }

  /** The peer allows a table of `size` bytes from now on (SETTINGS_HEADER_TABLE_SIZE). */
  allowTable(size: number): void {
    const allowed = Math.min(size, LARGEST_TABLE);
    if (allowed === this.#table.maxSize && this.#lastSize < 0) return;
    this.#smallestSize = this.#smallestSize < 0 ? allowed : Math.min(this.#smallestSize, allowed);
    this.#lastSize = allowed;
    this.#table.resize(allowed);
  }

  /**
   * A block that was encoded will not be sent: the peer's table lacks what it added. The next block empties
   * both tables first.
   */
  forget(): void {
    this.#table.clear();
    this.#smallestSize = 0;
    this.#lastSize = this.#table.maxSize;
  }

  /** Begins a block in `out` at `at`, where {@link BLOCK_OVERHEAD} bytes must be free; returns the end. */
  begin(out: Uint8Array, at: number): number {
    if (this.#lastSize < 0) return at;
    if (this.#smallestSize < this.#lastSize) {
      at = writeInteger(out, at, SIZE_UPDATE, 5, this.#smallestSize);
    }
    at = writeInteger(out, at, SIZE_UPDATE, 5, this.#lastSize);
    this.#smallestSize = this.#lastSize = -1;
    return at;
  }

  /** Writes `:status`, which has three digits; its room is part of {@link BLOCK_OVERHEAD}. */
  status(status: number, out: Uint8Array, at: number): number {
    const known = STATIC_STATUSES.indexOf(status);
    if (known >= 0) {
      out[at] = INDEXED | (FIRST_STATUS_INDEX + known);
      return at + 1;
    }
    out[at] = FIRST_STATUS_INDEX;
    out[at + 1] = 3;
    out[at + 2] = 0x30 + Math.floor(status / 100);
    out[at + 3] = 0x30 + Math.floor(status / 10) % 10;
    out[at + 4] = 0x30 + status % 10;
    return at + 5;
  }

  /**
   * Writes the field whose name is `bytes[nameStart, nameEnd)`, in any case, and whose value is
   * `bytes[valueStart, valueEnd)`, into `out[at, limit)`. The end, or {@link ENCODER_NO_ROOM}, after which
   * the block must be given up with {@link forget}.
   */
  field(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
    out: Uint8Array,
    at: number,
    limit: number,
  ): number {
    const length = nameEnd - nameStart + valueEnd - valueStart;
    if (at + length + FIELD_OVERHEAD > limit) return ENCODER_NO_ROOM;
    this.#takeName(bytes, nameStart, nameEnd);
    this.#bytes = bytes;
    this.#valueStart = valueStart;
    this.#valueEnd = valueEnd;
    const index = staticName(this.#name, this.#nameLength);
    if (index > 0) {
      if (isSensitive(index)) return this.#literal(NEVER_INDEXED, 4, index, out, at);
      if (this.#hasStaticValue(index)) return writeInteger(out, at, INDEXED, 7, index);
    }
    if (this.neverIndexes) return this.#literal(NEVER_INDEXED, 4, index, out, at);
    if (valueEnd - valueStart > MAX_INDEXED_VALUE) {
      return this.#literal(WITHOUT_INDEXING, 4, index, out, at);
    }
    const hash = this.#hash(index);
    const slot = hash * STRIDE & (this.#slots.length - 1);
    const entry = this.#added - (this.#slots[slot] as number);
    if (this.#isEntry(entry, hash)) {
      return writeInteger(out, at, INDEXED, 7, STATIC_TABLE.length + 1 + entry);
    }
    if (this.#slots[slot + HASH] !== hash) {
      this.#note(slot, hash);
      return this.#literal(WITHOUT_INDEXING, 4, index, out, at);
    }
    this.#add(slot, hash);
    return this.#literal(INCREMENTAL, 6, index, out, at);
  }

  #takeName(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length > this.#room.bytes.length) this.#room.bytes = new Uint8Array(2 * length);
    const name = this.#name = this.#room.bytes;
    for (let i = 0; i < length; i++) name[i] = LOWER[bytes[start + i] as number] as number;
    this.#nameLength = length;
  }

  #hasStaticValue(index: number): boolean {
    const { value } = STATIC_TABLE[index - 1] as StaticEntry;
    if (value.length === 0) return false;
    return equalBytes(value, 0, value.length, this.#bytes, this.#valueStart, this.#valueEnd);
  }

  #isEntry(entry: number, hash: number): boolean {
    const table = this.#table;
    if (entry >= table.count || table.kind(entry) !== hash) return false;
    const nameStart = table.nameStart(entry);
    const nameEnd = table.nameEnd(entry);
    const valueEnd = table.valueEnd(entry);
    return equalBytes(table.bytes, nameStart, nameEnd, this.#name, 0, this.#nameLength) &&
      equalBytes(table.bytes, nameEnd, valueEnd, this.#bytes, this.#valueStart, this.#valueEnd);
  }

  /** A field came that is not known, and whose slot may be that of another. */
  #note(slot: number, hash: number): void {
    const slots = this.#slots;
    if (slots[slot + HASH] === 0 || slots.length === MANY_SLOTS * STRIDE) {
      slots[slot + HASH] = hash;
      return;
    }
    const more = this.#slots = new Int32Array(MANY_SLOTS * STRIDE);
    const mask = more.length - 1;
    for (let at = 0; at < slots.length; at += STRIDE) {
      const known = slots[at + HASH] as number;
      more[known * STRIDE & mask] = slots[at] as number;
      more[(known * STRIDE & mask) + HASH] = known;
    }
    more[(hash * STRIDE & mask) + HASH] = hash;
  }

  #add(slot: number, hash: number): void {
    const length = this.#nameLength;
    this.#table.add(this.#name, 0, length, this.#bytes, this.#valueStart, this.#valueEnd, hash);
    if (this.#table.count > 0) this.#slots[slot] = ++this.#added;
  }

  #literal(kind: number, prefix: number, index: number, out: Uint8Array, at: number): number {
    const write = kind === INCREMENTAL ? writeString : writeRaw;
    at = writeInteger(out, at, kind, prefix, index);
    if (index === 0) at = write(this.#name, 0, this.#nameLength, out, at);
    return write(this.#bytes, this.#valueStart, this.#valueEnd, out, at);
  }

  /**
   * FNV-1a over the name, or its index in the static table, and both ends of the value. Whether two fields are
   * the same is for their bytes to say.
   */
  #hash(index: number): number {
    const name = this.#name;
    let hash = 0x811c9dc5 ^ index;
    if (index === 0) {
      for (let i = 0; i < this.#nameLength; i++) {
        hash = Math.imul(hash ^ (name[i] as number), 0x01000193);
      }
    }
    const bytes = this.#bytes;
    const start = this.#valueStart;
    const end = this.#valueEnd;
    hash = Math.imul(hash ^ (end - start), 0x01000193);
    const middle = Math.min(end, start + HASHED_BYTES);
    for (let i = start; i < middle; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    for (let i = Math.max(middle, end - HASHED_BYTES); i < end; i++) {
      hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
    }
    return hash;
  }
}

/** Writes a string as it is; returns the end. */
function writeRaw(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  return copyBytes(bytes, start, end, out, writeInteger(out, at, 0, 7, end - start));
}

/** Writes `value` behind the bits of `kind` (RFC 7541 section 5.1); returns the end. */
function writeInteger(
  out: Uint8Array,
  at: number,
  kind: number,
  prefix: number,
  value: number,
): number {
  const most = (1 << prefix) - 1;
  if (value < most) {
    out[at] = kind | value;
    return at + 1;
  }
  out[at++] = kind | most;
  value -= most;
  while (value >= 0x80) {
    out[at++] = 0x80 | (value & 0x7f);
    value >>>= 7;
  }
  out[at] = value;
  return at + 1;
}

/** Writes a string, by Huffman where that is shorter; returns the end. */
function writeString(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  const length = end - start;
  const encoded = huffmanLength(bytes, start, end);
  if (encoded >= length) return writeRaw(bytes, start, end, out, at);
  return huffmanEncode(bytes, start, end, out, writeInteger(out, at, HUFFMAN, 7, encoded));
}
