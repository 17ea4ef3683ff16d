// Which settings this worker cannot honour. A request that asks for one of them is refused with the
// name of the feature: a proxy that pretends is worse than one that says no.

import {
  type Cluster,
  type HttpListenerConfig,
  RedirectPolicy,
  type RequestHttpFrontend,
} from "../config/messages.ts";

function refusal(feature: string): string {
  return `Not available in this version: ${feature}`;
}

/** The feature of a cluster that is missing here, as a refusal, or `null`. */
export function missingClusterFeature(cluster: Cluster): string | null {
  if (cluster.sticky_session) return refusal("sticky sessions (sticky_session)");
  if (cluster.https_redirect) return refusal("redirects to HTTPS (https_redirect)");
  if (cluster.http2 === true) return refusal("HTTP/2 to backends (http2)");
  if (cluster.health_check !== undefined) return refusal("health checks (health_check)");
  if ((cluster.max_connections_per_ip ?? 0n) > 0n) {
    return refusal("limits per client address (max_connections_per_ip)");
  }
  return null;
}

/** The feature of a listener that is missing here, as a refusal, or `null`. */
export function missingListenerFeature(
  listener: Partial<Pick<HttpListenerConfig, "expect_proxy">>,
): string | null {
  return listener.expect_proxy === true
    ? refusal("the PROXY protocol from clients (expect_proxy)")
    : null;
}

/** The feature of a frontend that is missing here, as a refusal, or `null`. */
export function missingFrontendFeature(frontend: RequestHttpFrontend): string | null {
  const redirects = (frontend.redirect ?? RedirectPolicy.FORWARD) !== RedirectPolicy.FORWARD;
  // A route without a cluster and without a policy denies; both kinds answer 401.
  if (redirects && frontend.redirect !== RedirectPolicy.UNAUTHORIZED) {
    return refusal("redirects (redirect)");
  }
  if (redirects && frontend.cluster_id !== undefined) return refusal("redirects (redirect)");
  if (frontend.required_auth === true) return refusal("basic authentication (required_auth)");
  if (frontend.rewrite_host || frontend.rewrite_path || frontend.rewrite_port !== undefined) {
    return refusal("rewrites (rewrite_host, rewrite_path, rewrite_port)");
  }
  if (frontend.headers.length > 0) return refusal("header edits (headers)");
  if (frontend.hsts !== undefined) return "HSTS is refused on a plain HTTP frontend (hsts)";
  return null;
}

/** The refusal of a whole verb. */
export function missingVerb(feature: string): string {
  return refusal(feature);
}
