// How many connections one client address may have to one cluster, and the clients of one network together. A
// connection takes a slot with its first request for the cluster and keeps it until it closes, however many
// requests it carries.

import type { Cluster } from "./cluster.ts";
import { SubnetLimits, type SubnetSettings, type SubnetSlotHolder } from "./subnet_limits.ts";

/** Who holds slots: a client connection. */
export interface SlotHolder extends SubnetSlotHolder {
  /** The first cluster in which it holds a slot; `null` until then. */
  slot: Cluster | null;
  /** Further ones, which are rare. */
  moreSlots: Set<Cluster> | null;
}

/** Counts connections by (cluster, client address) and by (cluster, network). */
export class ClientLimits {
  readonly subnets: SubnetLimits;
  readonly #counts = new Map<Cluster, Map<string, number>>();
  /** Limit for clusters that have none of their own; 0 is unlimited. */
  #limit: number;

  constructor(limit: number, subnets: SubnetSettings) {
    this.#limit = limit;
    this.subnets = new SubnetLimits(subnets);
  }

  get limit(): number {
    return this.#limit;
  }

  /** Clusters of which somebody holds slots. */
  get heldCount(): number {
    return this.#counts.size + this.subnets.heldCount;
  }

  /** Changes the common limit; 0 also forgets every count, as in sozu 2.1. */
  setLimit(limit: number): void {
    this.#limit = limit;
    if (limit === 0) this.#counts.clear();
  }

  /** Lets a connection use `cluster`; false when its address, or its network, already has as many as it may. */
  admit(holder: SlotHolder, cluster: Cluster): boolean {
    if (holder.slot === cluster || holder.moreSlots?.has(cluster)) {
      return this.subnets.admit(holder, cluster);
    }
    const limit = cluster.settings.maxConnectionsPerIp ?? this.#limit;
    const counts = this.#counts.get(cluster);
    const count = counts?.get(holder.clientIp) ?? 0;
    if (limit > 0 && count >= limit) return false;
    if (!this.subnets.admit(holder, cluster)) return false;
    if (holder.slot === null) holder.slot = cluster;
    else (holder.moreSlots ??= new Set()).add(cluster);
    if (counts === undefined) this.#counts.set(cluster, new Map([[holder.clientIp, 1]]));
    else counts.set(holder.clientIp, count + 1);
    return true;
  }

  /** Takes back the slots of a connection that closed. */
  release(holder: SlotHolder): void {
    this.subnets.release(holder);
    if (holder.slot === null) return;
    this.#releaseOne(holder.slot, holder.clientIp);
    for (const cluster of holder.moreSlots ?? []) this.#releaseOne(cluster, holder.clientIp);
    holder.slot = holder.moreSlots = null;
  }

  #releaseOne(cluster: Cluster, ip: string): void {
    const counts = this.#counts.get(cluster);
    const count = counts?.get(ip);
    if (counts === undefined || count === undefined) return;
    if (count > 1) counts.set(ip, count - 1);
    else counts.delete(ip);
    if (counts.size === 0) this.#counts.delete(cluster);
  }
}
