// Whether the certificates a request carries can be served. Workers refuse those that cannot; this is for when
// there are none to ask.

import type { Verb } from "../../config/state_verbs.ts";
import { TlsCredentials } from "../io/tls_credentials.ts";

/** Why the certificate and key in a request cannot be served; `null` when they can, or it has none. */
export function identityProblem(verb: Verb): string | null {
  switch (verb.kind) {
    case "add_certificate":
      return problemOf(verb.value.certificate);
    case "replace_certificate":
      return problemOf(verb.value.new_certificate);
    case "add_https_listener":
    case "add_tcp_listener":
    case "update_tcp_listener":
      return problemOf(verb.value);
    default:
      return null;
  }
}

function problemOf(texts: {
  readonly certificate?: string;
  readonly certificate_chain?: readonly string[];
  readonly key?: string;
}): string | null {
  const { certificate, certificate_chain = [], key } = texts;
  if (certificate === undefined || key === undefined) return null;
  const credentials = TlsCredentials.create({ certificate, certificate_chain, key });
  return typeof credentials === "string" ? credentials : null;
}
