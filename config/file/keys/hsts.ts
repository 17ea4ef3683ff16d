// `hsts` tables of HTTPS listeners and frontends (RFC 6797). Whether HTTPS is served at all is
// checked where the table stands.

import {
  DEFAULT_HSTS_MAX_AGE_SECONDS,
  MIN_PRELOAD_HSTS_MAX_AGE_SECONDS,
  MIN_USEFUL_HSTS_MAX_AGE_SECONDS,
} from "../../defaults.ts";
import { boolean, u32 } from "../fields.ts";
import { presentFields } from "../../values/present_fields.ts";
import type { Problems } from "../problem.ts";
import { optional, required, type TableReading } from "../table.ts";
import type { HstsConfig } from "../../schema/messages.ts";

/** RFC 6797 section 7.2: the header must not be sent over insecure transport. */
export const HSTS_NEEDS_HTTPS = "HSTS needs HTTPS, accepted: an 'https' listener, or a frontend " +
  "with 'certificate' and 'key'";

/** Keys of an `hsts` table. */
export const HSTS_KEYS = {
  enabled: required(boolean, "true = send the header, false = suppress an inherited policy"),
  max_age: optional(u32, "max-age, seconds; 0 makes browsers forget the policy"),
  include_subdomains: optional(boolean, "adds includeSubDomains"),
  preload: optional(boolean, "adds preload"),
  force_replace_backend: optional(boolean, "replaces the header a backend sent"),
};

/** The policy as messages carry it, with warnings about policies that do not protect. */
export function hstsMessage(
  reading: TableReading<typeof HSTS_KEYS> | undefined,
  problems: Problems,
): HstsConfig | undefined {
  if (reading === undefined) return undefined;
  const { values, at } = reading;
  const { enabled, max_age, include_subdomains, preload } = values;
  if (max_age !== undefined && max_age > 0 && max_age < MIN_USEFUL_HSTS_MAX_AGE_SECONDS) {
    problems.warn(
      at("max_age"),
      `Value '${max_age}' is under a day (${MIN_USEFUL_HSTS_MAX_AGE_SECONDS} seconds): too short ` +
        "to protect a returning visitor",
    );
  }
  if (preload === true && (max_age ?? 0) < MIN_PRELOAD_HSTS_MAX_AGE_SECONDS) {
    const minimum = MIN_PRELOAD_HSTS_MAX_AGE_SECONDS;
    problems.warn(at("preload"), `Preload lists ask for an explicit max_age of '${minimum}'`);
  }
  if (preload === true && include_subdomains !== true) {
    problems.warn(at("preload"), "Preload lists ask for include_subdomains = true");
  }
  return presentFields({
    ...values,
    max_age: max_age ?? (enabled === true ? DEFAULT_HSTS_MAX_AGE_SECONDS : undefined),
  });
}
