// The revocation lists of a listener, and what they say of a certificate (RFC 5280 §6.3). With lists, every
// certificate of a chain needs one that covers it and is valid.

import { type CertificateFields, KeyUsage } from "../x509/certificate_fields.ts";
import { scopeCovers, scopesOverlap } from "../x509/distribution_points.ts";
import type { RevocationList } from "../x509/revocation_list.ts";
import { isSignedBy } from "../x509/signature.ts";
import type { Authority } from "./authority.ts";
import { type Refusal, refusal } from "./verdict.ts";

interface Entry {
  readonly list: RevocationList;
  /** Keys, by name, of which it is known whether they have signed the list. */
  readonly signers: Map<string, boolean>;
}

/** The keys of at most this many authorities of one name are remembered. */
const MAX_SIGNERS = 16;

/** Lists by issuer. */
export class RevocationLists {
  readonly #byIssuer = new Map<string, Entry[]>();

  /** Takes the next list; `false` when another one of its issuer covers the same certificates. */
  add(list: RevocationList): boolean {
    const known = this.#byIssuer.get(list.issuer) ?? [];
    if (known.some((entry) => scopesOverlap(entry.list.scope, list.scope))) return false;
    known.push({ list, signers: new Map() });
    this.#byIssuer.set(list.issuer, known);
    return true;
  }

  get empty(): boolean {
    return this.#byIssuer.size === 0;
  }

  /** Why a certificate that `signer` has issued is refused at the time `now`, or `null`. */
  check(certificate: CertificateFields, signer: Authority, now: number): Refusal | null {
    const about = { isAuthority: certificate.isAuthority, points: certificate.distributionPoints };
    for (const entry of this.#byIssuer.get(certificate.issuer) ?? []) {
      const { list } = entry;
      if (!scopeCovers(list.scope, about) || !isSigned(entry, signer)) continue;
      if (list.nextUpdate <= now) return refusal("list_expired");
      return list.revoked.has(certificate.serial) ? refusal("revoked") : null;
    }
    return refusal("revocation_unknown");
  }
}

/** RFC 5280 §4.2.1.3: an authority whose key usage is stated signs lists only if it says so. */
function isSigned({ list, signers }: Entry, { key, keyName, keyUsage }: Authority): boolean {
  if (keyUsage !== null && (keyUsage & KeyUsage.CRL_SIGN) === 0) return false;
  const known = signers.get(keyName);
  if (known !== undefined) return known;
  const signed = key !== null && isSignedBy(list.signed, key);
  if (signers.size < MAX_SIGNERS) signers.set(keyName, signed);
  return signed;
}
