// Which of the two families of headers about the client a listener adds to requests: the X-Forwarded ones,
// Forwarded (RFC 7239), both or none.

import { HeaderKind } from "../header_kind.ts";

/** The choice of a listener. Numbers of the wire contract. */
export const ForwardingFamily = { BOTH: 0, X_FORWARDED: 1, RFC7239: 2, NONE: 3 } as const;

const X_FORWARDED_KINDS: number = (1 << HeaderKind.X_FORWARDED_FOR) |
  (1 << HeaderKind.X_FORWARDED_PORT) | (1 << HeaderKind.X_FORWARDED_PROTO);
const FORWARDED_KIND: number = 1 << HeaderKind.FORWARDED;

const ADDED: readonly number[] = [
  X_FORWARDED_KINDS | FORWARDED_KIND,
  X_FORWARDED_KINDS,
  FORWARDED_KIND,
  0,
];

/** Bits `1 << kind` of the headers that are added or continued; a family that is unknown adds both. */
export function addedKinds(family: number): number {
  return ADDED[family] ?? X_FORWARDED_KINDS | FORWARDED_KIND;
}

/** Are the X-Forwarded headers added, and those of clients believed? */
export function addsXForwarded(family: number): boolean {
  return (addedKinds(family) & X_FORWARDED_KINDS) !== 0;
}

/** Is Forwarded added, and that of clients continued? */
export function addsForwarded(family: number): boolean {
  return (addedKinds(family) & FORWARDED_KIND) !== 0;
}

/** Are the X-Forwarded headers of clients removed, for the backend to find one truth only? */
export function removesXForwarded(family: number): boolean {
  return family === ForwardingFamily.RFC7239;
}
