// The body of a ClientHello (RFC 8446 section 4.1.2): every length is checked, two extensions are
// understood, one is noticed, the others are stepped over. Knows nothing of records.

import { ByteCursor } from "./byte_cursor.ts";

/** What a client tells before anything is encrypted. */
export interface ClientHello {
  /** Lower-case, without a dot at the end; `null` when the client names no server. */
  readonly serverName: string | null;
  /** Protocols the client offers, in its order. */
  readonly alpn: readonly string[];
  /** What it really asks for is encrypted for somebody else (Encrypted ClientHello). */
  readonly encrypted: boolean;
}

/** RFC 8446 section 4.2, and RFC 9849 section 5. */
const Extension = { SERVER_NAME: 0, ALPN: 16, ENCRYPTED_CLIENT_HELLO: 0xfe0d } as const;

const RANDOM_BYTES = 32;
const MAX_SESSION_ID = 32;
/** RFC 6066 section 3: the only type of name there is. */
const HOST_NAME = 0;
/** RFC 1035 section 2.3.4: 255 bytes on the wire are 253 characters, and a dot at the end. */
const MAX_HOST_NAME = 254;

/** Reads the body that begins at `start` and ends with `bytes`; a text says what is wrong. */
export function readHelloBody(bytes: Uint8Array, start: number): ClientHello | string {
  const body = new ByteCursor(bytes, start, bytes.length);
  const major = body.number(1);
  if (major === null || !body.skip(1 + RANDOM_BYTES)) return cutOff("version and random");
  if (major !== 3) return `The version begins with ${major}, 3 (TLS) is accepted`;
  const session = body.vector(1);
  if (session === null) return cutOff("session id");
  if (session.left > MAX_SESSION_ID) {
    return `The session id has ${session.left} bytes, at most 32 fit`;
  }
  const ciphers = body.vector(2);
  if (ciphers === null) return cutOff("cipher suites");
  if (ciphers.left === 0 || ciphers.left % 2 !== 0) {
    return `The cipher suites have ${ciphers.left} bytes, an even number above 0 is accepted`;
  }
  const compression = body.vector(1);
  if (compression === null) return cutOff("compression methods");
  if (compression.left === 0) return "There is no compression method, not even none";
  // RFC 5246 section 7.4.1.2: a client may leave the extensions out altogether.
  if (body.left === 0) return { serverName: null, alpn: [], encrypted: false };
  const extensions = body.vector(2);
  if (extensions === null) return cutOff("extensions");
  if (body.left > 0) return `There are ${body.left} bytes after the extensions`;
  return readExtensions(extensions);
}

function cutOff(what: string): string {
  return `The message ends within its ${what}`;
}

function readExtensions(extensions: ByteCursor): ClientHello | string {
  const seen = new Set<number>();
  let serverName: string | null = null;
  let alpn: readonly string[] = [];
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const content = type === null ? null : extensions.vector(2);
    if (type === null || content === null) return cutOff("extensions");
    // RFC 8446 section 4.2: no type twice.
    if (seen.has(type)) return `Extension ${type} is there twice`;
    seen.add(type);
    if (type === Extension.SERVER_NAME) {
      const name = readServerName(content);
      if (typeof name === "string") return name;
      serverName = name.host;
    } else if (type === Extension.ALPN) {
      const protocols = readProtocols(content);
      if (typeof protocols === "string") return protocols;
      alpn = protocols;
    }
  }
  return { serverName, alpn, encrypted: seen.has(Extension.ENCRYPTED_CLIENT_HELLO) };
}

/** RFC 6066 section 3. */
function readServerName(content: ByteCursor): { host: string | null } | string {
  const list = content.vector(2);
  if (list === null || content.left > 0 || list.left === 0) {
    return "The list of server names does not fill its extension";
  }
  let host: string | null = null;
  while (list.left > 0) {
    const type = list.number(1);
    const name = list.vector(2);
    if (type === null || name === null) return cutOff("server names");
    if (type !== HOST_NAME) continue;
    if (host !== null) return "There are two server names";
    if (name.left === 0 || name.left > MAX_HOST_NAME) {
      return `The server name has ${name.left} bytes, 1 to ${MAX_HOST_NAME} are accepted`;
    }
    const text = name.text();
    if (!isHostName(text)) return "The server name is no host name";
    host = text.toLowerCase().replace(/\.$/, "");
  }
  return { host };
}

/** Letters, digits, hyphens, and the underscores that some internal names have; labels are not empty. */
function isHostName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/.test(text);
}

/** RFC 7301 section 3.1. */
function readProtocols(content: ByteCursor): string[] | string {
  const list = content.vector(2);
  if (list === null || content.left > 0 || list.left === 0) {
    return "The list of protocols does not fill its extension";
  }
  const protocols: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    if (name === null) return cutOff("protocols");
    if (name.left === 0) return "A protocol has no name";
    protocols.push(name.text());
  }
  return protocols;
}
