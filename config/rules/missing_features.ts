// Which settings this program cannot honour yet. A request that asks for one of them is refused with
// the name of the feature, and so is a file: a proxy that pretends is worse than one that says no.

import { type ConfigError, invalidValue } from "../state/config_error.ts";
import { rowOf, type Verb } from "../state/verbs.ts";

/** Fields that the runtime cannot honour: what is accepted instead of a value, and why. */
const REFUSED_FIELDS: Readonly<Record<string, string>> = {
  interface:
    "no device: the runtime gives no access to the socket option SO_BINDTODEVICE. To accept " +
    "clients of one network device only, listen on an IP address of that device",
};

/** The feature that a request asks for and this program does not have, as a refusal, or `null`. */
export function missingFeature({ kind, value }: Verb): ConfigError | null {
  const refused = refusedField(value);
  if (refused !== null) return refused;
  const missing = rowOf(kind).missing?.(value) ?? null;
  if (missing === null) return null;
  const [feature, field] = missing;
  return { kind: "invalid_value", message: notAvailable(feature), field };
}

/** The refusal of a feature. */
export function notAvailable(feature: string): string {
  return `Not available in this version: ${feature}`;
}

function refusedField(value: unknown): ConfigError | null {
  if (typeof value !== "object" || value === null) return null;
  for (const [field, accepted] of Object.entries(REFUSED_FIELDS)) {
    const given = (value as Record<string, unknown>)[field];
    if (given !== undefined && given !== "") return invalidValue(field, `"${given}"`, accepted);
  }
  return null;
}
