// A cluster that tells its clients apart by what they write in requests has no TCP frontends: a TCP session
// has no requests. Refused from both sides, since either may come first.

import type { Cluster } from "../../schema/messages.ts";
import type { ConfigError } from "../config_error.ts";
import type { StreamFrontend } from "../stream_frontends.ts";
import type { ReadonlyTables } from "../tables.ts";

type AffinityField = "affinity_header" | "affinity_cookie";

/** The field that holds the affinity key of the cluster, `null` when it has none. */
export function affinityField(cluster: Cluster): AffinityField | null {
  if (cluster.affinity_header !== undefined) return "affinity_header";
  return cluster.affinity_cookie === undefined ? null : "affinity_cookie";
}

/** Why the cluster may not have its affinity key, or `null`. */
export function keyOfTcpCluster(
  { tcpFrontends }: Pick<ReadonlyTables, "tcpFrontends">,
  cluster: Cluster,
): ConfigError | null {
  const field = affinityField(cluster);
  if (field === null) return null;
  for (const _ of tcpFrontends.of(cluster.cluster_id)) return refusal(cluster.cluster_id, field);
  return null;
}

/** Why the TCP frontend may not lead to its cluster, or `null`. */
export function tcpFrontendOfKey(
  { clusters }: Pick<ReadonlyTables, "clusters">,
  { cluster_id }: StreamFrontend,
): ConfigError | null {
  const cluster = clusters.get(cluster_id);
  const field = cluster === undefined ? null : affinityField(cluster);
  return field === null ? null : refusal(cluster_id, field);
}

function refusal(clusterId: string, field: AffinityField): ConfigError {
  const message =
    `Cluster "${clusterId}" cannot have both ${field} and a TCP frontend: a TCP session has no requests ` +
    "to take the key from";
  return { kind: "invalid_value", message, field };
}
