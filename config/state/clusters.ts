// The clusters of a ConfigState, by id. Stored values are replaced, never changed in place, so that
// copies of the table can share them.

import { type ConfigError, notFound } from "./config_error.ts";
import { copyMessage } from "../schema/message_values.ts";
import { Cluster, HealthCheckConfig, type SetHealthCheck } from "../schema/messages.ts";
import { compareText } from "../values/text_order.ts";

/** Clusters by id. */
export class Clusters {
  #byId = new Map<string, Cluster>();

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Cluster | undefined {
    return this.#byId.get(id);
  }

  /** Every cluster by rising id. */
  sorted(): Cluster[] {
    return [...this.#byId.values()].sort((a, b) => compareText(a.cluster_id, b.cluster_id));
  }

  /** Every cluster, in no particular order. */
  values(): Iterable<Cluster> {
    return this.#byId.values();
  }

  /** Adds the cluster or replaces the one of the same id. */
  add(cluster: Cluster): null {
    this.#byId.set(cluster.cluster_id, copyMessage(Cluster, cluster));
    return null;
  }

  /** Removes a cluster; cascade.ts says what goes with it. */
  remove(id: string): ConfigError | null {
    return this.#byId.delete(id) ? null : notFound("cluster", id);
  }

  setHealthCheck({ cluster_id, config }: SetHealthCheck): ConfigError | null {
    const cluster = this.#byId.get(cluster_id);
    if (cluster === undefined) return notFound("cluster", cluster_id);
    const health_check = copyMessage(HealthCheckConfig, config);
    this.#byId.set(cluster_id, { ...cluster, health_check });
    return null;
  }

  removeHealthCheck(id: string): ConfigError | null {
    const cluster = this.#byId.get(id);
    if (cluster === undefined) return notFound("cluster", id);
    const without = { ...cluster };
    delete without.health_check;
    this.#byId.set(id, without);
    return null;
  }

  copy(): Clusters {
    const copy = new Clusters();
    copy.#byId = new Map(this.#byId);
    return copy;
  }
}
