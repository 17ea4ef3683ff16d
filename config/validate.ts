// Rules on the values of requests that the schema cannot express: health checks and in-place changes
// of listeners. A rule answers `null` or the first refusal; nothing is changed here.

import { type ConfigError, invalidValue } from "./config_error.ts";
import type {
  HealthCheckConfig,
  RequestTcpFrontend,
  TcpListenerConfig,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
} from "./messages.ts";

/** ALPN names a listener may offer. */
export const ALPN_NAMES: readonly string[] = ["h2", "http/1.1"];

/** Numbers of HTTP/2 that make no sense at zero: flood thresholds, tables, streams. */
const POSITIVE_H2_FIELDS = [
  "h2_max_rst_stream_per_window",
  "h2_max_ping_per_window",
  "h2_max_settings_per_window",
  "h2_max_empty_data_per_window",
  "h2_max_continuation_frames",
  "h2_max_glitch_count",
  "h2_max_window_update_stream0_per_window",
  "h2_max_concurrent_streams",
  "h2_max_rst_stream_lifetime",
  "h2_max_rst_stream_abusive_lifetime",
  "h2_max_rst_stream_emitted_lifetime",
  "h2_max_header_list_size",
  "h2_max_header_table_size",
  "h2_max_header_fields",
] as const;

/** A ratio below two would shrink nothing. */
const LEAST_SHRINK_RATIO = 2;

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Checks a health check; a timeout above the interval is accepted. */
export function validateHealthCheck(config: HealthCheckConfig): ConfigError | null {
  for (
    const field of ["interval", "timeout", "healthy_threshold", "unhealthy_threshold"] as const
  ) {
    if (config[field] <= 0) {
      return invalidValue(`health_check.${field}`, `${config[field]}`, "a number above 0");
    }
  }
  if (!config.uri.startsWith("/")) {
    return invalidValue("health_check.uri", `"${config.uri}"`, 'a path that starts with "/"');
  }
  for (let index = 0; index < config.uri.length; index++) {
    const code = config.uri.charCodeAt(index);
    if (code < 0x20 && code !== 0x09) {
      const given = `control character ${code} at position ${index}`;
      return invalidValue("health_check.uri", given, "a path without control characters but TAB");
    }
  }
  return null;
}

/** What a TLS client can ask for: a name, or `*.` and a name for every label in front of it. */
export const SERVER_NAME = /^(?:\*\.)?[^*\s/]+$/;

/** Checks a TCP frontend. */
export function validateTcpFrontend({ sni }: RequestTcpFrontend): ConfigError | null {
  if (sni === undefined || SERVER_NAME.test(sni)) return null;
  return invalidValue("sni", `"${sni}"`, 'a host name, or "*." followed by one');
}

/** Checks a TCP listener: it ends TLS with a certificate and its key, or not at all. */
export function validateTcpListener(
  { certificate, key }: Pick<TcpListenerConfig, "certificate" | "key">,
): ConfigError | null {
  if ((certificate === undefined) === (key === undefined)) return null;
  const [given, missing] = key === undefined ? ["certificate", "key"] : ["key", "certificate"];
  return invalidValue(missing, "nothing", `both certificate and key, or none (${given} is given)`);
}

/** Checks the new values of an HTTP listener. */
export function validateHttpPatch(patch: UpdateHttpListenerConfig): ConfigError | null {
  return validateH2Numbers(patch) ?? validateIdHeader(patch.sozu_id_header);
}

/** Checks the new values of an HTTPS listener. */
export function validateHttpsPatch(patch: UpdateHttpsListenerConfig): ConfigError | null {
  return validateH2Numbers(patch) ?? validateAlpn(patch.alpn_protocols?.values ?? []) ??
    validateIdHeader(patch.sozu_id_header) ?? validateHsts(patch);
}

function validateH2Numbers(patch: UpdateHttpListenerConfig): ConfigError | null {
  for (const field of POSITIVE_H2_FIELDS) {
    const value = patch[field];
    if (value !== undefined && value < 1) return invalidValue(field, `${value}`, "1 or more");
  }
  const ratio = patch.h2_stream_shrink_ratio;
  if (ratio !== undefined && ratio < LEAST_SHRINK_RATIO) {
    return invalidValue("h2_stream_shrink_ratio", `${ratio}`, `${LEAST_SHRINK_RATIO} or more`);
  }
  return null;
}

function validateAlpn(values: readonly string[]): ConfigError | null {
  const unknown = values.find((value) => !ALPN_NAMES.includes(value));
  if (unknown === undefined) return null;
  return invalidValue("alpn_protocols", `"${unknown}"`, '"h2" and "http/1.1"');
}

function validateIdHeader(name: string | undefined): ConfigError | null {
  if (name === undefined || TOKEN.test(name)) return null;
  return invalidValue("sozu_id_header", `"${name}"`, "a header name (RFC 9110 token)");
}

function validateHsts({ hsts }: UpdateHttpsListenerConfig): ConfigError | null {
  if (hsts === undefined || hsts.enabled !== undefined) return null;
  return invalidValue("hsts.enabled", "nothing", "true or false when hsts is given");
}
