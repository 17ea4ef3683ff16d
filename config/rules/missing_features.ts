// Which settings this program cannot honour yet. A request that asks for one of them is refused with
// the name of the feature, and so is a file: a proxy that pretends is worse than one that says no.

import { type ConfigError, invalidValue } from "../state/config_error.ts";
import { rowOf, type Verb } from "../state/verbs.ts";

/** Fields of values that ask for a feature when they hold something: absent, zero and empty ask for nothing. */
const MISSING_FIELDS: Readonly<Record<string, string>> = {
  max_connection_attempts: "attempts of one cluster",
  max_connections_per_subnet: "limits of subnets",
  unix_path: "backends behind unix sockets",
};

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
  const missing = rowOf(kind).missing?.(value) ?? missingField(value);
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

function missingField(value: unknown): readonly [feature: string, field: string] | null {
  if (typeof value !== "object" || value === null) return null;
  return askedIn(value, MISSING_FIELDS);
}

function askedIn(
  value: unknown,
  missing: Readonly<Record<string, string>>,
): readonly [feature: string, field: string] | null {
  const held = Object.entries(value ?? {}).find(([field, it]) =>
    field in missing && it !== undefined && it !== 0 && !(Array.isArray(it) && it.length === 0)
  );
  return held === undefined ? null : [missing[held[0]] ?? held[0], held[0]];
}
