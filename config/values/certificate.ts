// What the configuration needs to know of an X.509 certificate. Parsing needs a crypto library, so the
// parser is injected; the real one lives in src/io/x509/certificate.ts.

/** Facts read from the first PEM block of a certificate. */
export interface CertificateFacts {
  /** SHA-256 of the DER encoding, lower-case hexadecimal (64 characters). */
  readonly fingerprint: string;
  /** dNSName entries of the subject alternative name, else the subject's common names. */
  readonly names: readonly string[];
  /** The notAfter time in seconds since 1970 (RFC 5280 §4.1.2.5). */
  readonly notAfter?: number;
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

/** Longest name that is looked up, in bytes. */
const MAX_NAME_BYTES = 4096;

/** The form in which names are stored and looked up: ASCII letters in lower case. */
export function storedName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/**
 * Why a certificate cannot be found by one of its names, or `null`: an empty label, a slash, or a name that is too
 * long. The name itself is not told: it may be anything.
 */
export function unhostableName(names: readonly string[]): string | null {
  for (const name of names) {
    const bytes = new TextEncoder().encode(name).length;
    const labels = (name.endsWith(".") ? name.slice(0, -1) : name).split(".");
    if (bytes <= MAX_NAME_BYTES && !name.includes("/") && !labels.includes("")) continue;
    return `the SNI route table cannot host a certificate name, name_bytes=${bytes}`;
  }
  return null;
}
