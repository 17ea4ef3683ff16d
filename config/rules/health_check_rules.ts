// The rules of a health check as a whole, in the order in which they are asked: the path, the statuses, what does not
// go together, the port, the headers.

import { type ConfigError, invalidValue } from "../state/config_error.ts";
import { type HealthCheckConfig, HealthCheckMode } from "../schema/messages.ts";
import { isStatusRange, LEAST_STATUS, MOST_STATUS } from "../values/status_ranges.ts";
import { isFieldName } from "../../src/protocol/http/field_syntax.ts";
import { quoted, U16_MAX } from "./rule.ts";

/** Most headers of the probes of one cluster. */
export const MAX_PROBE_HEADERS = 32;

/** Headers that a probe sets itself, or that frame it, or belong to its connection (RFC 9110 section 7.6.1). */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "content-length",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

/** A keyed hash of a value: the epoch of the key, and the hash. */
const FINGERPRINT = /^sozu-hc-hmac-sha256:v1:[0-9a-f]{32}:[0-9a-f]{64}$/;

/** The first rule that a health check breaks, or `null`; `prefix` stands before the names of its fields. */
export function probeProblem(config: HealthCheckConfig, prefix: string): ConfigError | null {
  return pathProblem(config, prefix) ?? statusProblem(config, prefix) ??
    portProblem(config, prefix) ?? headersProblem(config, prefix);
}

/** It is written into a request line: a control character would end it (request smuggling). */
function pathProblem({ uri, mode }: HealthCheckConfig, prefix: string): ConfigError | null {
  const field = `${prefix}uri`;
  if (mode === HealthCheckMode.HEALTH_CHECK_MODE_HTTP && !uri.startsWith("/")) {
    return invalidValue(field, quoted(uri), 'a path that starts with "/"');
  }
  for (let index = 0; index < uri.length; index++) {
    const code = uri.charCodeAt(index);
    if (code < 0x20 && code !== 0x09) {
      const given = `control character ${code} at position ${index}`;
      return invalidValue(field, given, "a path without control characters but TAB");
    }
  }
  return null;
}

function statusProblem(
  { accepted_statuses, expected_status, mode }: HealthCheckConfig,
  prefix: string,
): ConfigError | null {
  for (const [index, range] of accepted_statuses.entries()) {
    if (isStatusRange(range)) continue;
    const accepted = `a range from a status to the same or a higher one, within ${LEAST_STATUS} ` +
      `to ${MOST_STATUS}`;
    const field = `${prefix}accepted_statuses[${index}]`;
    return invalidValue(field, `${range.start}-${range.end}`, accepted);
  }
  const isListed = accepted_statuses.length > 0;
  if (isListed && expected_status !== 0) {
    const accepted = "0 when accepted_statuses is set: one of both at most";
    return invalidValue(`${prefix}expected_status`, String(expected_status), accepted);
  }
  if (mode !== HealthCheckMode.HEALTH_CHECK_MODE_TCP) return null;
  if (expected_status !== 0) {
    const accepted = "0 in mode TCP, which asks for no status";
    return invalidValue(`${prefix}expected_status`, String(expected_status), accepted);
  }
  const accepted = "an empty list in mode TCP, which asks for no status";
  return isListed ? invalidValue(`${prefix}accepted_statuses`, "statuses", accepted) : null;
}

function portProblem({ port }: HealthCheckConfig, prefix: string): ConfigError | null {
  if (port === undefined || (port >= 1 && port <= U16_MAX)) return null;
  return invalidValue(`${prefix}port`, String(port), `1 to ${U16_MAX}`);
}

function headersProblem(
  { headers, mode }: HealthCheckConfig,
  prefix: string,
): ConfigError | null {
  const field = `${prefix}headers`;
  if (headers.length === 0) return null;
  if (mode !== HealthCheckMode.HEALTH_CHECK_MODE_HTTP) {
    return invalidValue(field, "headers", "an empty list in mode TCP, which sends nothing");
  }
  if (headers.length > MAX_PROBE_HEADERS) {
    return invalidValue(field, `${headers.length} headers`, `up to ${MAX_PROBE_HEADERS}`);
  }
  const names = new Set<string>();
  for (const [index, { name, fingerprint }] of headers.entries()) {
    const problem = headerNameProblem(name, `${field}[${index}].name`);
    if (problem !== null) return problem;
    const lower = name.toLowerCase();
    if (names.has(lower)) {
      return invalidValue(`${field}[${index}].name`, quoted(name), "each name once, in any case");
    }
    names.add(lower);
    if (fingerprint !== "" && !FINGERPRINT.test(fingerprint)) {
      // It is not repeated: somebody may have put the value itself there.
      const accepted = "nothing, or sozu-hc-hmac-sha256:v1:<32 hex digits>:<64 hex digits>";
      return invalidValue(`${field}[${index}].fingerprint`, "another text", accepted);
    }
  }
  return null;
}

/** Why a probe cannot have a header of this name, or `null`. */
export function headerNameProblem(name: string, field: string): ConfigError | null {
  if (isFieldName(name) && !RESERVED_HEADERS.has(name.toLowerCase())) return null;
  const accepted = "the name of a header (RFC 9110 token) other than " +
    [...RESERVED_HEADERS].join(", ");
  return invalidValue(field, quoted(name), accepted);
}
