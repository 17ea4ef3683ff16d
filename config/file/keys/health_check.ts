// `[clusters.ID.health_check]`: HTTP probes of a cluster's backends.

import * as defaults from "../../defaults.ts";
import { matching, positiveU32, u32 } from "../fields.ts";
import { defaulted, required, type TableReading } from "../table.ts";
import { type HealthCheckConfig, HealthCheckMode } from "../../schema/messages.ts";

/**
 * The rules for values are those by which the routing state refuses a check; they are applied here
 * so that a file with a broken check is refused with its line, instead of losing a whole cluster.
 */
export const HEALTH_CHECK_KEYS = {
  uri: required(
    // It is written into a request line: a control character would end it (request smuggling).
    // deno-lint-ignore no-control-regex
    matching("a path starting with '/' without control characters", /^\/[^\x00-\x08\x0A-\x1F]*$/),
    "path requested",
  ),
  interval: defaulted(
    positiveU32,
    defaults.DEFAULT_HEALTH_CHECK_INTERVAL_SECONDS,
    "between two probes, seconds",
  ),
  timeout: defaulted(
    positiveU32,
    defaults.DEFAULT_HEALTH_CHECK_TIMEOUT_SECONDS,
    "patience for one probe, seconds",
  ),
  healthy_threshold: defaulted(
    positiveU32,
    defaults.DEFAULT_HEALTHY_THRESHOLD,
    "successes in a row until a backend is up",
  ),
  unhealthy_threshold: defaulted(
    positiveU32,
    defaults.DEFAULT_UNHEALTHY_THRESHOLD,
    "failures in a row until a backend is down",
  ),
  expected_status: defaulted(
    u32,
    defaults.DEFAULT_EXPECTED_STATUS,
    "status of a healthy backend, 0 = any 2xx",
  ),
};

/** The message, or undefined when the path is missing or wrong (reported before). */
export function healthCheckMessage(
  reading: TableReading<typeof HEALTH_CHECK_KEYS> | undefined,
): HealthCheckConfig | undefined {
  const uri = reading?.values.uri;
  return reading === undefined || uri === undefined ? undefined : {
    ...reading.values,
    uri,
    mode: HealthCheckMode.HEALTH_CHECK_MODE_HTTP,
    accepted_statuses: [],
    headers: [],
  };
}
