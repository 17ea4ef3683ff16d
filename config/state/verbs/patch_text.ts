// The text of a listener patch for the audit trail: `field=old→new`, with `?` for an unknown old value.

import { formatAddress } from "../../values/address.ts";
import {
  ClientAuthMode,
  type ClientAuthPolicy,
  ForwardedHeaders,
  type SocketAddress,
} from "../../schema/messages.ts";

/** Fields that are left out: the key, and those whose values are no single text. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "address",
  "answers",
  "elide_x_real_ip",
  "send_x_real_ip",
  "hsts",
]);

/** Fields whose values are long, or secret. */
const ONLY_NAMED: ReadonlySet<string> = new Set(["http_answers", "certificate", "key"]);

/** Every changed field, with spaces between; `(no-op)` when there is none. */
export function describePatch(patch: object, listener: object | undefined): string {
  const before = new Map<string, unknown>(Object.entries(listener ?? {}));
  const changes = Object.entries(patch)
    .filter(([field, value]) => value !== undefined && !LEFT_OUT.has(field))
    .map(([field, value]) => describeField(field, before.get(field), value));
  return changes.length === 0 ? "(no-op)" : changes.join(" ");
}

function describeField(field: string, before: unknown, after: unknown): string {
  if (field === "client_auth_policy") return `${field}=${policyText(after as ClientAuthPolicy)}`;
  if (ONLY_NAMED.has(field)) return `${field}=<patched>`;
  if (field === "forwarded_headers") return `${field}=${familyOf(before)}→${familyOf(after)}`;
  return `${field}=${textOf(before)}→${textOf(after)}`;
}

/** The word of the choice. */
function familyOf(value: unknown): string {
  const name = Object.entries(ForwardedHeaders).find(([, number]) => number === value)?.[0];
  return name?.replace("FORWARDED_HEADERS_", "").toLowerCase() ?? textOf(value);
}

/** The mode, and how many authorities and revocation lists there are. */
function policyText(policy: ClientAuthPolicy): string {
  const { client_auth = ClientAuthMode.CLIENT_AUTH_NONE } = policy;
  const name = Object.entries(ClientAuthMode).find(([, number]) => number === client_auth)?.[0];
  const mode = name?.replace("CLIENT_AUTH_", "").toLowerCase() ?? client_auth;
  return `${mode}/${policy.client_ca_certificates.length}ca/${policy.client_ca_crls.length}crl`;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "?";
  if (Array.isArray(value)) return value.join("+") || "<reset>";
  if (typeof value !== "object") return String(value);
  if ("values" in value) return textOf(value.values);
  return "ip" in value ? formatAddress(value as SocketAddress) : "?";
}
