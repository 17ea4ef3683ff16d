// A hash table from byte strings to objects, made for keys that lie inside a receive buffer: a lookup
// compares bytes in place and allocates nothing. Open addressing with linear probing. A large table is
// divided into segments that grow one by one, so no single addition has to move very much. Hashing is
// the caller's; this knows nothing of hosts or paths.

import { LOWER } from "./host/fold.ts";
import { KeyArena, keyEquals, keyEqualsMapped } from "./key_arena.ts";

/** Entries above which a table is divided: below it growing is cheap anyway. */
const UNDIVIDED_MAX = 512;
const SEGMENTS = 64;
/** The segment is taken from the top bits of the hash, the slot from the low ones. */
const SEGMENT_SHIFT = 26;

export class ByteKeyTable<V extends object> {
  #segments: Segment<V>[] = [new Segment<V>()];
  #segmentMask = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value of the key `bytes[start..end)` with this finished hash. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): V | null {
    return this.#segment(hash).find(bytes, start, end, hash);
  }

  /** As {@linkcode find}, with the bytes case-folded first; keys must have been set in lower case. */
  findFolded(bytes: Uint8Array, start: number, end: number, hash: number): V | null {
    return this.#segment(hash).findFolded(bytes, start, end, hash);
  }

  /** Adds a key that is not in the table. */
  insert(key: Uint8Array, hash: number, value: V): void {
    if (this.#segmentMask === 0 && this.#size === UNDIVIDED_MAX) this.#divide();
    this.#segment(hash).insert(key, hash, value);
    this.#size++;
  }

  /** Gives another value to a key that is in the table. */
  replace(key: Uint8Array, hash: number, value: V): void {
    this.#segment(hash).replace(key, hash, value);
  }

  /** Takes a key out; `false` when it was not there. */
  delete(key: Uint8Array, hash: number): boolean {
    const deleted = this.#segment(hash).delete(key, hash);
    if (deleted) this.#size--;
    return deleted;
  }

  /** Every value, in no order. */
  *values(): Iterable<V> {
    for (const segment of this.#segments) yield* segment.values();
  }

  #segment(hash: number): Segment<V> {
    return this.#segments[(hash >>> SEGMENT_SHIFT) & this.#segmentMask] as Segment<V>;
  }

  #divide(): void {
    const undivided = this.#segments;
    this.#segments = Array.from({ length: SEGMENTS }, () => new Segment<V>());
    this.#segmentMask = SEGMENTS - 1;
    for (const segment of undivided) {
      segment.forEach((key, hash, value) => this.#segment(hash).insert(key, hash, value));
    }
  }
}

const INITIAL_SLOTS = 8;

/** One part of a table, a complete hash table by itself. */
class Segment<V extends object> {
  readonly #arena = new KeyArena();
  /** Two integers a slot: the hash, and the offset of the key in the arena, 0 where the slot is free. */
  #slots = new Int32Array(INITIAL_SLOTS * 2);
  #values: (V | null)[] = new Array(INITIAL_SLOTS).fill(null);
  #size = 0;

  find(bytes: Uint8Array, start: number, end: number, hash: number): V | null {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const offset = slots[at * 2 + 1] as number;
      if (offset === 0) return null;
      if (slots[at * 2] === hash && keyEquals(this.#arena.bytes, offset, bytes, start, end)) {
        return this.#values[at] as V | null;
      }
    }
  }

  findFolded(bytes: Uint8Array, start: number, end: number, hash: number): V | null {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const offset = slots[at * 2 + 1] as number;
      if (offset === 0) return null;
      if (
        slots[at * 2] === hash &&
        keyEqualsMapped(this.#arena.bytes, offset, bytes, start, end, LOWER)
      ) return this.#values[at] as V | null;
    }
  }

  insert(key: Uint8Array, hash: number, value: V): void {
    // Half full at most: probes stay short whatever the keys are.
    if ((this.#size + 1) * 2 > this.#values.length) this.#grow();
    this.#place(hash, this.#arena.store(key), value);
    this.#size++;
  }

  replace(key: Uint8Array, hash: number, value: V): void {
    const at = this.#slotOf(key, hash);
    if (at >= 0) this.#values[at] = value;
  }

  delete(key: Uint8Array, hash: number): boolean {
    const at = this.#slotOf(key, hash);
    if (at < 0) return false;
    this.#arena.release(this.#slots[at * 2 + 1] as number);
    this.#closeGap(at);
    this.#size--;
    return true;
  }

  /** The slot of a key, -1 when it is not in the table. */
  #slotOf(key: Uint8Array, hash: number): number {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    for (let at = hash & mask;; at = (at + 1) & mask) {
      const offset = slots[at * 2 + 1] as number;
      if (offset === 0) return -1;
      if (slots[at * 2] !== hash) continue;
      if (keyEquals(this.#arena.bytes, offset, key, 0, key.length)) return at;
    }
  }

  *values(): Iterable<V> {
    for (const value of this.#values) if (value !== null) yield value;
  }

  forEach(visit: (key: Uint8Array, hash: number, value: V) => void): void {
    this.#values.forEach((value, at) => {
      const offset = this.#slots[at * 2 + 1] as number;
      if (value !== null) visit(this.#arena.read(offset), this.#slots[at * 2] as number, value);
    });
  }

  #place(hash: number, offset: number, value: V): void {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    let at = hash & mask;
    while (slots[at * 2 + 1] !== 0) at = (at + 1) & mask;
    slots[at * 2] = hash;
    slots[at * 2 + 1] = offset;
    this.#values[at] = value;
  }

  /** Moves later members of the probe run back, so that no tombstones are needed. */
  #closeGap(gap: number): void {
    const slots = this.#slots;
    const mask = (slots.length >> 1) - 1;
    let hole = gap;
    for (let at = (hole + 1) & mask; slots[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = (slots[at * 2] as number) & mask;
      // It may move only if the hole lies on its way from home to where it is now.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole * 2] = slots[at * 2] as number;
      slots[hole * 2 + 1] = slots[at * 2 + 1] as number;
      this.#values[hole] = this.#values[at] as V | null;
      hole = at;
    }
    slots[hole * 2 + 1] = 0;
    this.#values[hole] = null;
  }

  #grow(): void {
    const slots = this.#slots;
    const values = this.#values;
    this.#slots = new Int32Array(slots.length * 2);
    this.#values = new Array(values.length * 2).fill(null);
    values.forEach((value, at) => {
      if (value === null) return;
      this.#place(slots[at * 2] as number, slots[at * 2 + 1] as number, value);
    });
  }
}
