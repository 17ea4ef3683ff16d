// Which part of an authority's certificates a revocation list is about: the distribution points of a certificate
// (RFC 5280 §4.2.1.13) and the issuing distribution point of a list (§5.2.5).

import type { DerElement } from "./der.ts";
import { innerElement, readBoolean, Tag, wholeChildren, wholeElement } from "./der_values.ts";
import { nameKey, readGeneralNames } from "./general_names.ts";

/** DistributionPoint: distributionPoint [0]. Both structures begin with it. */
const POINT = 0xa0;
/** DistributionPointName: fullName [0]. */
const FULL_NAME = 0xa0;

/** Flags of an issuing distribution point, all implicitly tagged. */
const ONLY_USERS = 0x81;
const ONLY_AUTHORITIES = 0x82;
const SOME_REASONS = 0x83;
const INDIRECT = 0x84;
const ONLY_ATTRIBUTES = 0x85;

/** The certificates that a list can be about. */
export interface ListScope {
  /** Keys of the names of the distribution point; `null` for all. */
  readonly points: readonly string[] | null;
  readonly users: boolean;
  readonly authorities: boolean;
}

/** The scope of a list that names none. */
export const WHOLE_SCOPE: ListScope = { points: null, users: true, authorities: true };

/** Keys of all full names of the distribution points of a certificate; `null` when they are malformed. */
export function readDistributionPoints(value: Uint8Array): string[] | null {
  const points = wholeChildren(value, wholeElement(value, Tag.SEQUENCE));
  if (points === null) return null;
  const keys: string[] = [];
  for (const point of points) {
    const parts = wholeChildren(value, point);
    if (parts === null) return null;
    const name = parts.find(({ tag }) => tag === POINT);
    if (name === undefined) continue;
    const read = fullNames(value, name);
    if (read === null) return null;
    keys.push(...read);
  }
  return keys;
}

/** The scope of an issuing distribution point; a string tells why such lists are refused. */
export function readListScope(value: Uint8Array): ListScope | string {
  const parts = wholeChildren(value, wholeElement(value, Tag.SEQUENCE));
  if (parts === null) return "its issuing distribution point is malformed";
  let points: string[] | null = null;
  let users = true;
  let authorities = true;
  for (const part of parts) {
    if (part.tag === POINT) {
      points = fullNames(value, part);
      if (points === null || points.length === 0) {
        return "its distribution point has no full name";
      }
      continue;
    }
    const problem = SCOPE_PROBLEMS[part.tag];
    if (part.tag === SOME_REASONS) return problem as string;
    const set = readBoolean(value, { ...part, tag: Tag.BOOLEAN });
    if (set === null) return "its issuing distribution point is malformed";
    if (!set) continue;
    if (part.tag === ONLY_USERS) authorities = false;
    else if (part.tag === ONLY_AUTHORITIES) users = false;
    else return problem ?? "its issuing distribution point is malformed";
  }
  if (!users && !authorities) return "it is about no certificates";
  return { points, users, authorities };
}

const SCOPE_PROBLEMS: Readonly<Record<number, string>> = {
  [SOME_REASONS]: "lists for some reasons only are not supported",
  [INDIRECT]: "indirect lists are not supported",
  [ONLY_ATTRIBUTES]: "lists of attribute certificates are not supported",
};

/** Whether a certificate of the issuer can be covered by both lists. */
export function scopesOverlap(a: ListScope, b: ListScope): boolean {
  if (!(a.users && b.users) && !(a.authorities && b.authorities)) return false;
  if (a.points === null || b.points === null) return true;
  return a.points.some((point) => b.points?.includes(point));
}

/** Whether a list of this scope is about a certificate. */
export function scopeCovers(
  scope: ListScope,
  { isAuthority, points }: {
    readonly isAuthority: boolean;
    readonly points: readonly string[] | null;
  },
): boolean {
  if (isAuthority ? !scope.authorities : !scope.users) return false;
  return scope.points === null || scope.points.some((point) => points?.includes(point) === true);
}

function fullNames(value: Uint8Array, name: DerElement): string[] | null {
  const choice = innerElement(value, name);
  if (choice === null) return null;
  // A name relative to the issuer identifies nothing here.
  if (choice.tag !== FULL_NAME) return [];
  return readGeneralNames(value, choice)?.map(nameKey) ?? null;
}
