// Which fields belong to one connection and are not passed on (RFC 9110 §7.6.1). The proxy speaks for
// itself on both of its connections: it decides there about persistence and upgrades.

import { asciiBytes, equalsIgnoreCase, LOWER } from "../../bytes/ascii.ts";
import { HeaderKind } from "./header_kind.ts";
import { Field, FieldFlag, KIND_MASK, type MessageHead } from "./message_head.ts";
import { TOKEN } from "./token.ts";

const ALWAYS: number = bit(HeaderKind.CONNECTION) | bit(HeaderKind.KEEP_ALIVE) |
  bit(HeaderKind.PROXY_CONNECTION) | bit(HeaderKind.TE) | bit(HeaderKind.UPGRADE) |
  bit(HeaderKind.HTTP2_SETTINGS);

const TRAILERS = asciiBytes("trailers");

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
    if ((ALWAYS & bit(kind)) === 0) continue;
    if (kind === HeaderKind.UPGRADE && keepUpgrade) continue;
    if (kind === HeaderKind.TE && isTrailersOnly(head, i)) continue;
    head.flag(i, FieldFlag.DROP);
  }
  if (head.connectionNames) dropNamed(head);
}

function isTrailersOnly(head: MessageHead, field: number): boolean {
  const start = head.at(field, Field.VALUE_START);
  return equalsIgnoreCase(head.bytes, start, head.at(field, Field.VALUE_END), TRAILERS);
}

/**
 * Marks the fields that a Connection field lists. Only fields that mean nothing to a proxy: a client
 * must not be able to have Host, Cookie or X-Forwarded-For removed.
 */
function dropNamed(head: MessageHead): void {
  const bytes = head.bytes;
  for (let i = 0; i < head.count; i++) {
    if (!head.isKind(i, HeaderKind.CONNECTION)) continue;
    const end = head.at(i, Field.VALUE_END);
    let at = head.at(i, Field.VALUE_START);
    while (at < end) {
      const start = at;
      while (at < end && TOKEN[bytes[at] as number] === 1) at++;
      if (at > start) dropOption(head, start, at);
      at++;
    }
  }
}

/** Marks every field whose name is the connection option in `head.bytes[start, end)`. */
function dropOption(head: MessageHead, start: number, end: number): void {
  for (let i = 0; i < head.count; i++) {
    const nameStart = head.at(i, Field.NAME_START);
    if (head.at(i, Field.NAME_END) - nameStart !== end - start) continue;
    if (!head.isKind(i, HeaderKind.OTHER)) continue;
    if (sameIgnoringCase(head.bytes, nameStart, start, end)) head.flag(i, FieldFlag.DROP);
  }
}

/** True when the bytes from `nameStart` on are those of `bytes[start, end)`, ignoring ASCII case. */
function sameIgnoringCase(
  bytes: Uint8Array,
  nameStart: number,
  start: number,
  end: number,
): boolean {
  for (let at = start; at < end; at++) {
    if (LOWER[bytes[at] as number] !== LOWER[bytes[nameStart + at - start] as number]) return false;
  }
  return true;
}
