// Levels that are not counted but looked at: how full the worker is, how its clusters and backends are.
// Computed when they are queried, so that keeping them costs nothing.

import type { Backend } from "../../balancing/backend.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { Detail } from "../../observe/metrics/detail_leases.ts";
import type { Cluster } from "../../session/cluster.ts";
import type { Http2Slot } from "../../session/http/http2.ts";
import type { WorkerContext } from "../../session/worker_context.ts";

/** Entries of the session table that sozu 2.1 keeps for listeners, and for each connection. */
const SLAB_BASE = 10;
const SLAB_LEAST_PER_CONNECTION = 2;

/** Fixed limits of a worker. */
export interface WorkerSize {
  readonly maxConnections: number;
  /** Session table entries for each connection. */
  readonly slabEntries: number;
  /** When it started, on the worker's clock. */
  readonly startedAtMs: number;
}

function level(name: string, value: number): Metric {
  return { name, value, gauge: true };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.floor((part * 100) / whole);
}

/** The levels of the worker as a whole. */
export function workerLevels(
  worker: WorkerContext,
  { loaded: http2 }: Http2Slot,
  size: WorkerSize,
): Metric[] {
  const { counters, upstreams, outBuffers } = worker;
  const clients = counters.get(Counter.CLIENT_CONNECTIONS);
  const backends = upstreams.openCount + (http2?.upstreams.openCount ?? 0);
  const entries = clients + backends;
  const capacity = SLAB_BASE + size.slabEntries * size.maxConnections;
  const threshold = SLAB_BASE + SLAB_LEAST_PER_CONNECTION * size.maxConnections;
  const tunnels = counters.get(Counter.PROTOCOL_WS) + counters.get(Counter.PROTOCOL_WSS);
  return [
    level("process.uptime_seconds", (worker.wheel.now - size.startedAtMs) / 1000),
    level("server.live", worker.draining ? 0 : 1),
    level("client.connections_max", size.maxConnections),
    level("client.connections_percent", percent(clients, size.maxConnections)),
    level("slab.entries", entries),
    level("slab.capacity", capacity),
    level("slab.usage_percent", percent(entries, capacity)),
    level("slab.accept_threshold_percent", percent(entries, threshold)),
    level("buffer.in_use", outBuffers.lent),
    level("buffer.capacity", outBuffers.limit),
    level("buffer.usage_percent", percent(outBuffers.lent, outBuffers.limit)),
    level("backend.connections", backends),
    level("backend.pool.size", backends),
    level("websocket.active_requests", tunnels),
  ];
}

/** The levels of a cluster; none when clusters are not told apart. `probed`: it has a health check. */
export function clusterLevels(cluster: Cluster, detail: number, probed: boolean): Metric[] {
  if (detail < Detail.CLUSTER) return [];
  const { members, availableCount, size } = cluster.backends;
  const levels = [
    level("cluster.available_backends", availableCount),
    level("cluster.total_backends", size),
  ];
  if (probed) {
    const healthy = members.filter(({ health }) => health.healthy).length;
    levels.push(level("health_check.healthy_backends", healthy));
  }
  if (detail === Detail.CLUSTER) levels.push(connections(members));
  return levels;
}

/** The levels of the backends that share an id; none when backends are not told apart. */
export function backendLevels(backends: readonly Backend[], detail: number): Metric[] {
  if (detail < Detail.BACKEND) return [];
  const available = backends.some((backend) => backend.available);
  return [connections(backends), level("backend.available", available ? 1 : 0)];
}

function connections(backends: readonly Backend[]): Metric {
  const sum = backends.reduce((open, { activeConnections }) => open + activeConnections, 0);
  return level("connections_per_backend", sum);
}
