// TLS ClientHello messages, byte by byte, for tests of whoever reads them: well-formed ones and every
// part replaceable by a wrong one.

import { concat } from "../http/raw_client.ts";

/** What a test may choose; everything else is what a browser might send. */
export interface HelloParts {
  readonly version?: readonly number[];
  readonly sessionId?: Uint8Array;
  /** Two bytes a suite. */
  readonly ciphers?: Uint8Array;
  readonly compression?: Uint8Array;
  /** Whole extensions, see {@link extension}; `null` leaves the block out. */
  readonly extensions?: readonly Uint8Array[] | null;
  /** Bytes after the extensions. */
  readonly tail?: Uint8Array;
}

/** `bytes` after their length in `size` bytes. */
export function vector(size: 1 | 2 | 3, bytes: Uint8Array): Uint8Array {
  const length = Array.from(
    { length: size },
    (_, i) => (bytes.length >>> (8 * (size - 1 - i))) & 0xff,
  );
  return concat([Uint8Array.from(length), bytes]);
}

/** One extension. */
export function extension(type: number, content: Uint8Array): Uint8Array {
  return concat([Uint8Array.of(type >> 8, type & 0xff), vector(2, content)]);
}

/** One entry of the server name list. */
export function nameEntry(name: string | Uint8Array, type = 0): Uint8Array {
  const bytes = typeof name === "string" ? new TextEncoder().encode(name) : name;
  return concat([Uint8Array.of(type), vector(2, bytes)]);
}

/** The server_name extension. */
export function serverName(...names: (string | Uint8Array)[]): Uint8Array {
  return extension(0, vector(2, concat(names.map((name) => nameEntry(name)))));
}

/** The ALPN extension. */
export function alpn(...protocols: string[]): Uint8Array {
  const list = protocols.map((name) => vector(1, new TextEncoder().encode(name)));
  return extension(16, vector(2, concat(list)));
}

/** An extension that says nothing to the reader: supported_groups with x25519. */
export const GROUPS: Uint8Array = extension(10, Uint8Array.of(0, 2, 0, 29));

/** The handshake message. */
export function helloMessage(parts: HelloParts = {}): Uint8Array {
  const { extensions = [GROUPS, serverName("www.example.test"), alpn("h2", "http/1.1")] } = parts;
  const body = concat([
    Uint8Array.from(parts.version ?? [3, 3]),
    Uint8Array.from({ length: 32 }, (_, i) => i * 7 & 0xff),
    vector(1, parts.sessionId ?? new Uint8Array(32).fill(9)),
    vector(2, parts.ciphers ?? Uint8Array.of(0x13, 0x01, 0x13, 0x02)),
    vector(1, parts.compression ?? Uint8Array.of(0)),
    extensions === null ? new Uint8Array(0) : vector(2, concat(extensions)),
    parts.tail ?? new Uint8Array(0),
  ]);
  return concat([Uint8Array.of(1), vector(3, body)]);
}

/** One record of the handshake. */
export function record(fragment: Uint8Array, type = 22, version = 1): Uint8Array {
  return concat([Uint8Array.of(type, 3, version), vector(2, fragment)]);
}

/** A message in records of at most `size` bytes each. */
export function records(message: Uint8Array, size = 16_384): Uint8Array {
  const all: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += size) {
    all.push(record(message.subarray(at, at + size)));
  }
  return concat(all);
}

/** The first flight of a client that asks for `name`. */
export function clientHello(name: string): Uint8Array {
  return records(helloMessage({ extensions: [GROUPS, serverName(name), alpn("http/1.1")] }));
}
