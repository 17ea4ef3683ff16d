// What a backend behind a unix socket cannot be together with: there are no datagrams behind its path. Whichever of
// the two comes second is refused. Ports of health checks have a file of their own.

import type { AddBackend, Cluster } from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { firstUnixBackend } from "./probe_port.ts";

const NO_UDP = "a UDP cluster cannot use unix_path backends";

/** Why a backend does not fit its cluster, or `null`. */
export function unfitBackend(tables: ReadonlyTables, backend: AddBackend): ConfigError | null {
  if (backend.unix_path === undefined) return null;
  const cluster = tables.clusters.get(backend.cluster_id);
  const [front] = tables.udpFrontends.of(backend.cluster_id);
  return cluster?.udp !== undefined || front !== undefined ? refused("unix_path") : null;
}

/** Why a cluster does not fit its backends, or `null`. */
export function unfitCluster(tables: ReadonlyTables, cluster: Cluster): ConfigError | null {
  return cluster.udp !== undefined && hasUnixBackend(tables, cluster.cluster_id)
    ? refused("udp")
    : null;
}

/** Why a UDP frontend does not fit the backends of its cluster, or `null`. */
export function unfitUdpFrontend(tables: ReadonlyTables, clusterId: string): ConfigError | null {
  return hasUnixBackend(tables, clusterId) ? refused("cluster_id") : null;
}

/** Whether a cluster has a backend behind a unix socket. */
function hasUnixBackend(tables: ReadonlyTables, clusterId: string): boolean {
  return firstUnixBackend(tables, clusterId) !== undefined;
}

function refused(field: string): ConfigError {
  return { kind: "invalid_value", message: NO_UDP, field };
}
