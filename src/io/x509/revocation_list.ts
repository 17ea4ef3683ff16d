// Certificate revocation lists (RFC 5280 §5), read from their DER: whose list it is, about which certificates, until
// when, and what is revoked. Lists whose meaning depends on something else (deltas, indirect lists) are refused.

import { type DerElement, readElement } from "./der.ts";
import { hexOf, readTime, Tag, wholeChildren, wholeElement, withHeader } from "./der_values.ts";
import { type ListScope, readListScope, WHOLE_SCOPE } from "./distribution_points.ts";
import { type Extension, ExtensionId, readExtensionList, readExtensions } from "./extensions.ts";
import { signedPart } from "./certificate_fields.ts";
import type { Signed } from "./signature.ts";

/** A list that was read. */
export interface RevocationList {
  /** The DER of the issuer's name, hexadecimal. */
  readonly issuer: string;
  readonly scope: ListScope;
  /** Milliseconds since 1970. */
  readonly nextUpdate: number;
  /** Serial numbers, hexadecimal as in certificates. */
  readonly revoked: ReadonlySet<string>;
  readonly signed: Signed;
}

const EXTENSIONS = 0xa0;
const V2 = "01";

/** Reads a list; a string tells why it is refused. */
export function readRevocationList(der: Uint8Array): RevocationList | string {
  const whole = wholeElement(der, Tag.SEQUENCE);
  const parts = wholeChildren(der, whole);
  const [tbs, algorithm, bits] = parts ?? [];
  if (whole === null || tbs?.tag !== Tag.SEQUENCE || parts?.length !== 3) return MALFORMED;
  if (algorithm === undefined || bits === undefined) return MALFORMED;
  const signed = signedPart(der, whole.start, tbs, algorithm, bits);
  const fields = wholeChildren(der, tbs);
  if (signed === null || fields === null) return MALFORMED;
  const [version, inner, issuer, thisUpdate, nextUpdate, ...rest] = fields;
  // RFC 5280 §5.1.2.1: lists with extensions are of version 2, and all must have some.
  if (version?.tag !== Tag.INTEGER || hexOf(der, version) !== V2) return "it is not of version 2";
  if (inner === undefined || issuer?.tag !== Tag.SEQUENCE || thisUpdate === undefined) {
    return MALFORMED;
  }
  if (withHeader(der, version.end, inner).toHex() !== signed.algorithm.toHex()) return MALFORMED;
  const until = nextUpdate === undefined ? null : readTime(der, nextUpdate);
  if (readTime(der, thisUpdate) === null) return MALFORMED;
  // RFC 5280 §5.1.2.5: every list says when the next one comes.
  if (until === null) return "it does not say until when it is valid (nextUpdate)";
  const tagged = rest.find(({ tag }) => tag === EXTENSIONS);
  const entries = rest.find(({ tag }) => tag === Tag.SEQUENCE);
  if (rest.length > (tagged === undefined ? 0 : 1) + (entries === undefined ? 0 : 1)) {
    return MALFORMED;
  }
  const scope = tagged === undefined ? WHOLE_SCOPE : readScope(der, tagged);
  if (typeof scope === "string") return scope;
  const revoked = entries === undefined ? new Set<string>() : readRevoked(der, entries);
  if (typeof revoked === "string") return revoked;
  const issuerName = withHeader(der, inner.end, issuer).toHex();
  return { issuer: issuerName, scope, nextUpdate: until, revoked, signed };
}

const MALFORMED = "it is malformed";

function readScope(der: Uint8Array, tagged: DerElement): ListScope | string {
  const extensions = readExtensions(der, tagged);
  if (typeof extensions === "string") return extensions;
  let scope = WHOLE_SCOPE;
  for (const extension of extensions) {
    switch (extension.id) {
      case ExtensionId.ISSUING_DISTRIBUTION_POINT: {
        const read = readListScope(extension.value);
        if (typeof read === "string") return read;
        scope = read;
        break;
      }
      case ExtensionId.DELTA_CRL:
        return "delta lists are not supported";
      default:
        if (extension.critical) return notUnderstood(extension);
    }
  }
  return scope;
}

function notUnderstood({ id }: Extension): string {
  return `its critical extension ${id} is not understood`;
}

/** The serial numbers of the entries, read one after the other: lists may have a hundred thousand. */
function readRevoked(der: Uint8Array, entries: DerElement): Set<string> | string {
  const serials = new Set<string>();
  for (let at = entries.start; at < entries.end;) {
    const entry = readElement(der, at, entries.end);
    if (entry?.tag !== Tag.SEQUENCE) return "an entry is malformed";
    const [serial, , extensions] = wholeChildren(der, entry) ?? [];
    if (serial?.tag !== Tag.INTEGER) return "an entry is malformed";
    const problem = extensions === undefined ? null : entryProblem(der, extensions);
    if (problem !== null) return problem;
    serials.add(hexOf(der, serial));
    at = entry.end;
  }
  return serials;
}

/** An entry can name another issuer than that of the list, in an extension that is always critical. */
function entryProblem(der: Uint8Array, list: DerElement): string | null {
  const extensions = readExtensionList(der, list);
  if (typeof extensions === "string") return extensions;
  const other = extensions.find(({ id, critical }) =>
    critical && id !== ExtensionId.REASON_CODE && id !== ExtensionId.INVALIDITY_DATE
  );
  return other === undefined ? null : `an entry has ${notUnderstood(other).slice("its ".length)}`;
}
