// What an HTTPS listener asks of the certificates of its clients, as configured.

import { CLIENT_AUTH_FAILED, clientAuthTexts } from "../../../config/rules/client_auth.ts";
import type { HttpsListenerConfig } from "../../../config/schema/messages.ts";
import { ClientAuthPolicy } from "../../io/client_auth/policy.ts";

/** The policy of a listener, `null` when it asks for nothing, or why it cannot be in force. */
export function clientAuthOf(
  config: HttpsListenerConfig,
  now: () => number,
): ClientAuthPolicy | null | string {
  const texts = clientAuthTexts(config);
  if (texts === null) return null;
  const policy = ClientAuthPolicy.create(texts, now);
  return typeof policy === "string" ? CLIENT_AUTH_FAILED + policy : policy;
}
