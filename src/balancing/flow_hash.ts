// The 64-bit hash from which flow keys are made, and with which HRW and Maglev join a flow key and a backend
// address: FNV-1a with a seed, then a finalizer. Numbers are kept as two unsigned 32-bit halves, because a
// pick may hash ten thousand addresses.

/** Seed of every hash here; fixed, so that all workers agree. */
const SEED_HIGH = 0x9e3779b9;
const SEED_LOW = 0x7f4a7c15;
const OFFSET_HIGH = 0xcbf29ce4;
const OFFSET_LOW = 0x84222325;
/** The FNV prime is 2^40 + this. */
const PRIME_REST = 0x1b3;
const TWO_32 = 2 ** 32;

/** A hash in progress, and its result; one object is used over and over. */
export class FlowHash {
  #high = 0;
  #low = 0;
  #keyHigh = 0;
  #keyLow = 0;

  /** Begins a hash of the bytes that are {@link feed}ed up to {@link finish}. */
  begin(): void {
    this.#high = (OFFSET_HIGH ^ SEED_HIGH) >>> 0;
    this.#low = (OFFSET_LOW ^ SEED_LOW) >>> 0;
  }

  /** Hashes the halves of a flow key, low bytes first: the common beginning of what follows. */
  setKey({ high, low }: { readonly high: number; readonly low: number }): void {
    this.begin();
    for (let shift = 0; shift < 32; shift += 8) this.feed((low >>> shift) & 0xff);
    for (let shift = 0; shift < 32; shift += 8) this.feed((high >>> shift) & 0xff);
    this.#keyHigh = this.#high;
    this.#keyLow = this.#low;
  }

  /** Completes the hash of the key with one address. */
  setAddress(address: Uint8Array): void {
    this.#high = this.#keyHigh;
    this.#low = this.#keyLow;
    for (let index = 0; index < address.length; index++) this.feed(address[index] as number);
    this.finish();
  }

  /** Completes the hash. */
  finish(): void {
    this.#xorShift(30);
    this.#multiply(0xbf58476d, 0x1ce4e5b9);
    this.#xorShift(27);
    this.#multiply(0x94d049bb, 0x133111eb);
    this.#xorShift(31);
  }

  /** The hash as a double, its 64 bits rounded to 53. */
  get value(): number {
    return this.#high * TWO_32 + this.#low;
  }

  /** The upper 32 bits of the hash. */
  get high(): number {
    return this.#high;
  }

  /** The lower 32 bits of the hash. */
  get low(): number {
    return this.#low;
  }

  /** The hash modulo `divisor`, which is at most 2^20. */
  modulo(divisor: number): number {
    return remainder(this.#high, this.#low, divisor);
  }

  /** Hashes one byte. */
  feed(byte: number): void {
    const low = (this.#low ^ byte) >>> 0;
    const product = low * PRIME_REST;
    const carry = Math.floor(product / TWO_32);
    // times 2^40 moves the low half into the high one, eight bits up
    this.#high = (Math.imul(this.#high, PRIME_REST) + carry + (low << 8)) >>> 0;
    this.#low = product >>> 0;
  }

  /** z ^= z >> bits, for bits below 32. */
  #xorShift(bits: number): void {
    this.#low = (this.#low ^ ((this.#low >>> bits) | (this.#high << (32 - bits)))) >>> 0;
    this.#high = (this.#high ^ (this.#high >>> bits)) >>> 0;
  }

  #multiply(high: number, low: number): void {
    // Halves of 16 bits, so that every product is exact in a double.
    const a = this.#low & 0xffff;
    const b = this.#low >>> 16;
    const c = low & 0xffff;
    const d = low >>> 16;
    const cross = b * c + a * d + Math.floor((a * c) / 65536);
    const carry = b * d + Math.floor(cross / 65536);
    const upper = Math.imul(this.#high, low) + Math.imul(this.#low, high);
    this.#low = Math.imul(this.#low, low) >>> 0;
    this.#high = (upper + carry) >>> 0;
  }
}

/** A number of two 32-bit halves modulo `divisor`, which is at most 2^20. */
export function remainder(high: number, low: number, divisor: number): number {
  return ((high % divisor) * (TWO_32 % divisor) + low % divisor) % divisor;
}

/**
 * The bytes of an address that are hashed: family (4 or 6), octets, port little-endian; `null` when the
 * host is no IP address.
 */
export function addressBytes(host: string, port: number): Uint8Array | null {
  const octets = host.includes(":") ? ipv6Octets(host) : ipv4Octets(host);
  if (octets === null) return null;
  const family = octets.length === 4 ? 4 : 6;
  return Uint8Array.from([family, ...octets, port & 0xff, port >> 8]);
}

function ipv4Octets(host: string): number[] | null {
  const parts = host.split(".");
  if (parts.length !== 4) return null;
  const octets = parts.map((part) => /^[0-9]{1,3}$/.test(part) ? Number(part) : 256);
  return octets.every((octet) => octet <= 255) ? octets : null;
}

function ipv6Octets(host: string): number[] | null {
  const [address = ""] = host.split("%");
  const dotted = address.slice(address.lastIndexOf(":") + 1);
  const tail = dotted.includes(".") ? ipv4Octets(dotted) : [];
  if (tail === null) return null;
  const text = tail.length === 0 ? address : address.slice(0, -dotted.length);
  const trimmed = tail.length > 0 && !text.endsWith("::") ? text.slice(0, -1) : text;
  const halves = trimmed.split("::");
  if (halves.length > 2) return null;
  const [left, right] = halves.map(groupOctets);
  if (left === undefined || left === null || right === null) return null;
  const end = [...right ?? [], ...tail];
  const missing = 16 - left.length - end.length;
  if (right === undefined ? missing !== 0 : missing < 2) return null;
  return [...left, ...new Array<number>(missing).fill(0), ...end];
}

function groupOctets(text: string): number[] | null {
  if (text === "") return [];
  const octets: number[] = [];
  for (const group of text.split(":")) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return null;
    const value = Number.parseInt(group, 16);
    octets.push(value >> 8, value & 0xff);
  }
  return octets;
}
