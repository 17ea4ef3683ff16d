// Socket addresses of the configuration: the message, its text ("127.0.0.1:80", "[::1]:80") and their
// order. The text is the key under which listeners, frontends and certificates are kept.

import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "./ip_address.ts";
import type { IpAddress, SocketAddress, Uint128 } from "../schema/messages.ts";

/** Reads `ip:port` or `[ipv6]:port`; anything else, a zone or a name included, is `null`. */
export function parseAddress(text: string): SocketAddress | null {
  const bracketed = text.startsWith("[");
  const colon = text.lastIndexOf(":");
  if (colon < 1) return null;
  const port = parsePort(text.slice(colon + 1));
  if (port === null) return null;
  if (bracketed && text[colon - 1] !== "]") return null;
  const ip = bracketed
    ? v6FromGroups(parseIpv6(text.slice(1, colon - 1)))
    : v4FromNumber(parseIpv4(text.slice(0, colon)));
  return ip === null ? null : { ip, port };
}

/** Reads an IPv4 or IPv6 address without port and without brackets. */
export function parseIp(text: string): IpAddress | null {
  return text.includes(":") ? v6FromGroups(parseIpv6(text)) : v4FromNumber(parseIpv4(text));
}

/** Text of an address; a port is cut to 16 bits and a missing IP is `0.0.0.0`. */
export function formatAddress(address: SocketAddress): string {
  const port = address.port & 0xffff;
  const ip = formatIp(address.ip);
  return address.ip.inner?.kind === "v6" ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** Text of an IP address without port and without brackets. */
export function formatIp(ip: IpAddress): string {
  if (ip.inner === null) return "0.0.0.0";
  return ip.inner.kind === "v4"
    ? formatIpv4(ip.inner.value >>> 0)
    : formatIpv6(groupsOf(ip.inner.value));
}

/** The address as it is kept: a port of 16 bits and an IP that is set. */
export function normalizeAddress(address: SocketAddress): SocketAddress {
  const inner = address.ip.inner;
  const port = address.port & 0xffff;
  if (inner === null) return { ip: { inner: { kind: "v4", value: 0 } }, port };
  if (inner.kind === "v4") return { ip: { inner: { kind: "v4", value: inner.value >>> 0 } }, port };
  const { low, high } = inner.value;
  const value = { low: BigInt.asUintN(64, low), high: BigInt.asUintN(64, high) };
  return { ip: { inner: { kind: "v6", value } }, port };
}

/** Orders addresses: IPv4 before IPv6, then by IP, then by port. */
export function compareAddresses(a: SocketAddress, b: SocketAddress): number {
  const left = a.ip.inner ?? { kind: "v4", value: 0 };
  const right = b.ip.inner ?? { kind: "v4", value: 0 };
  if (left.kind === "v4" && right.kind === "v4") {
    if (left.value !== right.value) return left.value - right.value;
  } else if (left.kind === "v6" && right.kind === "v6") {
    const order = compareBigints(left.value.high, right.value.high) ||
      compareBigints(left.value.low, right.value.low);
    if (order !== 0) return order;
  } else return left.kind === "v4" ? -1 : 1;
  return (a.port & 0xffff) - (b.port & 0xffff);
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function parsePort(text: string): number | null {
  if (!/^[0-9]{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port > 0xffff ? null : port;
}

function v4FromNumber(value: number | null): IpAddress | null {
  return value === null ? null : { inner: { kind: "v4", value } };
}

function v6FromGroups(groups: number[] | null): IpAddress | null {
  if (groups === null) return null;
  const value = { low: joinGroups(groups.slice(4)), high: joinGroups(groups.slice(0, 4)) };
  return { inner: { kind: "v6", value } };
}

function joinGroups(groups: readonly number[]): bigint {
  return groups.reduce((value, group) => value << 16n | BigInt(group), 0n);
}

/** `high` holds the first eight bytes of the address, `low` the last eight. */
function groupsOf({ low, high }: Uint128): number[] {
  const groups: number[] = [];
  for (const half of [high, low]) {
    for (let shift = 48n; shift >= 0n; shift -= 16n) groups.push(Number(half >> shift & 0xffffn));
  }
  return groups;
}
