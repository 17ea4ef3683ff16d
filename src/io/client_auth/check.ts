// Whether the texts of a policy for client certificates can be in force; main and the command line ask.

import { ClientAuthPolicy, type ClientAuthTexts } from "./policy.ts";

/** Why such a policy cannot be in force, or `null`. */
export function clientAuthProblem(texts: ClientAuthTexts): string | null {
  const policy = ClientAuthPolicy.create(texts, Date.now);
  return typeof policy === "string" ? policy : null;
}

/** The same for a policy that an operator states now: a list that has expired already would lock clients out. */
export function statedClientAuthProblem(texts: ClientAuthTexts): string | null {
  const policy = ClientAuthPolicy.create(texts, Date.now);
  return typeof policy === "string" ? policy : policy.expiredList();
}
