// The dynamic table of HPACK (RFC 7541 section 2.3.2): the fields that were added last, as bytes in one
// buffer. New entries go behind the others; when the end of the buffer is reached, what is still in the
// table moves to its front, which happens at most once for every table full of bytes.

import { copyBytes } from "../../../bytes/ascii.ts";

/** What an entry costs beyond its bytes (RFC 7541 section 4.1). */
export const ENTRY_OVERHEAD = 32;

const COLON = 0x3a;
const SP = 0x20;

/** Integers an entry takes in {@link DynamicTable.entries}. */
const STRIDE = 4;
const NAME_END = 1;
const VALUE_END = 2;
const KIND = 3;

const NO_BYTES = new Uint8Array(0);
const NO_ENTRIES = new Int32Array(0);

/** Fields by index, the newest first. */
export class DynamicTable {
  /** What the ranges of entries refer to. May be another one after {@link add}. */
  bytes: Uint8Array;
  /** Sum of the sizes of all entries, as the specification counts them. */
  size = 0;
  /** Number of entries. */
  count = 0;
  #maxSize: number;
  /** Entries in the order they were added: start, end of name, end of value, kind. */
  #entries: Int32Array;
  /** Position in #entries of the oldest entry. */
  #oldest = 0;
  /** Behind the newest entry in {@link bytes}. */
  #end = 0;
  /** Bytes between a name and its value. */
  readonly #gap: number;

  /**
   * A table of at most `maxSize` bytes. `asLines`: entries lie in {@link bytes} as `name: value`, so that a line
   * of HTTP/1.1 is copied in one go. That is no matter of their sizes.
   */
  constructor(maxSize: number, asLines = false) {
    this.#maxSize = maxSize;
    this.#gap = asLines ? 2 : 0;
    this.bytes = NO_BYTES;
    this.#entries = NO_ENTRIES;
  }

  /** The largest size right now. */
  get maxSize(): number {
    return this.#maxSize;
  }

  /** Another largest size; the oldest entries go until the rest fits. */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evictTo(maxSize);
  }

  /**
   * Adds a name, `names[nameStart, nameEnd)`, and a value, `values[valueStart, valueEnd)`; neither buffer is
   * {@link bytes}. A field larger than the whole table empties it and is not added (RFC 7541 section 4.4).
   * True when it was added.
   */
  add(
    names: Uint8Array,
    nameStart: number,
    nameEnd: number,
    values: Uint8Array,
    valueStart: number,
    valueEnd: number,
    kind: number,
  ): boolean {
    const length = nameEnd - nameStart + valueEnd - valueStart;
    const size = length + ENTRY_OVERHEAD;
    if (size > this.#maxSize) {
      this.clear();
      return false;
    }
    this.#evictTo(this.#maxSize - size);
    const gap = this.#gap;
    this.#makeRoom(length + gap);
    const at = this.#end;
    const middle = copyBytes(names, nameStart, nameEnd, this.bytes, at);
    if (gap > 0) {
      this.bytes[middle] = COLON;
      this.bytes[middle + 1] = SP;
    }
    const end = copyBytes(values, valueStart, valueEnd, this.bytes, middle + gap);
    this.#push(at, middle, end, kind);
    return true;
  }

  /** First byte of the name of entry `index`; 0 is the newest. */
  nameStart(index: number): number {
    return this.#at(index, 0);
  }

  /** First byte behind the name. */
  nameEnd(index: number): number {
    return this.#at(index, NAME_END);
  }

  /** First byte of the value. */
  valueStart(index: number): number {
    return this.#at(index, NAME_END) + this.#gap;
  }

  /** First byte behind the value. */
  valueEnd(index: number): number {
    return this.#at(index, VALUE_END);
  }

  /** The kind that was given with the entry. */
  kind(index: number): number {
    return this.#at(index, KIND);
  }

  /** Changes the kind of the newest entry. */
  setNewestKind(kind: number): void {
    this.#entries[(this.#oldest + this.count - 1) * STRIDE + KIND] = kind;
  }

  #at(index: number, slot: number): number {
    return this.#entries[(this.#oldest + this.count - 1 - index) * STRIDE + slot] as number;
  }

  #push(start: number, nameEnd: number, valueEnd: number, kind: number): void {
    let at = (this.#oldest + this.count) * STRIDE;
    if (at === this.#entries.length) {
      this.#makeEntries();
      at = this.count * STRIDE;
    }
    const entries = this.#entries;
    entries[at] = start;
    entries[at + NAME_END] = nameEnd;
    entries[at + VALUE_END] = valueEnd;
    entries[at + KIND] = kind;
    this.#end = valueEnd;
    this.size += valueEnd - start - this.#gap + ENTRY_OVERHEAD;
    this.count++;
  }

  /** Drops every entry. */
  clear(): void {
    this.#evictTo(0);
  }

  #evictTo(size: number): void {
    while (this.size > size) {
      const at = this.#oldest * STRIDE;
      const entries = this.#entries;
      const length = (entries[at + VALUE_END] as number) - (entries[at] as number) - this.#gap;
      this.size -= length + ENTRY_OVERHEAD;
      this.#oldest++;
      this.count--;
    }
    if (this.count === 0) this.#oldest = this.#end = 0;
  }

  /** Makes room for `length` bytes behind the newest entry. */
  #makeRoom(length: number): void {
    if (this.#end + length <= this.bytes.length) return;
    const first = this.count === 0 ? this.#end : this.#at(this.count - 1, 0);
    const held = this.#end - first;
    // Twice what may be held: a move is paid for by as many bytes as it takes.
    const wanted = Math.min(2 * this.#maxSize, 2 * (held + length));
    const target = this.bytes.length >= wanted ? this.bytes : new Uint8Array(wanted);
    if (target === this.bytes) target.copyWithin(0, first, this.#end);
    else target.set(this.bytes.subarray(first, this.#end));
    this.bytes = target;
    this.#end = held;
    for (let i = 0; i < this.count; i++) {
      const at = (this.#oldest + i) * STRIDE;
      for (let slot = 0; slot < KIND; slot++) {
        this.#entries[at + slot] = (this.#entries[at + slot] as number) - first;
      }
    }
  }

  /** Makes room for another entry: moves them to the front, into more room when they fill half of it. */
  #makeEntries(): void {
    const live = this.#entries.subarray(
      this.#oldest * STRIDE,
      (this.#oldest + this.count) * STRIDE,
    );
    if (live.length * 2 <= this.#entries.length && live.length > 0) {
      this.#entries.copyWithin(0, this.#oldest * STRIDE, (this.#oldest + this.count) * STRIDE);
    } else {
      const larger = new Int32Array(Math.max(8 * STRIDE, live.length * 2));
      larger.set(live);
      this.#entries = larger;
    }
    this.#oldest = 0;
  }
}
