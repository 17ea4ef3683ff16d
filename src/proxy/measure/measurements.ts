// Everything a worker measures, behind one door: the series of its traffic, the level of detail with its
// leases, the switch for clusters, and the answers to questions about all that.

import {
  type Event,
  EventKind,
  MetricsConfiguration,
  type QueryMetricsOptions,
  type ResponseContent,
  type SetMetricDetail,
  type WorkerMetricDetailStatus,
  type WorkerMetrics,
} from "../../../config/schema/messages.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { BackendNotification } from "../../balancing/backend_set.ts";
import { Detail, type DetailChange, DetailLeases } from "../../observe/metrics/detail_leases.ts";
import { ScopeCount, ScopeTime } from "../../observe/metrics/scope_metrics.ts";
import type { Cluster } from "../../session/cluster.ts";
import type { Http2Slot } from "../../session/http/http2.ts";
import type { WorkerContext } from "../../session/worker_context.ts";
import type { ClusterSet } from "../clusters.ts";
import type { Measurements } from "../contract.ts";
import {
  answerMetrics,
  type ClusterView,
  metricParts,
  type MetricView,
  type ScopeView,
} from "./queries.ts";
import { MetricScopes } from "./scopes.ts";
import { h2Levels, h2Metrics } from "./h2_metrics.ts";
import { backendLevels, clusterLevels, workerLevels, type WorkerSize } from "./levels.ts";

/** What is measured, and who is notified of changes. */
export interface MeasurementParts {
  readonly worker: WorkerContext;
  readonly http2: Http2Slot;
  readonly size: WorkerSize;
  readonly clusters: ClusterSet;
  /** The configured level of detail. */
  readonly detail: number;
  /** Whether the cluster with this id has a health check. */
  readonly isProbed: (clusterId: string) => boolean;
  readonly onEvent: (event: Event) => void;
}

/** The measurements of one worker. */
export class WorkerMeasurements implements Measurements, MetricView {
  readonly scopes: MetricScopes;
  readonly #parts: MeasurementParts;
  readonly #leases: DetailLeases;

  constructor(parts: MeasurementParts) {
    this.#parts = parts;
    this.#leases = new DetailLeases(parts.detail);
    this.scopes = new MetricScopes(parts.detail);
  }

  query(options: QueryMetricsOptions): NonNullable<ResponseContent["content_type"]> | string {
    return answerMetrics(this, options);
  }

  parts(options: QueryMetricsOptions): Iterable<WorkerMetrics> | null {
    return metricParts(this, options);
  }

  setDetail(request: SetMetricDetail): WorkerMetricDetailStatus | string {
    const lease = {
      clientId: request.client_id,
      detail: request.detail ?? null,
      ttlSeconds: request.ttl_seconds ?? null,
      clear: request.clear ?? false,
      pid: request.peer_pid ?? null,
      session: knownSession(request.peer_session_ulid),
    };
    const change = this.#leases.apply(lease, this.#parts.worker.clock());
    if (typeof change === "string") return change;
    this.#use(change, lease.clear ? "lease_clear" : "lease_apply", request.client_id);
    return {
      configured: this.#leases.configured,
      effective: change.effective,
      previous_effective: change.previous,
      active_lease_count: this.#leases.count,
    };
  }

  /** Switches the measuring of clusters, or forgets everything; the reason when it is refused. */
  configure(wanted: MetricsConfiguration): string | null {
    switch (wanted) {
      case MetricsConfiguration.ENABLED:
        this.scopes.clustersEnabled = true;
        return null;
      case MetricsConfiguration.DISABLED:
        this.scopes.clustersEnabled = false;
        return null;
      case MetricsConfiguration.CLEAR:
        this.#clear();
        return null;
      default:
        return `Unknown metrics configuration ${wanted}, accepted: 0, 1 and 2`;
    }
  }

  /** The event loop got to something that was due so many milliseconds too late; not at all if negative. */
  looped(lateMs: number): void {
    this.scopes.proxy.time(ScopeTime.EVENT_LOOP, Math.max(0, lateMs), this.scopes.times);
  }

  /** Ends the leases whose time is over; call about once a second. */
  tick(): void {
    if (this.#leases.count === 0) return;
    this.#use(this.#leases.expire(this.#parts.worker.clock()), "lease_tick_expired");
  }

  /** Counts what the balancer noticed about the backends of a cluster. */
  noticed(cluster: Cluster, notification: BackendNotification): void {
    switch (notification.kind) {
      case "backend_up":
        this.scopes.ofBackend(cluster, notification.backend)?.add(ScopeCount.BACKEND_UP, 1);
        break;
      case "backend_down":
        this.scopes.ofBackend(cluster, notification.backend)?.add(ScopeCount.BACKEND_DOWN, 1);
        break;
      case "no_available_backends":
        this.scopes.ofCluster(cluster)?.add(ScopeCount.NO_AVAILABLE_BACKENDS, 1);
        break;
      case "cluster_recovered":
        this.scopes.ofCluster(cluster)?.add(ScopeCount.AVAILABLE_RECOVERED, 1);
        break;
    }
  }

  /** Takes over what the balancer counted about shards. */
  takeShardCounts(clusters: Iterable<Cluster>): void {
    for (const cluster of clusters) {
      const { shardCounts } = cluster.backends;
      const { spilledOver, exhausted } = shardCounts;
      if (spilledOver === 0 && exhausted === 0) continue;
      shardCounts.clear();
      const series = this.scopes.ofCluster(cluster);
      series?.add(ScopeCount.SHARD_SPILLOVER, spilledOver);
      series?.add(ScopeCount.SHARD_EXHAUSTED, exhausted);
    }
  }

  get proxy(): ScopeView {
    const { worker, http2, size } = this.#parts;
    const metrics = [
      ...worker.counters.entries(),
      ...h2Metrics(worker.h2Counters),
      ...h2Levels(worker.h2Connections),
      ...workerLevels(worker, http2, size),
    ];
    return { metrics, series: this.scopes.proxy };
  }

  *clusters(): Iterable<ClusterView> {
    for (const cluster of this.#parts.clusters.values()) {
      if (!cluster.series.removed) yield this.#view(cluster);
    }
  }

  cluster(id: string): ClusterView | null {
    const cluster = this.#parts.clusters.find(id);
    return cluster === null || cluster.series.removed ? null : this.#view(cluster);
  }

  #view(cluster: Cluster): ClusterView {
    const { detail } = this.scopes;
    const metrics = clusterLevels(cluster, detail, this.#parts.isProbed(cluster.id));
    const { series } = cluster;
    if (detail < Detail.BACKEND && series.backends.size === 0) {
      return { id: cluster.id, metrics, series: series.own, backends: [] };
    }
    const byId = new Map<string, Backend[]>();
    for (const id of series.backends.keys()) byId.set(id, []);
    for (const backend of cluster.backends.members) {
      const others = byId.get(backend.id);
      if (others === undefined) byId.set(backend.id, [backend]);
      else others.push(backend);
    }
    const backends = [...byId].map(([id, members]) => ({
      id,
      metrics: members.length === 0 ? [] : backendLevels(members, detail),
      series: series.backends.get(id) ?? null,
    }));
    return { id: cluster.id, metrics, series: series.own, backends };
  }

  #clear(): void {
    this.scopes.proxy.clear();
    this.#parts.worker.counters.clear();
    this.#parts.worker.h2Counters.clear();
    for (const cluster of this.#parts.clusters.values()) cluster.series.clear();
  }

  #use({ previous, effective }: DetailChange, kind: string, clientId?: string): void {
    this.scopes.detail = effective;
    if (previous === effective) return;
    this.#parts.onEvent({
      kind: EventKind.METRIC_DETAIL_CHANGED,
      metric_detail: {
        previous_effective: previous,
        effective,
        transition_kind: kind,
        ...(clientId === undefined ? {} : { client_id: clientId }),
      },
    });
  }
}

/** Sessions are ULIDs (or hexadecimal); anything else is as good as unknown. */
function knownSession(text: string | undefined): string | null {
  if (text === undefined) return null;
  const upper = text.toUpperCase();
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(upper) || /^(0X)?[0-9A-F]{1,32}$/.test(upper)
    ? upper
    : null;
}
