// Which requests are accepted at all, whatever is configured. A configuration state checks each request once. The
// main process and the loader of the configuration file also check that this program has the feature that is
// wanted, and that certificates can be served with their keys.

import type { ConfigError } from "../state/config_error.ts";
import { rowOf, type Verb } from "../state/verbs.ts";
import type { ServedIdentity } from "../state/verbs/row.ts";
import { type ClientAuthCheck, clientAuthProblem } from "./client_auth.ts";
import { missingFeature } from "./missing_features.ts";
import { validateVerb } from "./validate_verb.ts";

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

/**
 * Every value can mean something, this program can do it, its certificates can be served, and what it asks of the
 * certificates of clients can be in force.
 */
export function servable(check: CertificateCheck, clientCheck: ClientAuthCheck): Admission {
  return (verb) =>
    validateVerb(verb) ?? missingFeature(verb) ?? certificateProblem(verb, check) ??
      clientAuthProblem(verb, clientCheck);
}

function certificateProblem({ kind, value }: Verb, check: CertificateCheck): ConfigError | null {
  const served = rowOf(kind).served?.(value);
  return served === undefined ? null : problemOf(served, check);
}

function problemOf(
  { certificate, certificate_chain, key, field }: ServedIdentity,
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
