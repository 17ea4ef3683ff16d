// Reads X.509 certificates (RFC 5280) with the crypto library of Deno. Private keys are read elsewhere.

import type { CertificateFacts, CertificateProblem } from "../../../config/values/certificate.ts";
import { nodeCrypto } from "../node_library.ts";
import { certificateNames } from "./names.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/** Longest text that is read, in characters; a large chain has some tens of kilobytes. */
const PEM_LENGTH_LIMIT = 1_000_000;

/** Reads the first PEM block (RFC 7468) of `pem`. Never throws. */
export function parseCertificate(pem: string): CertificateFacts | CertificateProblem {
  if (pem.length > PEM_LENGTH_LIMIT) {
    return { problem: `it is longer than ${PEM_LENGTH_LIMIT} characters` };
  }
  const begin = pem.indexOf(BEGIN);
  const end = pem.indexOf(END, begin);
  if (begin === -1 || end === -1) return { problem: `it holds no "${BEGIN}" block` };
  try {
    const { X509Certificate } = nodeCrypto();
    const certificate = new X509Certificate(pem.slice(begin, end + END.length));
    return {
      fingerprint: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
      names: certificateNames(certificate.raw),
      notAfter: certificate.validToDate.getTime() / 1000,
    };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
