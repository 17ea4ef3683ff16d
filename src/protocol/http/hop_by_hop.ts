// Which fields belong to one connection and are not passed on (RFC 9110 §7.6.1). The proxy speaks for
// itself on both of its connections: it decides there about persistence and upgrades.

import { asciiBytes, equalsIgnoreCase } from "../../bytes/ascii.ts";
import { HeaderKind } from "./header_kind.ts";
import { Field, FieldFlag, KIND_MASK, type MessageHead } from "./message_head.ts";

const ALWAYS: number = bit(HeaderKind.CONNECTION) | bit(HeaderKind.KEEP_ALIVE) |
  bit(HeaderKind.PROXY_CONNECTION) | bit(HeaderKind.TE) | bit(HeaderKind.UPGRADE) |
  bit(HeaderKind.HTTP2_SETTINGS);

const TRAILERS = asciiBytes("trailers");
const H2C = asciiBytes("h2c");

function bit(kind: HeaderKind): number {
  return 1 << kind;
}

/**
 * Marks the hop-by-hop fields of `head` to be dropped. `keepUpgrade` lets Upgrade through (the caller
 * then writes `Connection: upgrade`); `TE: trailers` is let through because it says what the client
 * can take, not how this connection works.
 */
export function dropHopByHop(head: MessageHead, keepUpgrade: boolean): void {
  if ((head.seen & ALWAYS) === 0) return;
  for (let i = 0; i < head.count; i++) {
    const kind = head.at(i, Field.KIND) & KIND_MASK;
    if ((ALWAYS & bit(kind)) !== 0 && kind !== HeaderKind.OTHER) {
      if (kind === HeaderKind.UPGRADE && keepUpgrade) continue;
      if (kind === HeaderKind.TE && isTrailersOnly(head, i)) continue;
      head.flag(i, FieldFlag.DROP);
    } else if (head.connectionNames && kind === HeaderKind.OTHER && isNamed(head, i)) {
      head.flag(i, FieldFlag.DROP);
    }
  }
}

function isTrailersOnly(head: MessageHead, field: number): boolean {
  const start = head.at(field, Field.VALUE_START);
  return equalsIgnoreCase(head.bytes, start, head.at(field, Field.VALUE_END), TRAILERS);
}

/**
 * True when the request asks for a protocol this proxy can pipe: Upgrade with the matching Connection
 * option. `h2c` is not one: behind it requests could be hidden from routing.
 */
export function asksForUpgrade(head: MessageHead): boolean {
  if (!head.connectionUpgrade || !head.has(HeaderKind.UPGRADE)) return false;
  for (let i = 0; i < head.count; i++) {
    if (!head.isKind(i, HeaderKind.UPGRADE)) continue;
    if (containsIgnoreCase(head, i, H2C)) return false;
  }
  return true;
}

function containsIgnoreCase(head: MessageHead, field: number, lower: Uint8Array): boolean {
  const end = head.at(field, Field.VALUE_END);
  for (let at = head.at(field, Field.VALUE_START); at + lower.length <= end; at++) {
    if (equalsIgnoreCase(head.bytes, at, at + lower.length, lower)) return true;
  }
  return false;
}

/** True when a Connection field lists the name of field `index`. */
function isNamed(head: MessageHead, index: number): boolean {
  const bytes = head.bytes;
  const name = bytes.subarray(head.at(index, Field.NAME_START), head.at(index, Field.NAME_END));
  for (let i = 0; i < head.count; i++) {
    if (!head.isKind(i, HeaderKind.CONNECTION)) continue;
    if (listsToken(head, i, name)) return true;
  }
  return false;
}

function listsToken(head: MessageHead, field: number, name: Uint8Array): boolean {
  const bytes = head.bytes;
  const end = head.at(field, Field.VALUE_END);
  let at = head.at(field, Field.VALUE_START);
  while (at < end) {
    const start = at;
    while (at < end && !isSeparator(bytes[at] as number)) at++;
    if (sameName(bytes, start, at, name)) return true;
    at++;
  }
  return false;
}

function isSeparator(byte: number): boolean {
  return byte === 0x2c || byte === 0x20 || byte === 0x09;
}

function sameName(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length || name.length === 0) return false;
  for (let i = 0; i < name.length; i++) {
    const a = bytes[start + i] as number;
    const b = name[i] as number;
    if (a !== b && (((a ^ b) !== 0x20) || (a | 0x20) < 0x61 || (a | 0x20) > 0x7a)) return false;
  }
  return true;
}
