// Which requests are admitted at all, before it is asked what they change. A configuration state asks
// once for each request; the main process and the loader of the configuration file also ask whether
// this program can do what is wanted, and whether certificates can be served with their keys.

import type { ConfigError } from "../state/config_error.ts";
import type { Request } from "../schema/messages.ts";
import { missingFeature } from "./missing_features.ts";
import { validateVerb } from "./validate.ts";

type Verb = NonNullable<Request["request_type"]>;

/** Why a request is not admitted, or `null`. */
export type Admission = (verb: Verb) => ConfigError | null;

/** The texts of a certificate as requests carry them. */
export interface CertificateTexts {
  readonly certificate: string;
  readonly certificate_chain: readonly string[];
  readonly key: string;
}

/** Why a certificate cannot be served with its chain and key, or `null`. Needs a crypto library. */
export type CertificateCheck = (texts: CertificateTexts) => string | null;

/** Every value can mean something. */
export const validValues: Admission = validateVerb;

/** Every value can mean something, this program can do it, and its certificates can be served. */
export function servable(check: CertificateCheck): Admission {
  return (verb) => validateVerb(verb) ?? missingFeature(verb) ?? certificateProblem(verb, check);
}

function certificateProblem(verb: Verb, check: CertificateCheck): ConfigError | null {
  switch (verb.kind) {
    case "add_certificate":
      return problemOf(verb.value.certificate, "certificate", check);
    case "replace_certificate":
      return problemOf(verb.value.new_certificate, "new_certificate", check);
    case "add_https_listener":
    case "replace_https_listener":
      return problemOf({ ...verb.value }, "certificate", check);
    case "add_tcp_listener":
    case "replace_tcp_listener":
    case "update_tcp_listener": {
      // The chain follows the certificate in the same text.
      const { certificate, key } = verb.value;
      const certificate_chain = certificate === undefined ? [] : [certificate];
      return problemOf({ certificate, certificate_chain, key }, "certificate", check);
    }
    default:
      return null;
  }
}

function problemOf(
  { certificate, certificate_chain, key }: {
    readonly certificate?: string | undefined;
    readonly certificate_chain: readonly string[];
    readonly key?: string | undefined;
  },
  field: string,
  check: CertificateCheck,
): ConfigError | null {
  if (certificate === undefined && key === undefined) return null;
  const given = key === undefined ? "certificate" : "key";
  const problem = certificate === undefined || key === undefined
    ? `both certificate and key are needed, only the ${given} is given`
    : check({ certificate, certificate_chain, key });
  if (problem === null) return null;
  return { kind: "certificate", message: `Cannot serve the certificate: ${problem}`, field };
}
