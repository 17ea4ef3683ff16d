// What the configuration needs to know of an X.509 certificate. Parsing needs a crypto library, so the
// parser is injected; the real one lives in src/io/x509/certificate.ts.

/** Facts read from the first PEM block of a certificate. */
export interface CertificateFacts {
  /** SHA-256 of the DER encoding, lower-case hexadecimal (64 characters). */
  readonly fingerprint: string;
  /** dNSName entries of the subject alternative name, else the subject's common names. */
  readonly names: readonly string[];
}

/** Why a text is not a certificate. */
export interface CertificateProblem {
  readonly problem: string;
}

/** Reads the first PEM block of `pem`. Never throws. */
export type CertificateParser = (pem: string) => CertificateFacts | CertificateProblem;

/** Lower-case form of a hexadecimal fingerprint of either case; `null` when it is not hexadecimal. */
export function parseFingerprint(text: string): string | null {
  return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? text.toLowerCase() : null;
}
