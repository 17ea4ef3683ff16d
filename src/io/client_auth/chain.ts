// Whether a certificate of a client leads to a listed authority (RFC 5280 §6.1). The TLS library checks this as well,
// in the first handshake of a session only; a session that is resumed is checked here against what is configured now.

import { type CertificateFields, CLIENT_AUTH, KeyUsage } from "../x509/certificate_fields.ts";
import { type GeneralName, NameKind } from "../x509/general_names.ts";
import { type NameConstraints, namesAllowed } from "../x509/name_constraints.ts";
import { Authority, type KnownSignatures } from "./authority.ts";
import type { RevocationLists } from "./revocation.ts";
import { type Refusal, refusal } from "./verdict.ts";

/** Most authorities between a certificate and a listed one. */
const MAX_DEPTH = 6;
/** Most signatures verified for one client: a client could send many certificates of one name. */
const MAX_SIGNATURES = 32;

/** What is asked of one chain. */
export interface ChainQuestion {
  readonly leaf: CertificateFields;
  /** The other certificates that the client sent, in any order. */
  readonly others: readonly CertificateFields[];
  readonly trusted: ReadonlyMap<string, readonly Authority[]>;
  readonly lists: RevocationLists;
  readonly signatures: KnownSignatures;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Why the certificate is refused, or `null`. */
export function chainRefusal(question: ChainQuestion): Refusal | null {
  const { leaf, now } = question;
  // The TLS library does not verify who owns a certificate of an older version.
  if (leaf.version !== 3) return refusal("malformed", "it is not of version 3");
  if (leaf.isAuthority) return refusal("purpose", "it is that of an authority");
  // RFC 5280 §4.2.1.3, RFC 8446 §4.4.2.3: the client signs its handshake with the key.
  if (leaf.keyUsage !== null && (leaf.keyUsage & KeyUsage.DIGITAL_SIGNATURE) === 0) {
    return refusal("purpose", "its key is not for signatures");
  }
  const problem = ownRefusal(leaf, now);
  return problem ?? new Search(question).above(leaf, [leaf]);
}

/** What a certificate says of itself: its dates and purposes. */
function ownRefusal({ notBefore, notAfter, purposes }: CertificateFields, now: number) {
  if (now < notBefore) return refusal("not_yet_valid");
  if (now > notAfter) return refusal("expired");
  // Without the extension a certificate is for every purpose.
  return purposes === null || purposes.includes(CLIENT_AUTH) ? null : refusal("purpose");
}

/** One search for a way to a listed authority. */
class Search {
  readonly #question: ChainQuestion;
  #signatures = 0;

  constructor(question: ChainQuestion) {
    this.#question = question;
  }

  /** Why no way leads up from `certificate`, the last of `path`; `null` when one does. */
  above(certificate: CertificateFields, path: readonly CertificateFields[]): Refusal | null {
    let worst: Refusal = refusal("unknown_issuer");
    for (const authority of this.#candidates(certificate, path)) {
      const refused = this.#through(authority, certificate, path);
      if (refused === null) return null;
      // What is known of a way that leads further says more than that another one leads nowhere.
      if (refused.kind !== "unknown_issuer") worst = refused;
    }
    return worst;
  }

  /** Listed ones first. */
  *#candidates(
    { issuer }: CertificateFields,
    path: readonly CertificateFields[],
  ): Iterable<Authority> {
    yield* this.#question.trusted.get(issuer) ?? [];
    if (path.length > MAX_DEPTH) return;
    for (const other of this.#question.others) {
      // No way goes through one certificate twice.
      if (other.subject !== issuer || path.includes(other)) continue;
      yield new Authority(other, false);
    }
  }

  #through(
    authority: Authority,
    certificate: CertificateFields,
    path: readonly CertificateFields[],
  ): Refusal | null {
    const { sent } = authority;
    const { lists, now, signatures } = this.#question;
    if (++this.#signatures > MAX_SIGNATURES) return refusal("unknown_issuer", "it takes too long");
    if (!signatures.isGood(certificate, authority)) return refusal("unknown_issuer");
    const problem = sent === null ? null : authorityRefusal(sent, path, now);
    if (problem !== null) return problem;
    if (authority.constraints !== null && !path.every(fits(authority.constraints))) {
      return refusal("constraint", "its names are not permitted");
    }
    const revoked = lists.empty ? null : lists.check(certificate, authority, now);
    if (revoked !== null) return revoked;
    return sent === null ? null : this.above(sent, [...path, sent]);
  }
}

/** Why a certificate that the client sent may not stand above `path`, or `null`. */
function authorityRefusal(
  sent: CertificateFields,
  path: readonly CertificateFields[],
  now: number,
): Refusal | null {
  if (!sent.isAuthority) return refusal("constraint", "its issuer is no authority");
  if (sent.keyUsage !== null && (sent.keyUsage & KeyUsage.KEY_CERT_SIGN) === 0) {
    return refusal("constraint", "its issuer may not sign certificates");
  }
  // RFC 5280 §4.2.1.9: the leaf does not count, nor does an authority that has issued itself.
  const between = path.slice(1).filter(({ issuer, subject }) => issuer !== subject).length;
  if (sent.pathLength !== null && between > sent.pathLength) {
    return refusal("constraint", "the chain is longer than an authority permits");
  }
  return ownRefusal(sent, now);
}

/** Whether an authority with these constraints may stand above a certificate. */
function fits(
  constraints: NameConstraints,
): (certificate: CertificateFields, at: number) => boolean {
  return ({ subject, issuer, subjectDer, names }, at) => {
    // RFC 5280 §6.1.3(b): an authority that has issued itself is not held to them, unless it is the leaf.
    if (at > 0 && subject === issuer) return true;
    const isEmpty = subjectDer.length === 2;
    const own: GeneralName = { kind: NameKind.DIRECTORY, bytes: subjectDer };
    return namesAllowed(constraints, isEmpty ? names : [own, ...names]);
  };
}
