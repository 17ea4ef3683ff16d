// Name constraints of an authority (RFC 5280 §4.2.1.10): the names that certificates below it may have. A kind of
// name that is constrained and not understood is refused.

import type { DerElement } from "./der.ts";
import { Tag, wholeChildren, wholeElement } from "./der_values.ts";
import { asciiName, type GeneralName, NameKind, readGeneralName } from "./general_names.ts";

/** The subtrees of an authority. */
export interface NameConstraints {
  /** Without one for its kind, a name is permitted. */
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

const PERMITTED = 0xa0;
const EXCLUDED = 0xa1;

/** Reads the value of the extension; `null` when it is malformed. */
export function readNameConstraints(value: Uint8Array): NameConstraints | null {
  const parts = wholeChildren(value, wholeElement(value, Tag.SEQUENCE));
  if (parts === null || parts.some(({ tag }) => tag !== PERMITTED && tag !== EXCLUDED)) return null;
  const permitted = readSubtrees(value, parts.find(({ tag }) => tag === PERMITTED));
  const excluded = readSubtrees(value, parts.find(({ tag }) => tag === EXCLUDED));
  return permitted === null || excluded === null ? null : { permitted, excluded };
}

function readSubtrees(value: Uint8Array, list: DerElement | undefined): GeneralName[] | null {
  if (list === undefined) return [];
  const names: GeneralName[] = [];
  for (const subtree of wholeChildren(value, list) ?? [null]) {
    const parts = wholeChildren(value, subtree);
    // RFC 5280 §4.2.1.10: minimum is 0, maximum absent; DER leaves both out.
    const name = parts?.length === 1 ? readGeneralName(value, parts[0] as DerElement) : null;
    if (name === null) return null;
    names.push(name);
  }
  return names;
}

/** Whether a certificate with these names may stand below the authority. */
export function namesAllowed(
  { permitted, excluded }: NameConstraints,
  names: readonly GeneralName[],
): boolean {
  return names.every((name) => {
    const own = permitted.filter(({ kind }) => kind === name.kind);
    if (own.length > 0 && !own.some((subtree) => isWithin(name, subtree) === true)) return false;
    return excluded.every((subtree) =>
      subtree.kind !== name.kind || isWithin(name, subtree) === false
    );
  });
}

/** `null` when it cannot be told: neither permitted nor spared. */
function isWithin(name: GeneralName, subtree: GeneralName): boolean | null {
  switch (name.kind) {
    case NameKind.DNS:
      return isHostWithin(asciiName(name), asciiName(subtree), true);
    case NameKind.EMAIL:
      return isMailWithin(asciiName(name), asciiName(subtree));
    case NameKind.URI:
      return isUriWithin(asciiName(name), asciiName(subtree));
    case NameKind.IP:
      return isAddressWithin(name.bytes, subtree.bytes);
    case NameKind.DIRECTORY:
      return isDirectoryWithin(name.bytes, subtree.bytes);
    default:
      return null;
  }
}

/** `example.com` holds itself where `includesApex`, and every host below it; `.example.com` only those. */
function isHostWithin(name: string, base: string, includesApex: boolean): boolean {
  const [host, limit] = [name.toLowerCase(), base.toLowerCase()];
  if (limit === "") return true;
  if (limit.startsWith(".")) return host.endsWith(limit) && host.length > limit.length;
  return host === limit || (includesApex && host.endsWith(`.${limit}`));
}

/** A mailbox, all mailboxes of a host, or with a dot all of a domain. */
function isMailWithin(mail: string, base: string): boolean | null {
  const at = mail.lastIndexOf("@");
  if (at < 0) return null;
  if (base.includes("@")) {
    const limit = base.lastIndexOf("@");
    return mail.slice(0, at) === base.slice(0, limit) &&
      mail.slice(at).toLowerCase() === base.slice(limit).toLowerCase();
  }
  return isHostWithin(mail.slice(at + 1), base, false);
}

function isUriWithin(uri: string, base: string): boolean | null {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#:@]+)/i.exec(uri)?.[1];
  return host === undefined || host.startsWith("[") ? null : isHostWithin(host, base, false);
}

/** An address is 4 or 16 bytes, a subtree the address and a mask. */
function isAddressWithin(address: Uint8Array, subtree: Uint8Array): boolean | null {
  const { length } = address;
  if (length !== 4 && length !== 16) return null;
  if (subtree.length !== 8 && subtree.length !== 32) return null;
  if (subtree.length !== 2 * length) return false;
  return address.every((byte, at) => {
    const mask = subtree[length + at] as number;
    return (byte & mask) === ((subtree[at] as number) & mask);
  });
}

/** The relative names of the subtree come first in the name; their bytes are compared. */
function isDirectoryWithin(name: Uint8Array, subtree: Uint8Array): boolean | null {
  const all = wholeChildren(name, wholeElement(name, Tag.SEQUENCE));
  const first = wholeChildren(subtree, wholeElement(subtree, Tag.SEQUENCE));
  if (all === null || first === null) return null;
  return first.length <= all.length && first.every((part, at) => {
    const other = all[at] as DerElement;
    const wanted = subtree.subarray(part.start, part.end).toHex();
    return name.subarray(other.start, other.end).toHex() === wanted;
  });
}
