// Where a measurement is kept: with the worker, the cluster or the backend, by the level of detail in
// force. The series are found through the objects a request carries anyway, never by name.

import type { Backend } from "../../balancing/backend.ts";
import { Detail } from "../../observe/metrics/detail_leases.ts";
import { Series, type TimeListener } from "../../observe/metrics/series.ts";
import type { Cluster } from "../../session/cluster.ts";

/** The series of one worker. */
export class MetricScopes {
  /** What belongs to no cluster, or is not told apart. */
  readonly proxy = new Series();
  /** The level of detail in force. */
  detail: number;
  /** Receives each duration that is measured. */
  times: TimeListener | null = null;
  /** Clusters and backends are measured. */
  clustersEnabled = true;

  constructor(detail: number) {
    this.detail = detail;
  }

  /** For what is measured of a cluster; `null` when it is not to be kept. */
  ofCluster(cluster: Cluster | null): Series | null {
    if (cluster === null || this.detail < Detail.CLUSTER) return this.proxy;
    if (!this.clustersEnabled || cluster.series.removed) return null;
    return cluster.series.own;
  }

  /** For what is measured of a backend; `null` when it is not to be kept. */
  ofBackend(cluster: Cluster | null, backend: Backend | null): Series | null {
    const wider = this.ofCluster(cluster);
    if (this.detail < Detail.BACKEND || cluster === null || wider === null || backend === null) {
      return wider;
    }
    return backend.series ??= cluster.series.backend(backend.id);
  }
}
