// Keys of flows: 64 bits that are the same for one client in every worker and every release. A key comes
// from the address of the client, or from bytes that the client sent; a value never equals the key of the
// address that it spells, because what is hashed begins with a byte that tells the two apart.

import { addressBytes, FlowHash } from "../flow_hash.ts";

const ADDRESS_DOMAIN = 0x49;
const VALUE_DOMAIN = 0x56;
/** Where the octets of an address begin and end in what `addressBytes` writes: family, octets, port. */
const PORT_BYTES = 2;
const IPV4 = 4;
const IPV6_OCTETS = 16;

/** An unsigned 64-bit number as two halves of 32 bits. */
export interface FlowKey {
  readonly high: number;
  readonly low: number;
}

/** A key that is written anew for each flow, so that none has to be made. */
export class ReusableFlowKey implements FlowKey {
  high = 0;
  low = 0;
  readonly #hash = new FlowHash();

  /** Becomes the key of `bytes` from `start` to `end`. */
  ofValue(bytes: Uint8Array, start: number, end: number): this {
    this.#hash.begin();
    this.#hash.feed(VALUE_DOMAIN);
    for (let at = start; at < end; at++) this.#hash.feed(bytes[at] as number);
    this.#hash.finish();
    this.high = this.#hash.high;
    this.low = this.#hash.low;
    return this;
  }
}

/** The key with these 64 bits. */
export function flowKey(bits: bigint): FlowKey {
  return {
    high: Number(BigInt.asUintN(32, bits >> 32n)),
    low: Number(BigInt.asUintN(32, bits)),
  };
}

/**
 * The key of all flows that come from one IP address, whatever the port; `null` when the text is no IP
 * address. An IPv4 address that is written as IPv6 (RFC 4291 section 2.5.5.2) counts as IPv4.
 */
export function sourceKey(ip: string): FlowKey | null {
  const bytes = addressBytes(ip, 0);
  if (bytes === null) return null;
  const mapped = bytes[0] !== IPV4 && isMapped(bytes);
  const octets = bytes.subarray(mapped ? 1 + IPV6_OCTETS - IPV4 : 1, bytes.length - PORT_BYTES);
  const hash = new FlowHash();
  hash.begin();
  hash.feed(ADDRESS_DOMAIN);
  hash.feed(mapped ? IPV4 : bytes[0] as number);
  for (const octet of octets) hash.feed(octet);
  hash.finish();
  return { high: hash.high, low: hash.low };
}

/** Ten zeros and two times 0xff behind the family. */
function isMapped(bytes: Uint8Array): boolean {
  for (let at = 1; at <= 10; at++) if (bytes[at] !== 0) return false;
  return bytes[11] === 0xff && bytes[12] === 0xff;
}
