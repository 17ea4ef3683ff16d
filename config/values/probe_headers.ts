// The headers of health checks as configurations hold them: names, and fingerprints in the place of values.

import type { HealthCheckHeader } from "../schema/messages.ts";

/** Whether both lists name the same headers with the same values, in the same order. */
export function sameHeaders(
  a: readonly HealthCheckHeader[],
  b: readonly HealthCheckHeader[],
): boolean {
  return a.length === b.length &&
    a.every(({ name, fingerprint }, index) =>
      name === b[index]?.name && fingerprint === b[index]?.fingerprint
    );
}
