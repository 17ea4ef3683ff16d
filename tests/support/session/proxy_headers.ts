// PROXY protocol headers for tests: good ones of every kind, and every way in which one can be wrong.

import type { ProxyAddresses } from "../../../src/protocol/proxy_protocol/header.ts";
import { encodeTlvs } from "../../../src/protocol/proxy_protocol/tlv.ts";
import { encodeV2 } from "../../../src/protocol/proxy_protocol/v2.ts";
import { latin1 } from "./wire.ts";

/** The client that the headers speak of. */
export const SOURCE = "10.0.0.42";

export const V1_LINE = `PROXY TCP4 ${SOURCE} 10.0.0.1 7000 8443\r\n`;

/** A header of version 2, as Latin-1 text. */
export function v2Header(
  { command = "PROXY", source = SOURCE, destination = "10.0.0.1", records = [] }: {
    command?: "LOCAL" | "PROXY";
    source?: string;
    destination?: string;
    records?: Parameters<typeof encodeTlvs>[0];
  } = {},
): string {
  return latin1(encodeV2({
    command,
    transport: "stream",
    source: { ip: source, port: 9000 },
    destination: { ip: destination, port: 8443 },
    extensions: encodeTlvs(records),
  }));
}

/** LOCAL without addresses, as HAProxy's health checks send it. */
export const LOCAL_CHECK = v2Header({ command: "LOCAL", source: "" });

const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
const ADDRESSES = "\x0a\0\0\x2a\x0a\0\0\x01\x1b\x58\x20\xfb";

/** Beginnings of connections that hold no acceptable header, by what is wrong with them. */
export const MALFORMED_HEADERS: readonly (readonly [string, string])[] = [
  ["no header", "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"],
  ["a TLS record", "\x16\x03\x01\0\x05hello"],
  ["a wrong signature byte", SIGNATURE.replace("QUIT", "QUIR") + "\x21\x11\0\x0c" + ADDRESSES],
  ["version 1 in binary", `${SIGNATURE}\x11\x11\0\x0c${ADDRESSES}`],
  ["version 3", `${SIGNATURE}\x31\x11\0\x0c${ADDRESSES}`],
  ["an unknown command", `${SIGNATURE}\x22\x11\0\x0c${ADDRESSES}`],
  ["a unix address", `${SIGNATURE}\x21\x31\0\xd8${"\0".repeat(216)}`],
  ["an unknown family", `${SIGNATURE}\x21\x41\0\x0c${ADDRESSES}`],
  ["an unknown transport", `${SIGNATURE}\x21\x13\0\x0c${ADDRESSES}`],
  ["a length below IPv4 addresses", `${SIGNATURE}\x21\x11\0\x0b${ADDRESSES}`],
  ["a length below IPv6 addresses", `${SIGNATURE}\x21\x21\0\x0c${ADDRESSES}`],
  ["a length above the bound", `${SIGNATURE}\x21\x11\x80\0${ADDRESSES}`],
  ["the largest length", `${SIGNATURE}\x21\0\xff\xff`],
  ["a record that is cut off", `${SIGNATURE}\x21\x11\0\x10${ADDRESSES}\x01\0\x09x`],
  ["a checksum that does not fit", `${SIGNATURE}\x21\x11\0\x13${ADDRESSES}\x03\0\x04\0\0\0\x01`],
  ["lower case", V1_LINE.toLowerCase()],
  ["an unknown protocol", V1_LINE.replace("TCP4", "UDP4")],
  ["IPv6 as TCP4", V1_LINE.replace(SOURCE, "::1")],
  ["an address out of range", V1_LINE.replace(SOURCE, "10.0.0.256")],
  ["an octal address", V1_LINE.replace(SOURCE, "010.0.0.1")],
  ["a port out of range", V1_LINE.replace("7000", "65536")],
  ["a missing port", V1_LINE.replace(" 8443", "")],
  ["a field too many", V1_LINE.replace("8443", "8443 1")],
  ["two blanks", V1_LINE.replace("TCP4 ", "TCP4  ")],
  ["a bare line feed", V1_LINE.replace("\r\n", "\n")],
  ["a line without end", "PROXY UNKNOWN " + "x".repeat(200)],
];

/** The header line of version 1 for `addresses`; `UNKNOWN` when there are none. */
export function encodeV1(addresses: ProxyAddresses | null): Uint8Array {
  if (addresses === null) return new TextEncoder().encode("PROXY UNKNOWN\r\n");
  const { family, source, destination } = addresses;
  const name = family === "inet" ? "TCP4" : "TCP6";
  return new TextEncoder().encode(
    `PROXY ${name} ${source.ip} ${destination.ip} ${source.port} ${destination.port}\r\n`,
  );
}
