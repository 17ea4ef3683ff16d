// The headers that tell a backend who the client is by its certificate. Only the proxy may write them: fields of these
// names are taken out of what clients send, also where `_` stands for `-`, which some backends take for the same.

import { asciiBytes, LOWER } from "../../bytes/ascii.ts";
import { Field, FieldFlag, type MessageHead } from "./message_head.ts";

/** Names by what the header says; an absent one is not sent. */
export interface ClientHeaderNames {
  readonly subject?: string | undefined;
  readonly names?: string | undefined;
  readonly fingerprint?: string | undefined;
  readonly verified?: string | undefined;
}

/** What a verified certificate says, in visible ASCII; "" for nothing. */
export interface CertifiedClient {
  readonly subject: string;
  readonly names: string;
  readonly fingerprint: string;
}

/** Longest name of such a header. */
export const MAX_CLIENT_HEADER_NAME = 64;

const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/** The headers of a listener. */
export class ClientHeaders {
  readonly #names: ClientHeaderNames;
  /** Lower case, with `-` for `_`. */
  readonly #folded: readonly Uint8Array[];

  constructor(names: ClientHeaderNames) {
    this.#names = names;
    this.#folded = [names.subject, names.names, names.fingerprint, names.verified]
      .filter((name) => name !== undefined)
      .map((name) => asciiBytes(name.toLowerCase().replaceAll("_", "-")));
  }

  /** Whether the name in `bytes[start, end)` is one of them. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    for (const name of this.#folded) {
      if (name.length === end - start && isSame(bytes, start, name)) return true;
    }
    return false;
  }

  /** Whether a field of `head` has one of the names. */
  areIn(head: MessageHead): boolean {
    for (let i = 0; i < head.count; i++) {
      if (this.has(head.bytes, head.at(i, Field.NAME_START), head.at(i, Field.NAME_END))) {
        return true;
      }
    }
    return false;
  }

  /** Marks the fields of `head` with these names to be dropped. */
  drop(head: MessageHead): void {
    for (let i = 0; i < head.count; i++) {
      if (this.has(head.bytes, head.at(i, Field.NAME_START), head.at(i, Field.NAME_END))) {
        head.flag(i, FieldFlag.DROP);
      }
    }
  }

  /** The lines about a client, each ending in CRLF; `client` is `null` for one without a certificate. */
  linesFor(client: CertifiedClient | null): Uint8Array {
    const { subject, names, fingerprint, verified } = this.#names;
    const lines = [
      line(verified, client === null ? "NONE" : "SUCCESS"),
      line(subject, client?.subject ?? ""),
      line(names, client?.names ?? ""),
      line(fingerprint, client?.fingerprint ?? ""),
    ];
    return asciiBytes(lines.join(""));
  }
}

/** Nothing to say is said by leaving the header out. */
function line(name: string | undefined, value: string): string {
  return name === undefined || value === "" ? "" : `${name}: ${value}\r\n`;
}

function isSame(bytes: Uint8Array, start: number, folded: Uint8Array): boolean {
  for (let at = 0; at < folded.length; at++) {
    const byte = bytes[start + at] as number;
    if ((byte === UNDERSCORE ? DASH : LOWER[byte]) !== folded[at]) return false;
  }
  return true;
}
