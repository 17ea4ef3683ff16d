// HTTP Basic authentication (RFC 7617) against a list of `user:hex(sha256(password))`. Owns reading
// the credentials and comparing without telling by time how much matched. The hash function is
// given. Knows nothing of routes, nor of the 401 that follows a refusal.

import { WORKER_BASIC_AUTH_CREDENTIAL_BYTES } from "../../../config/defaults.ts";

/** Entries and candidates beyond this never match; every comparison covers this many bytes. */
export const MAX_ENTRY_BYTES = 256;

/** SHA-256 of `bytes`, 32 bytes. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What a client sent, both parts as bytes. */
export interface Credentials {
  readonly user: Uint8Array;
  readonly password: Uint8Array;
}

/** The entries of one cluster, ready for comparison. An empty list authorizes nobody. */
export class AuthorizedHashes {
  readonly #entries: readonly PaddedEntry[];

  /** `entries` are `user:hex(sha256(password))` with lower-case hexadecimal digits. */
  constructor(entries: readonly string[]) {
    const encoder = new TextEncoder();
    this.#entries = entries
      .map((entry) => encoder.encode(entry))
      .filter((bytes) => bytes.length <= MAX_ENTRY_BYTES)
      .map(padded);
  }

  /**
   * True when `authorization`, the value of the first Authorization header or null, carries the
   * credentials of an entry. `maxCredentialBytes` bounds the decoded credentials; 0 means default.
   */
  allows(authorization: Uint8Array | null, sha256: Sha256, maxCredentialBytes = 0): boolean {
    if (authorization === null) return false;
    const limit = maxCredentialBytes === 0
      ? WORKER_BASIC_AUTH_CREDENTIAL_BYTES
      : maxCredentialBytes;
    const credentials = parseBasicCredentials(authorization, limit);
    if (credentials === null) return false;
    const candidate = hashedCandidate(credentials, sha256);
    return candidate !== null && this.#contains(candidate);
  }

  /** Looks at every byte of every entry, whatever matched before. */
  #contains(candidate: PaddedEntry): boolean {
    let found = 0;
    for (const entry of this.#entries) {
      let difference = entry.length ^ candidate.length;
      for (let i = 0; i < MAX_ENTRY_BYTES; i++) {
        difference |= (entry.bytes[i] as number) ^ (candidate.bytes[i] as number);
      }
      found |= difference === 0 ? 1 : 0;
    }
    return found === 1;
  }
}

/** An entry in a block of fixed size, so that its length does not show in the time it takes. */
interface PaddedEntry {
  readonly bytes: Uint8Array;
  readonly length: number;
}

function padded(entry: Uint8Array): PaddedEntry {
  const bytes = new Uint8Array(MAX_ENTRY_BYTES);
  bytes.set(entry);
  return { bytes, length: entry.length };
}

function hashedCandidate({ user, password }: Credentials, sha256: Sha256): PaddedEntry | null {
  const digest = sha256(password);
  const suffix = new TextEncoder().encode(`:${lowerHex(digest)}`);
  if (user.length + suffix.length > MAX_ENTRY_BYTES) return null;
  const entry = new Uint8Array(user.length + suffix.length);
  entry.set(user);
  entry.set(suffix, user.length);
  return padded(entry);
}

function lowerHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

const SP = 0x20;
const COLON = 0x3a;
const SCHEME = new TextEncoder().encode("basic");

/**
 * Reads `Basic <base64>`. Null when the scheme is another, the base64 is not strictly standard, the
 * decoded text is longer than `maxBytes`, has no colon, or names a user that is not UTF-8.
 */
export function parseBasicCredentials(value: Uint8Array, maxBytes: number): Credentials | null {
  let at = 0;
  while (value[at] === SP) at++;
  for (const letter of SCHEME) {
    if (((value[at] ?? 0) | 0x20) !== letter) return null;
    at++;
  }
  if (value[at] !== SP) return null;
  while (value[at] === SP) at++;
  // Bounded before it is decoded: four characters carry at most three bytes.
  if (value.length - at > Math.ceil(maxBytes / 3) * 4) return null;
  const decoded = decodeBase64(value.subarray(at));
  if (decoded === null || decoded.length > maxBytes) return null;
  const colon = decoded.indexOf(COLON);
  if (colon === -1 || !isUtf8(decoded.subarray(0, colon))) return null;
  return { user: decoded.subarray(0, colon), password: decoded.subarray(colon + 1) };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

const PAD = 0x3d;
const INVALID = 64;
const SEXTETS: Uint8Array = buildSextets();

function buildSextets(): Uint8Array {
  const table = new Uint8Array(256).fill(INVALID);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (let i = 0; i < alphabet.length; i++) table[alphabet.charCodeAt(i)] = i;
  return table;
}

/** RFC 4648 section 4 with padding, no blanks, and unused bits zero (section 3.5). */
function decodeBase64(text: Uint8Array): Uint8Array | null {
  const length = text.length;
  if (length === 0 || length % 4 !== 0) return null;
  let pads = 0;
  if (text[length - 1] === PAD) pads = text[length - 2] === PAD ? 2 : 1;
  const out = new Uint8Array((length / 4) * 3 - pads);
  const digits = length - pads;
  let bits = 0;
  let held = 0;
  let written = 0;
  for (let i = 0; i < digits; i++) {
    const sextet = SEXTETS[text[i] as number] as number;
    if (sextet === INVALID) return null;
    bits = ((bits << 6) | sextet) & 0xfff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out[written++] = bits >> held;
  }
  const unused = bits & ((1 << held) - 1);
  return unused === 0 ? out : null;
}
