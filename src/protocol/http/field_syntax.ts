// What a name or a value that an operator configures must be so that it can stand in the head of a
// message: one place for all of them, so that no setting can end a line, frame a message or speak for
// the connection. Messages of peers are read by the parsers, not here.

import { asciiBytes } from "../../bytes/ascii.ts";
import { HeaderKind, headerKind } from "./header_kind.ts";

/** RFC 9110 section 5.6.2. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 section 5.5 without obs-text: what every reader of a message takes for the same text. */
const VALUE = /^[\t\x20-\x7e]*$/;
/** RFC 6265 section 4.1.1, cookie-octet. */
const COOKIE_VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/;
/** RFC 9110 section 7.2 with what routing accepts as a host: a name, an IPv4 or IPv6 address, a port. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;

/** Longest name or value of one field: far below what fits in a head of the smallest useful buffer. */
const MAX_NAME_LENGTH = 256;
const MAX_VALUE_LENGTH = 8192;

/** Fields that say where a message ends, or that belong to one connection (RFC 9110 section 7.6.1). */
const CONNECTION_KINDS: ReadonlySet<HeaderKind> = new Set([
  HeaderKind.CONTENT_LENGTH,
  HeaderKind.TRANSFER_ENCODING,
  HeaderKind.CONNECTION,
  HeaderKind.UPGRADE,
  HeaderKind.TRAILER,
  HeaderKind.TE,
  HeaderKind.KEEP_ALIVE,
  HeaderKind.PROXY_CONNECTION,
  HeaderKind.HTTP2_SETTINGS,
]);

/** Whether the text is the name of a field. */
export function isFieldName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && NAME.test(text);
}

/** Whether the text can be the value of a field. */
export function isFieldValue(text: string): boolean {
  return text.length <= MAX_VALUE_LENGTH && VALUE.test(text);
}

/** Whether the field of this name frames messages or belongs to the connection. */
export function belongsToConnection(name: string): boolean {
  return CONNECTION_KINDS.has(kindOf(name));
}

/** Whether a field of this name may be added beside whatever a message has. */
export function canBeAdded(name: string): boolean {
  return isFieldName(name) && !belongsToConnection(name) && !isHost(name);
}

/** Whether the name is that of the Host field, of which every request has exactly one. */
function isHost(name: string): boolean {
  return kindOf(name) === HeaderKind.HOST;
}

/** Whether the text can be the value of a Host field. */
export function isAuthority(text: string): boolean {
  const port = /:([0-9]+)$/.exec(text)?.[1];
  return text.length <= MAX_NAME_LENGTH && AUTHORITY.test(text) && Number(port ?? 1) <= 65_535;
}

/** Whether the text can be the name of a cookie (RFC 6265: a token). */
export function isCookieName(text: string): boolean {
  return isFieldName(text);
}

/** Whether the text can be the value of a cookie. */
export function isCookieValue(text: string): boolean {
  return text.length <= MAX_VALUE_LENGTH && COOKIE_VALUE.test(text);
}

function kindOf(name: string): HeaderKind {
  const lower = asciiBytes(name.toLowerCase());
  return headerKind(lower, 0, lower.length);
}
