// Which settings this program cannot honour yet. A request that asks for one of them is refused with
// the name of the feature, and so is a file: a proxy that pretends is worse than one that says no.

import { RedirectPolicy } from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import { rowOf, type Verb } from "../state/verbs.ts";

/** Fields of values that ask for a feature when they hold something: absent, zero and empty ask for nothing. */
const MISSING_FIELDS: Readonly<Record<string, string>> = {
  affinity_cookie: "choosing a backend by a cookie",
  affinity_header: "choosing a backend by a header",
  alpn: "choosing by the protocols that a TLS client offers",
  client_auth: "certificates of clients",
  client_auth_policy: "certificates of clients",
  forwarded_headers: "other headers about the client than all of them",
  header_predicates: "choosing a route by headers",
  interface: "listeners on one network device",
  shard_percent: "shuffle sharding",
};

/** The same of health checks. */
const MISSING_CHECK_FIELDS: Readonly<Record<string, string>> = {
  accepted_statuses: "ranges of statuses in health checks",
  headers: "headers of health checks",
  mode: "health checks over TCP",
  port: "ports of health checks",
};

/** The feature that a request asks for and this program does not have, as a refusal, or `null`. */
export function missingFeature({ kind, value }: Verb): ConfigError | null {
  const missing = rowOf(kind).missing?.(value) ?? missingField(value);
  if (missing === null) return null;
  const [feature, field] = missing;
  return { kind: "invalid_value", message: notAvailable(feature), field };
}

/** The refusal of a feature. */
export function notAvailable(feature: string): string {
  return `Not available in this version: ${feature}`;
}

function missingField(value: unknown): readonly [feature: string, field: string] | null {
  if (typeof value !== "object" || value === null) return null;
  const { health_check, config, redirect } = value as Record<string, unknown>;
  if (redirect === RedirectPolicy.SILENT_CLOSE) return ["closing without an answer", "redirect"];
  return askedIn(value, MISSING_FIELDS) ?? askedIn(health_check ?? config, MISSING_CHECK_FIELDS);
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
