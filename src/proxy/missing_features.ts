// Which settings this worker cannot honour. A request that asks for one of them is refused with the
// name of the feature: a proxy that pretends is worse than one that says no.

import type { Cluster, RequestHttpFrontend } from "../../config/schema/messages.ts";

function refusal(feature: string): string {
  return `Not available in this version: ${feature}`;
}

/** The feature of a cluster that is missing here, as a refusal, or `null`. */
export function missingClusterFeature(cluster: Cluster): string | null {
  if (cluster.http2 === true) return refusal("HTTP/2 to backends (http2)");
  return null;
}

/** Why a plain HTTP listener refuses a frontend, or `null`. */
export function misplacedFrontendSetting(frontend: RequestHttpFrontend): string | null {
  return frontend.hsts === undefined
    ? null
    : "HSTS is refused on a plain HTTP frontend: browsers ignore it without TLS (hsts)";
}

/** The refusal of a whole verb. */
export function missingVerb(feature: string): string {
  return refusal(feature);
}
