// What a request asks of the certificates of clients, and whether that can be done. Reading certificates and
// revocation lists needs a crypto library, so the check is injected.

import { ClientAuthMode, type ClientAuthPolicy } from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import type { Verb } from "../state/verbs.ts";

/** A policy that asks for something. */
export interface ClientAuthTexts {
  /** Clients without a certificate are refused. */
  readonly required: boolean;
  readonly authorities: readonly string[];
  readonly lists: readonly string[];
}

/** Why a policy cannot be in force, beginning with the field, or `null`. */
export type ClientAuthCheck = (texts: ClientAuthTexts) => string | null;

/** What every refusal of a policy begins with. */
export const CLIENT_AUTH_FAILED: string =
  "failed to configure client certificate authentication (mTLS): ";

/** What a listener or a patch asks of clients; `null` for nothing. */
export function clientAuthTexts(policy: Partial<ClientAuthPolicy>): ClientAuthTexts | null {
  const { client_auth, client_ca_certificates = [], client_ca_crls = [] } = policy;
  if (client_auth === undefined || client_auth === ClientAuthMode.CLIENT_AUTH_NONE) return null;
  const required = client_auth === ClientAuthMode.CLIENT_AUTH_REQUIRED;
  return { required, authorities: client_ca_certificates, lists: client_ca_crls };
}

/** The policy that a request states, of whichever verb; `null` for none. */
export function statedClientAuth({ value }: Verb): ClientAuthTexts | null {
  if (typeof value !== "object" || value === null) return null;
  const stated = value as { client_auth_policy?: ClientAuthPolicy } & Partial<ClientAuthPolicy>;
  return clientAuthTexts(stated.client_auth_policy ?? stated);
}

/** Why the policy that a request states is refused, or `null`. */
export function clientAuthProblem(verb: Verb, check: ClientAuthCheck): ConfigError | null {
  const texts = statedClientAuth(verb);
  const problem = texts === null ? null : check(texts);
  if (problem === null) return null;
  const field = problem.startsWith("CRL") || problem.startsWith("client_ca_crls")
    ? "client_ca_crls"
    : "client_ca_certificates";
  return { kind: "certificate", message: CLIENT_AUTH_FAILED + problem, field };
}
