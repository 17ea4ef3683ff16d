// `[clusters.ID.health_check]`: probes of a cluster's backends.

import * as defaults from "../../defaults.ts";
import { arrayOf, convertedText, oneOf, path, port, positiveU32, text, u32 } from "../fields.ts";
import { defaulted, optional, required, tableOf, type TableReading } from "../table.ts";
import { type HealthCheckConfig, HealthCheckMode } from "../../schema/messages.ts";
import { presentFields } from "../../values/present_fields.ts";
import { parseStatusRange, STATUS_RANGE_FORMS } from "../../values/status_ranges.ts";

/** Keys of an element of `headers`. The value has a file of its own, that no configuration may hold. */
export const PROBE_HEADER_KEYS = {
  name: required(text, "name of the header"),
  value_file: required(
    path,
    "file with its value, relative to this file; read by start and reload",
  ),
};

/** The rules for what depends on more than one value are those of the routing state, which reports their lines. */
export const HEALTH_CHECK_KEYS = {
  mode: defaulted(
    oneOf({
      HTTP: HealthCheckMode.HEALTH_CHECK_MODE_HTTP,
      TCP: HealthCheckMode.HEALTH_CHECK_MODE_TCP,
    }),
    HealthCheckMode.HEALTH_CHECK_MODE_HTTP,
    "asks for a path, or is content with a connection",
  ),
  uri: defaulted(
    text,
    defaults.DEFAULT_HEALTH_CHECK_URI,
    "path requested, with mode HTTP",
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
  accepted_statuses: defaulted(
    arrayOf(convertedText(STATUS_RANGE_FORMS, parseStatusRange)),
    [],
    "statuses of a healthy backend, in the place of expected_status",
  ),
  port: optional(port, "port that is probed, absent = that of the backend"),
  headers: defaulted(
    arrayOf(tableOf(PROBE_HEADER_KEYS)),
    [],
    "headers of the request, with mode HTTP",
  ),
};

/** The message; undefined when there is no check. */
export function healthCheckMessage(
  reading: TableReading<typeof HEALTH_CHECK_KEYS> | undefined,
): HealthCheckConfig | undefined {
  if (reading === undefined) return undefined;
  const { port, headers, ...values } = reading.values;
  return {
    ...values,
    ...presentFields({ port }),
    headers: headers.map(({ values: { name = "" } }) => ({ name, fingerprint: "" })),
  };
}

/** A header and the file with its value. */
export interface ProbeHeaderFile {
  readonly name: string;
  /** As it stands in the configuration file. */
  readonly path: string;
}

/** The headers of a check, in order. */
export function probeHeaderFiles(
  reading: TableReading<typeof HEALTH_CHECK_KEYS> | undefined,
): ProbeHeaderFile[] {
  return (reading?.values.headers ?? []).map(({ values: { name = "", value_file = "" } }) => ({
    name,
    path: value_file,
  }));
}
