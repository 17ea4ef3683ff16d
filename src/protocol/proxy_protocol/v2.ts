// PROXY protocol version 2: a binary header of 16 bytes, addresses, and records. The parser looks at
// the bytes from the start of the connection and refuses at the first byte that cannot be right.
// Knows nothing of version 1, nor of what the records mean, but for the checksum of the header.

import { crc32c } from "./crc32c.ts";
import { formatIp, parseIp } from "./ip_text.ts";
import type { ParseStep, ProxyAddresses, ProxyEndpoint, ProxyHeader } from "./header.ts";
import { readTlvs } from "./tlv.ts";

/** Shortest header, and bytes of the fixed part. */
export const V2_HEADER_SIZE = 16;

/**
 * Bytes after the fixed part that are accepted whatever is configured: the room a pair of unix addresses
 * would take, which the protocol lets every receiver have (section 2.2).
 */
export const MAX_V2_LENGTH = 216;

const SIGNATURE = Uint8Array.of(13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10);

/** Bytes of one address by family. */
const IP_SIZE = { inet: 4, inet6: 16 } as const;

/** Type of the record that holds the CRC-32C of the whole header, big endian (PP2_TYPE_CRC32C). */
const CRC32C = 0x03;
const CRC32C_SIZE = 4;

/** Reads a header at the start of `bytes`; what follows it is not looked at. */
export function parseV2(bytes: Uint8Array, maxLength = MAX_V2_LENGTH): ParseStep {
  const reason = firstProblem(bytes, maxLength);
  if (reason !== null) return { kind: "error", reason };
  const size = knownSize(bytes);
  if (bytes.length < size) return { kind: "need_more", atLeast: size - bytes.length };
  const whole = bytes.subarray(0, size);
  const header = readHeader(whole);
  const wrong = header.addresses === null ? null : recordProblem(whole, header.extensions);
  if (wrong !== null) return { kind: "error", reason: wrong };
  return { kind: "done", header, consumed: size };
}

/** Bytes the header has at least, and exactly once its fixed part is there. */
function knownSize(bytes: Uint8Array): number {
  if (bytes.length >= V2_HEADER_SIZE) return V2_HEADER_SIZE + lengthField(bytes);
  const family = bytes[13] === undefined ? null : familyOf(bytes[13]);
  return V2_HEADER_SIZE + addressBlockSize(family);
}

/** What follows the addresses must be whole records; a checksum among them must be right. */
function recordProblem(bytes: Uint8Array, extensions: Uint8Array): string | null {
  const records = readTlvs(extensions);
  if (records === null) return "The records after the addresses are cut off";
  let at = bytes.length - extensions.length;
  for (const { type, value } of records) {
    const start = at + 3;
    at = start + value.length;
    if (type !== CRC32C) continue;
    if (value.length !== CRC32C_SIZE) {
      return `The checksum has ${value.length} bytes, 4 are accepted`;
    }
    const sum = new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0);
    if (sum !== crc32c(bytes, start, at)) return "The checksum (CRC-32C) does not fit the header";
  }
  return null;
}

/** Checks the part of the first 16 bytes that has arrived. */
function firstProblem(bytes: Uint8Array, maxLength: number): string | null {
  for (let i = 0; i < Math.min(bytes.length, SIGNATURE.length); i++) {
    if (bytes[i] !== SIGNATURE[i]) return `Byte ${i} does not belong to the signature`;
  }
  const versionAndCommand = bytes[12];
  if (versionAndCommand === undefined) return null;
  if (versionAndCommand !== 0x20 && versionAndCommand !== 0x21) {
    return `Version and command are "${hex(versionAndCommand)}", "0x20" and "0x21" are accepted`;
  }
  const familyAndTransport = bytes[13];
  if (familyAndTransport === undefined) return null;
  if (familyAndTransport >> 4 > 2) {
    return `The address family is "${familyAndTransport >> 4}", "0" (unspecified), "1" (IPv4) ` +
      `and "2" (IPv6) are accepted`;
  }
  if ((familyAndTransport & 0x0f) > 2) {
    return `The transport is "${familyAndTransport & 0x0f}", "0" (unspecified), "1" (stream) ` +
      `and "2" (datagram) are accepted`;
  }
  if (bytes.length < V2_HEADER_SIZE) return null;
  const length = lengthField(bytes);
  if (length > maxLength) return `The length is "${length}", at most "${maxLength}" is accepted`;
  const addressSize = addressBlockSize(familyOf(familyAndTransport));
  if (length < addressSize) {
    return `The length is "${length}", the address family needs at least "${addressSize}"`;
  }
  return null;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}

function lengthField(bytes: Uint8Array): number {
  return ((bytes[14] as number) << 8) | (bytes[15] as number);
}

function familyOf(familyAndTransport: number): "inet" | "inet6" | null {
  const family = familyAndTransport >> 4;
  return family === 1 ? "inet" : family === 2 ? "inet6" : null;
}

function addressBlockSize(family: "inet" | "inet6" | null): number {
  return family === null ? 0 : 2 * (IP_SIZE[family] + 2);
}

/** `bytes` is exactly one header whose fixed part was checked. */
function readHeader(bytes: Uint8Array): ProxyHeader {
  const familyAndTransport = bytes[13] as number;
  const family = familyOf(familyAndTransport);
  return {
    version: 2,
    command: bytes[12] === 0x20 ? "LOCAL" : "PROXY",
    transport: transportOf(familyAndTransport),
    addresses: family === null ? null : readAddresses(bytes, family),
    // A copy: the header outlives the buffer it was read from.
    extensions: bytes.slice(V2_HEADER_SIZE + addressBlockSize(family)),
  };
}

function transportOf(familyAndTransport: number): ProxyHeader["transport"] {
  const nibble = familyAndTransport & 0x0f;
  return nibble === 1 ? "stream" : nibble === 2 ? "dgram" : "unspec";
}

function readAddresses(bytes: Uint8Array, family: "inet" | "inet6"): ProxyAddresses {
  const ipSize = IP_SIZE[family];
  const ipAt = (at: number) => formatIp(bytes.subarray(at, at + ipSize));
  const portAt = (at: number) => ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const ports = V2_HEADER_SIZE + 2 * ipSize;
  return {
    family,
    source: { ip: ipAt(V2_HEADER_SIZE), port: portAt(ports) },
    destination: { ip: ipAt(V2_HEADER_SIZE + ipSize), port: portAt(ports + 2) },
  };
}

/** What to encode. */
export interface V2Content {
  readonly command: "LOCAL" | "PROXY";
  readonly transport: "stream" | "dgram";
  /** Null for a header without addresses. */
  readonly source: ProxyEndpoint | null;
  readonly destination: ProxyEndpoint | null;
  /** Records after the addresses, encoded with `encodeTlvs`. */
  readonly extensions?: Uint8Array;
}

/**
 * The bytes of a header. Addresses that are unknown, unreadable or of two families cannot be told
 * in one header: it then says UNSPEC and carries none.
 */
export function encodeV2(content: V2Content): Uint8Array {
  const extensions = content.extensions ?? new Uint8Array(0);
  const addresses = addressBlock(content.source, content.destination);
  const length = addresses.length + extensions.length;
  if (length > 0xffff) {
    throw new RangeError(`Cannot encode a PROXY header of ${length} bytes: at most 65535 fit`);
  }
  const bytes = new Uint8Array(V2_HEADER_SIZE + length);
  bytes.set(SIGNATURE);
  bytes[12] = content.command === "LOCAL" ? 0x20 : 0x21;
  bytes[13] = familyByte(addresses.length, content.transport);
  bytes[14] = length >> 8;
  bytes[15] = length & 0xff;
  bytes.set(addresses, V2_HEADER_SIZE);
  bytes.set(extensions, V2_HEADER_SIZE + addresses.length);
  return bytes;
}

function familyByte(addressSize: number, transport: "stream" | "dgram"): number {
  if (addressSize === 0) return 0;
  const family = addressSize === addressBlockSize("inet") ? 0x10 : 0x20;
  return family | (transport === "stream" ? 1 : 2);
}

function addressBlock(
  source: ProxyEndpoint | null,
  destination: ProxyEndpoint | null,
): Uint8Array {
  const from = source === null ? null : parseIp(source.ip);
  const to = destination === null ? null : parseIp(destination.ip);
  if (source === null || destination === null || from === null || to === null) {
    return new Uint8Array(0);
  }
  if (from.length !== to.length) return new Uint8Array(0);
  const block = new Uint8Array(2 * (from.length + 2));
  block.set(from);
  block.set(to, from.length);
  const ports = 2 * from.length;
  block[ports] = source.port >> 8;
  block[ports + 1] = source.port & 0xff;
  block[ports + 2] = destination.port >> 8;
  block[ports + 3] = destination.port & 0xff;
  return block;
}
