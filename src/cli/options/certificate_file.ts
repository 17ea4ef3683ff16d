// PEM text on the command line: fingerprints, names and dates. The main process and the workers check whether a
// certificate can be served.

import { nodeCrypto } from "../../io/node_library.ts";
import { parseCertificate } from "../../io/x509/certificate.ts";
import { CommandProblem } from "../problem.ts";

// A SHA-256 in hexadecimal; the colons other tools print between the bytes are accepted.
const FINGERPRINT = /^[0-9a-f]{64}$/;

/** What `certificate list` shows about a certificate. */
export interface CertificateFacts {
  /** ISO 8601, UTC. */
  readonly validNotBefore: string;
  readonly validNotAfter: string;
  /** DNS names of the certificate, or its common name when it has none. */
  readonly names: readonly string[];
}

/** Lower-case hexadecimal SHA-256 of the DER form, or why `pem` (from `path`) has none. */
export function fingerprintOf(pem: string, path: string): string | CommandProblem {
  const facts = parseCertificate(pem);
  if ("fingerprint" in facts) return facts.fingerprint;
  return new CommandProblem(`Cannot use "${path}" as a PEM certificate: ${facts.problem}`);
}

/** A fingerprint as typed, in lower case. */
export function fingerprintArgument(text: string): string | CommandProblem {
  const hex = text.replaceAll(":", "").toLowerCase();
  if (FINGERPRINT.test(hex)) return hex;
  return new CommandProblem(
    `Cannot use --fingerprint "${text}": expected a SHA-256 as 64 hexadecimal digits`,
  );
}

/** Reads the dates and names of a certificate; `null` when it cannot be parsed. */
export function certificateFacts(pem: string): CertificateFacts | null {
  const facts = parseCertificate(pem);
  if (!("fingerprint" in facts)) return null;
  try {
    const { validFrom, validTo } = new (nodeCrypto().X509Certificate)(pem);
    return {
      validNotBefore: new Date(validFrom).toISOString(),
      validNotAfter: new Date(validTo).toISOString(),
      names: facts.names,
    };
  } catch {
    // A date that cannot be written, or text around the certificate that was accepted above.
    return null;
  }
}
