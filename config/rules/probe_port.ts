// A health check with a port of its own dials the IP address of a backend; a backend behind a unix socket has none that
// counts. So a cluster has the one or the other. UDP clusters are checked in another way, by which no port is dialled.

import type { AddBackend, Cluster, HealthCheckConfig } from "../schema/messages.ts";
import type { ConfigError } from "../state/config_error.ts";
import { backendKey } from "../state/backends.ts";
import type { ReadonlyTables } from "../state/tables.ts";

const WHY = "health_check.port targets a backend IP address and cannot be combined with a " +
  "unix_path backend";

/** Why the backends of a cluster do not go with its health check, or `null`. */
export function probePortProblem(
  { backends }: ReadonlyTables,
  { cluster_id, health_check, udp }: Pick<Cluster, "cluster_id" | "health_check" | "udp">,
): ConfigError | null {
  if (health_check?.port === undefined || udp !== undefined) return null;
  const backend = firstUnixBackend({ backends }, cluster_id);
  if (backend === undefined) return null;
  const message = `${WHY}; cluster "${cluster_id}" has backend "${backend.backend_id}"`;
  return { kind: "invalid_value", message, field: "health_check.port" };
}

/** The same of a health check that takes the place of the one of a known cluster. */
export function checkPortProblem(
  tables: ReadonlyTables,
  cluster_id: string,
  health_check: HealthCheckConfig,
): ConfigError | null {
  const cluster = tables.clusters.get(cluster_id);
  return cluster === undefined ? null : probePortProblem(tables, { ...cluster, health_check });
}

/** Why a backend does not go with the health check of its cluster, or `null`. */
export function unixBackendProblem(
  { clusters }: ReadonlyTables,
  backend: AddBackend,
): ConfigError | null {
  const cluster = clusters.get(backend.cluster_id);
  if (backend.unix_path === undefined || cluster?.udp !== undefined) return null;
  if (cluster?.health_check?.port === undefined) return null;
  const message = `${WHY}; cluster "${backend.cluster_id}" is probed at port ` +
    `${cluster.health_check.port}, and backend "${backendKey(backend)}" has a path`;
  return { kind: "invalid_value", message, field: "unix_path" };
}

/** A backend of the cluster that is behind a unix socket; `undefined` when there is none. */
export function firstUnixBackend(
  { backends }: Pick<ReadonlyTables, "backends">,
  clusterId: string,
): AddBackend | undefined {
  return backends.of(clusterId).values().find(({ unix_path }) => unix_path !== undefined);
}
