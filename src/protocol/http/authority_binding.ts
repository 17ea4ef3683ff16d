// Which authorities a TLS client may ask for on its connection: those of the certificate it was shown,
// so that a connection made for one tenant cannot reach another's routes (RFC 9110 section 7.4). The
// names are those at the time of the handshake; later changes of certificates do not matter.

import { equalsIgnoreCase } from "../../bytes/ascii.ts";

const COLON = 0x3a;
const DOT = 0x2e;

/** The binding of one connection. */
export class AuthorityBinding {
  readonly #serverName: Uint8Array;
  /** Exact names, and `.suffix` of wildcard names; `null` binds to the server name alone. */
  readonly #exact: readonly Uint8Array[] | null;
  readonly #suffixes: readonly Uint8Array[];
  /** The authority accepted last: nearly every request of a connection names the same. */
  #accepted: Uint8Array = new Uint8Array(0);
  #isOther = false;

  /**
   * `serverName` is what the client asked for, lower case without a trailing dot. `names` are the
   * certificate's, lower case without trailing dots; `null` when the default certificate was shown.
   */
  constructor(serverName: string, names: readonly string[] | null) {
    const encoder = new TextEncoder();
    this.#serverName = encoder.encode(serverName);
    this.#exact = names === null
      ? null
      : names.filter((name) => !name.includes("*")).map((name) => encoder.encode(name));
    this.#suffixes = (names ?? [])
      .filter((name) => name.startsWith("*.") && name.lastIndexOf("*") === 0 && name.length > 2)
      .map((name) => encoder.encode(name.slice(1)));
  }

  /** May a request name the authority in `bytes[start..end)`? A port does not matter. */
  accepts(bytes: Uint8Array, start: number, end: number): boolean {
    let nameEnd = withoutPort(bytes, start, end);
    if (nameEnd > start && bytes[nameEnd - 1] === DOT) nameEnd--;
    if (nameEnd === start) return false;
    if (equalsIgnoreCase(bytes, start, nameEnd, this.#accepted)) return true;
    if (!this.#covers(bytes, start, nameEnd)) return false;
    this.#accepted = bytes.slice(start, nameEnd).map(lower);
    this.#isOther = !equalsIgnoreCase(bytes, start, nameEnd, this.#serverName);
    return true;
  }

  /** The authority accepted last is not the name the connection was made for. */
  get isOther(): boolean {
    return this.#isOther;
  }

  #covers(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#exact === null) return equalsIgnoreCase(bytes, start, end, this.#serverName);
    for (const name of this.#exact) if (equalsIgnoreCase(bytes, start, end, name)) return true;
    const dot = bytes.indexOf(DOT, start);
    // A wildcard stands for exactly one label that is not empty, nor a wildcard itself.
    if (dot <= start || dot >= end || bytes[start] === STAR) return false;
    return this.#suffixes.some((suffix) => equalsIgnoreCase(bytes, dot, end, suffix));
  }
}

const STAR = 0x2a;

/** Where the authority ends without `:` and digits, if any; a colon inside brackets is no port. */
function withoutPort(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isDigit(bytes[at - 1] as number)) at--;
  return at > start && bytes[at - 1] === COLON ? at - 1 : end;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
