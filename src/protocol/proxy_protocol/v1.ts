// PROXY protocol version 1: one line of text. The parser looks at the bytes from the start of the
// connection and never needs to hold more than 107 of them. Knows nothing of version 2.

import { formatIp, parseIpv4, parseIpv6 } from "./ip_text.ts";
import type { ParseStep, ProxyAddresses, ProxyEndpoint } from "./header.ts";

/** Longest header with its CRLF, as the protocol defines it. */
export const MAX_V1_SIZE = 107;
/** Shortest header: `PROXY UNKNOWN` and CRLF. */
export const MIN_V1_SIZE = 15;

const PREFIX = new TextEncoder().encode("PROXY ");
const CR = 0x0d;
const LF = 0x0a;

/** Reads a header at the start of `bytes`; what follows it is not looked at. */
export function parseV1(bytes: Uint8Array): ParseStep {
  const size = Math.min(bytes.length, MAX_V1_SIZE);
  for (let i = 0; i < Math.min(size, PREFIX.length); i++) {
    if (bytes[i] !== PREFIX[i]) {
      return failure(`Byte ${i} does not belong to the signature, "PROXY " is accepted`);
    }
  }
  for (let i = PREFIX.length; i < size; i++) {
    const byte = bytes[i] as number;
    if (byte === CR) {
      if (i + 1 < size) return bytes[i + 1] === LF ? readLine(bytes, i) : failure(NO_LF);
      return i + 1 === MAX_V1_SIZE ? failure(TOO_LONG) : needMore(1);
    }
    if (byte < 0x20 || byte > 0x7e) {
      return failure(`Byte ${i} is not printable ASCII, a line of text and CRLF is accepted`);
    }
  }
  if (size === MAX_V1_SIZE) return failure(TOO_LONG);
  if (size < PREFIX.length) return needMore(MIN_V1_SIZE - size);
  return needMore(leastMissing(decode(bytes, size)));
}

function decode(bytes: Uint8Array, end: number): string {
  return new TextDecoder().decode(bytes.subarray(PREFIX.length, end));
}

/** Characters of the shortest fields after the family: two addresses, two ports. */
const LEAST = { TCP4: [4, 7, 7, 1, 1], TCP6: [4, 2, 2, 1, 1] } as const;

/**
 * Bytes still to come at least, `text` being the line so far without the prefix. A line is read in few
 * steps and nothing of what follows it is taken.
 */
function leastMissing(text: string): number {
  const fields = text.split(" ");
  const family = fields[0] as string;
  if (!family.startsWith("T")) return Math.max(0, "UNKNOWN".length - text.length) + 2;
  const least = family === "TCP4" ? LEAST.TCP4 : LEAST.TCP6;
  const last = fields.length - 1;
  const rest = Math.max(0, (least[last] ?? 0) - (fields[last] as string).length);
  return least.slice(fields.length).reduce((sum: number, length) => sum + 1 + length, rest) + 2;
}

const NO_LF = "The line has CR without LF, CRLF is accepted";
const TOO_LONG = `The line is longer than ${MAX_V1_SIZE} bytes`;

function failure(reason: string): ParseStep {
  return { kind: "error", reason };
}

function needMore(atLeast: number): ParseStep {
  return { kind: "need_more", atLeast };
}

function readLine(bytes: Uint8Array, end: number): ParseStep {
  const addresses = readAddresses(decode(bytes, end));
  if (typeof addresses === "string") return failure(addresses);
  return {
    kind: "done",
    consumed: end + 2,
    header: {
      version: 1,
      command: "PROXY",
      transport: addresses === null ? "unspec" : "stream",
      addresses,
      extensions: new Uint8Array(0),
    },
  };
}

/** Null for UNKNOWN, whose remainder must be ignored; a string is the reason of a refusal. */
function readAddresses(line: string): ProxyAddresses | null | string {
  const [
    family = "",
    sourceIp = "",
    destinationIp = "",
    sourcePort = "",
    destinationPort = "",
    more,
  ] = line.split(" ");
  if (family === "UNKNOWN") return null;
  if (family !== "TCP4" && family !== "TCP6") {
    return `The family is "${family}", "TCP4", "TCP6" and "UNKNOWN" are accepted`;
  }
  if (more !== undefined) return "The line has more than two addresses and two ports";
  const source = readEndpoint(family, sourceIp, sourcePort);
  if (typeof source === "string") return source;
  const destination = readEndpoint(family, destinationIp, destinationPort);
  if (typeof destination === "string") return destination;
  return { family: family === "TCP4" ? "inet" : "inet6", source, destination };
}

function readEndpoint(
  family: "TCP4" | "TCP6",
  ip: string,
  port: string,
): ProxyEndpoint | string {
  // A zone has no place in a header, so "%" is refused where the address parser would drop it.
  const zoned = ip.includes("%");
  const bytes = zoned ? null : family === "TCP4" ? parseIpv4(ip) : parseIpv6(ip);
  if (bytes === null) return `"${ip}" is not an address of ${family}`;
  if (!/^(0|[1-9][0-9]{0,4})$/.test(port) || Number(port) > 65_535) {
    return `"${port}" is not a port, 0 to 65535 is accepted`;
  }
  return { ip: formatIp(bytes), port: Number(port) };
}
