// Certificates made by the test run: nothing with a private key lies in the tree.

import type { CertificateAndKey } from "../../../config/schema/messages.ts";
import { createKeys, createSelfSigned } from "../../../src/io/x509/self_signed.ts";
import { parseCertificate } from "../../../src/io/x509/certificate.ts";

const DAY_MS = 24 * 3600 * 1000;

/** What a certificate is asked to say. */
export interface CertificateWish {
  /** Days from now until it expires; 30 unless told. */
  readonly days?: number;
  readonly commonName?: string;
  /** Keys to use instead of new ones. */
  readonly keys?: ReturnType<typeof createKeys>;
}

/** A certificate for `names`, as requests carry it. */
export function certificateFor(
  names: readonly string[],
  { days = 30, commonName = names[0] ?? "nobody", keys = createKeys() }: CertificateWish = {},
): CertificateAndKey {
  const texts = createSelfSigned({
    commonName,
    names,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
  }, keys);
  return { ...texts, certificate_chain: [], versions: [], names: [] };
}

/** The fingerprint of a certificate, lower-case hexadecimal. */
export function fingerprintOf({ certificate }: Pick<CertificateAndKey, "certificate">): string {
  const facts = parseCertificate(certificate);
  if ("problem" in facts) throw new Error(facts.problem);
  return facts.fingerprint;
}
