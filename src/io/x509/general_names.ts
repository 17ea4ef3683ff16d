// GeneralName of X.509 (RFC 5280 §4.2.1.6): the kinds of names of certificates, name constraints and distribution
// points.

import type { DerElement } from "./der.ts";
import { contentsOf, wholeChildren } from "./der_values.ts";

/** Kinds of names: the tag without its class. */
export const NameKind = {
  EMAIL: 1,
  DNS: 2,
  DIRECTORY: 4,
  URI: 6,
  IP: 7,
} as const;

/** A name. A directory name is the DER of its Name. */
export interface GeneralName {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** Most names of one list: certificates of large services have some hundreds. */
const MAX_NAMES = 1000;

/** The names inside `list`; `null` when they are malformed. */
export function readGeneralNames(bytes: Uint8Array, list: DerElement): GeneralName[] | null {
  const elements = wholeChildren(bytes, list);
  if (elements === null || elements.length > MAX_NAMES) return null;
  const names: GeneralName[] = [];
  for (const element of elements) {
    const name = readGeneralName(bytes, element);
    if (name === null) return null;
    names.push(name);
  }
  return names;
}

/** One name; `null` for an element that is none. */
export function readGeneralName(bytes: Uint8Array, element: DerElement): GeneralName | null {
  // Context-specific, primitive or constructed.
  if ((element.tag & 0xc0) !== 0x80) return null;
  return { kind: element.tag & 0x1f, bytes: contentsOf(bytes, element) };
}

/** A text that equal names share. */
export function nameKey({ kind, bytes }: GeneralName): string {
  return `${kind}:${bytes.toHex()}`;
}

/** The text of a name that is ASCII by definition. */
export function asciiName({ bytes }: GeneralName): string {
  return new TextDecoder("latin1").decode(bytes);
}
