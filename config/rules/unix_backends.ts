// What a backend behind a unix socket cannot be together with: there are no datagrams behind its path, and no other
// port. Whichever of the two comes second is refused.

import type { AddBackend, Cluster, HealthCheckConfig } from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import type { ReadonlyTables } from "../state/tables.ts";

const NO_UDP = "a UDP cluster cannot use unix_path backends";
const NO_PORT = "health_check.port targets a backend IP address and cannot be combined with a " +
  "unix_path backend; remove one of them";

/** Why a backend does not fit its cluster, or `null`. */
export function unfitBackend(tables: ReadonlyTables, backend: AddBackend): ConfigError | null {
  if (backend.unix_path === undefined) return null;
  const cluster = tables.clusters.get(backend.cluster_id);
  const [front] = tables.udpFrontends.of(backend.cluster_id);
  if (cluster?.udp !== undefined || front !== undefined) return refused(NO_UDP, "unix_path");
  return cluster?.health_check?.port === undefined ? null : refused(NO_PORT, "unix_path");
}

/** Why a cluster does not fit its backends, or `null`. */
export function unfitCluster(tables: ReadonlyTables, cluster: Cluster): ConfigError | null {
  if (cluster.udp !== undefined && hasUnixBackend(tables, cluster.cluster_id)) {
    return refused(NO_UDP, "udp");
  }
  return unfitHealthCheck(tables, cluster.cluster_id, cluster.health_check);
}

/** Why a health check does not fit the backends of its cluster, or `null`. */
export function unfitHealthCheck(
  tables: ReadonlyTables,
  clusterId: string,
  check: HealthCheckConfig | undefined,
): ConfigError | null {
  if (check?.port === undefined || !hasUnixBackend(tables, clusterId)) return null;
  return refused(NO_PORT, "health_check.port");
}

/** Whether a cluster has a backend behind a unix socket. */
export function hasUnixBackend({ backends }: ReadonlyTables, clusterId: string): boolean {
  for (const { unix_path } of backends.of(clusterId).values()) {
    if (unix_path !== undefined) return true;
  }
  return false;
}

/** Why a UDP frontend does not fit the backends of its cluster, or `null`. */
export function unfitUdpFrontend(tables: ReadonlyTables, clusterId: string): ConfigError | null {
  return hasUnixBackend(tables, clusterId) ? refused(NO_UDP, "cluster_id") : null;
}

function refused(message: string, field: string): ConfigError {
  return { kind: "invalid_value", message, field };
}
