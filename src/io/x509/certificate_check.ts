// Whether a certificate can be served; main and the command line check this, workers serve it.

import { type CredentialTexts, TlsCredentials } from "../tls/credentials.ts";

/** Why the certificate cannot be served with its chain and key, or `null`. */
export function certificateProblem(texts: CredentialTexts): string | null {
  const credentials = TlsCredentials.create(texts);
  return typeof credentials === "string" ? credentials : null;
}
