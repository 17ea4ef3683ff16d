// Rules about several fields of a cluster together, and about the names that its affinity key is taken from.

import { isCookieName, isFieldName } from "../../src/protocol/http/field_syntax.ts";
import type { Cluster } from "../schema/messages.ts";
import { type ConfigError, invalidValue } from "../state/config_error.ts";
import { text } from "./rule.ts";

/** The header a key is taken from: Host chooses the route, and one cookie of Cookie can be named itself. */
export const affinityHeader = text(
  "a header name (RFC 9110 token) other than Host and Cookie",
  (name) => isFieldName(name) && !/^(?:host|cookie)$/i.test(name),
);

/** The cookie a key is taken from. */
export const affinityCookie = text(
  "the name of a cookie: letters, digits and !#$%&'*+-.^_`|~",
  isCookieName,
);

/** What is wrong with how a cluster chooses its backends, or `null`. */
export function choiceProblem(cluster: Cluster, prefix: string): ConfigError | null {
  const { affinity_header, affinity_cookie } = cluster;
  if (affinity_header !== undefined && affinity_cookie !== undefined) {
    const message = "affinity_header and affinity_cookie are mutually exclusive: set at most one";
    return { kind: "invalid_value", message, field: `${prefix}affinity_cookie` };
  }
  if (cluster.shard_percent !== undefined) return null;
  const needy = (["shard_min_backends", "shard_mode"] as const).find((field) =>
    cluster[field] !== undefined
  );
  if (needy === undefined) return null;
  return invalidValue(`${prefix}shard_percent`, "nothing", `1 to 100 where ${needy} is set`);
}
