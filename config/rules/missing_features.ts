// Which settings this program cannot honour yet. A request that asks for one of them is refused with
// the name of the feature, and so is a file: a proxy that pretends is worse than one that says no.

import type { ConfigError } from "../state/config_error.ts";
import { rowOf, type Verb } from "../state/verbs.ts";

/** The feature that a request asks for and this program does not have, as a refusal, or `null`. */
export function missingFeature({ kind, value }: Verb): ConfigError | null {
  const missing = rowOf(kind).missing?.(value) ?? null;
  if (missing === null) return null;
  const [feature, field] = missing;
  return { kind: "invalid_value", message: notAvailable(feature), field };
}

/** The refusal of a feature. */
export function notAvailable(feature: string): string {
  return `Not available in this version: ${feature}`;
}
