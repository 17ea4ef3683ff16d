// One growing buffer that holds the bytes of many keys, each with its length in front, so that
// comparing a key touches one cache line instead of an object and its backing store. Freed blocks are
// reused by keys of the same size class, which bounds the buffer by the largest set of keys ever held.

/** Longest key in bytes: the length in front has two. */
export const MAX_KEY_LENGTH = 65535;

/** Block sizes are multiples of this: few classes, little waste on host-sized keys. */
const GRAIN = 16;
const HEADER = 2;
const INITIAL_SIZE = 256;

export class KeyArena {
  /** Every key; read it afresh after a `store`, which may replace it. */
  bytes = new Uint8Array(INITIAL_SIZE);
  /** Offset 0 stays unused: it can stand for "no key". */
  #end = GRAIN;
  readonly #free = new Map<number, number[]>();

  /** Copies a key in and returns its offset. */
  store(key: Uint8Array): number {
    const size = blockSize(key.length);
    const offset = this.#free.get(size)?.pop() ?? this.#append(size);
    this.bytes[offset] = key.length & 0xff;
    this.bytes[offset + 1] = key.length >> 8;
    this.bytes.set(key, offset + HEADER);
    return offset;
  }

  /** The key stored at an offset, where it lies. */
  read(offset: number): Uint8Array {
    return this.bytes.subarray(offset + HEADER, offset + HEADER + this.#length(offset));
  }

  /** Gives the block of a key back. */
  release(offset: number): void {
    const size = blockSize(this.#length(offset));
    const free = this.#free.get(size);
    if (free === undefined) this.#free.set(size, [offset]);
    else free.push(offset);
  }

  #length(offset: number): number {
    return (this.bytes[offset] as number) | (this.bytes[offset + 1] as number) << 8;
  }

  #append(size: number): number {
    const offset = this.#end;
    this.#end += size;
    if (this.#end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.#end, this.bytes.length * 2));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    return offset;
  }
}

function blockSize(length: number): number {
  return Math.ceil((length + HEADER) / GRAIN) * GRAIN;
}

/** Is the key at `offset` of an arena's bytes equal to `bytes[start..end)`? */
export function keyEquals(
  arena: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (((arena[offset] as number) | (arena[offset + 1] as number) << 8) !== end - start) {
    return false;
  }
  for (let index = start, at = offset + HEADER; index < end; index++, at++) {
    if (arena[at] !== bytes[index]) return false;
  }
  return true;
}

/** As {@linkcode keyEquals}, every byte of `bytes` first mapped through a table of 256. */
export function keyEqualsMapped(
  arena: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  map: Uint8Array,
): boolean {
  if (((arena[offset] as number) | (arena[offset + 1] as number) << 8) !== end - start) {
    return false;
  }
  for (let index = start, at = offset + HEADER; index < end; index++, at++) {
    if (arena[at] !== map[bytes[index] as number]) return false;
  }
  return true;
}
