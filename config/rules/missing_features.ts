// Which settings this program cannot honour yet. A request that asks for one of them is refused with
// the name of the feature, and so is a file: a proxy that pretends is worse than one that says no.

import type { ConfigError } from "../state/config_error.ts";
import type { Request } from "../schema/messages.ts";

type Verb = NonNullable<Request["request_type"]>;

/** The feature that a request asks for and this program does not have, as a refusal, or `null`. */
export function missingFeature(verb: Verb): ConfigError | null {
  switch (verb.kind) {
    case "add_cluster":
      return verb.value.http2 === true ? missing("HTTP/2 to backends (http2)", "http2") : null;
    case "add_udp_listener":
    case "update_udp_listener":
      return missing("UDP listeners", "address");
    case "add_udp_frontend":
      return missing("UDP frontends", "address");
    default:
      return null;
  }
}

function missing(feature: string, field: string): ConfigError {
  return { kind: "invalid_value", message: `Not available in this version: ${feature}`, field };
}
