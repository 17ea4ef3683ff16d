// Which change of protocol a request asks for (RFC 9110 §7.8), and whether a 101 grants just that. What
// comes behind a 101 is piped unseen, so only protocols are offered in which no request can hide.

import { COMMA, HTAB, LOWER, SP } from "../../bytes/ascii.ts";
import { HeaderKind } from "./header_kind.ts";
import { Field, type MessageHead } from "./message_head.ts";
import { TOKEN } from "./token.ts";

/** The protocols a request asks for, in lower case, such as `websocket` or `foo/2`. */
export type UpgradeOffer = readonly string[];

/** Nobody needs more; what lists them is not piped. */
const MOST_PROTOCOLS = 8;

const SLASH = 0x2f;

/**
 * Protocols, whatever their version, that carry requests: behind them those would pass by routing,
 * authentication and limits.
 */
const CARRIERS: readonly string[] = ["h2", "h3", "http", "tls"];

/** What `head` asks to be upgraded to; `null` when it asks for nothing, or for what is not piped. */
export function offeredUpgrade(head: MessageHead): UpgradeOffer | null {
  // RFC 9110 §7.8: Upgrade is ignored in an HTTP/1.0 request, and without its Connection option.
  if (head.version === 10 || !head.connectionUpgrade || !head.has(HeaderKind.UPGRADE)) return null;
  const protocols = readProtocols(head);
  return protocols === null || protocols.length === 0 ? null : protocols;
}

/** True when the 101 in `head` names nothing but protocols of `offer`, and one at least. */
export function grantsUpgrade(offer: UpgradeOffer | null, head: MessageHead): boolean {
  if (offer === null || head.version === 10) return false;
  const protocols = readProtocols(head);
  return protocols !== null && protocols.length > 0 &&
    protocols.every((protocol) => offer.includes(protocol));
}

/** All members of all Upgrade fields; `null` when one is malformed or carries requests. */
function readProtocols(head: MessageHead): string[] | null {
  const protocols: string[] = [];
  for (let i = 0; i < head.count; i++) {
    if (!head.isKind(i, HeaderKind.UPGRADE)) continue;
    if (!readField(head, i, protocols)) return null;
  }
  return protocols;
}

/** Adds the members of one field: `name ["/" version]`, separated by commas. */
function readField(head: MessageHead, field: number, protocols: string[]): boolean {
  const { bytes } = head;
  const end = head.at(field, Field.VALUE_END);
  let at = head.at(field, Field.VALUE_START);
  while (at < end) {
    const start = at;
    while (at < end && isMemberByte(bytes[at] as number)) at++;
    if (at === start) {
      if (!isSeparator(bytes[at++] as number)) return false;
      continue;
    }
    const protocol = lowerText(bytes, start, at);
    if (protocols.length === MOST_PROTOCOLS || !isPiped(protocol)) return false;
    protocols.push(protocol);
  }
  return true;
}

function isPiped(protocol: string): boolean {
  const [name = "", version, ...more] = protocol.split("/");
  return name !== "" && version !== "" && more.length === 0 && !protocol.includes("h2c") &&
    !CARRIERS.includes(name);
}

function isMemberByte(byte: number): boolean {
  return TOKEN[byte] === 1 || byte === SLASH;
}

/** A comma, or the optional space around it. */
function isSeparator(byte: number): boolean {
  return byte === COMMA || byte === SP || byte === HTAB;
}

function lowerText(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += String.fromCharCode(LOWER[bytes[at] as number] ?? 0);
  return text;
}
