// How many connections the clients of one network may have to one cluster, all together. A connection takes a slot
// with its first request for a cluster that has such a limit, and keeps it until it closes. There are no more counts
// than slots that connections hold.

import { formatIp, parseIp } from "../protocol/proxy_protocol/ip_text.ts";
import type { Cluster } from "./cluster.ts";

/** How large networks are, and how many connections each may have to a cluster that says nothing of its own. */
export interface SubnetSettings {
  /** 0 is unlimited. */
  readonly limit: number;
  /** Leading bits of IPv4 addresses, 0 to 32, and of IPv6 addresses, 0 to 128. */
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
}

/** The connections of one network to one cluster. */
interface SubnetCount {
  readonly network: string;
  held: number;
}

/** Who holds slots: a client connection. */
export interface SubnetSlotHolder {
  /** Address of the client, without port. */
  readonly clientIp: string;
  /** Its slots by cluster; `null` while it has none. */
  subnetSlots: Map<Cluster, SubnetCount> | null;
}

const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The network of an address, as text. An IPv4 address is one in whatever form it comes (RFC 4291 §2.5.5.2). */
export function networkOf(ip: string, { ipv4Prefix, ipv6Prefix }: SubnetSettings): string {
  const parsed = parseIp(ip);
  if (parsed === null) return ip;
  const isMapped = parsed.length === 16 && MAPPED_PREFIX.every((byte, at) => parsed[at] === byte);
  const bytes = isMapped ? parsed.subarray(MAPPED_PREFIX.length) : parsed;
  const prefix = bytes.length === 4 ? ipv4Prefix : ipv6Prefix;
  for (let at = 0; at < bytes.length; at++) {
    const bits = Math.min(8, Math.max(0, prefix - 8 * at));
    bytes[at] = (bytes[at] as number) & (0xff00 >> bits);
  }
  return formatIp(bytes);
}

/** Counts connections by (cluster, network). */
export class SubnetLimits {
  readonly #settings: SubnetSettings;
  readonly #counts = new Map<Cluster, Map<string, SubnetCount>>();
  #limit: number;

  constructor(settings: SubnetSettings) {
    this.#settings = settings;
    this.#limit = settings.limit;
  }

  /** Clusters of which somebody holds slots. */
  get heldCount(): number {
    return this.#counts.size;
  }

  /** Changes the common limit; 0 also forgets every count. */
  setLimit(limit: number): void {
    this.#limit = limit;
    if (limit === 0) this.#counts.clear();
  }

  /** Lets a connection use `cluster`; false when its network already has as many as it may. */
  admit(holder: SubnetSlotHolder, cluster: Cluster): boolean {
    const limit = cluster.settings.maxConnectionsPerSubnet ?? this.#limit;
    if (limit === 0 || holder.subnetSlots?.has(cluster) === true) return true;
    const network = networkOf(holder.clientIp, this.#settings);
    let counts = this.#counts.get(cluster);
    let count = counts?.get(network);
    if (count !== undefined && count.held >= limit) return false;
    if (counts === undefined) this.#counts.set(cluster, counts = new Map());
    if (count === undefined) counts.set(network, count = { network, held: 0 });
    count.held++;
    (holder.subnetSlots ??= new Map()).set(cluster, count);
    return true;
  }

  /** Takes back the slots of a connection that closed. */
  release(holder: SubnetSlotHolder): void {
    if (holder.subnetSlots === null) return;
    for (const [cluster, count] of holder.subnetSlots) {
      count.held--;
      const counts = this.#counts.get(cluster);
      // One that was forgotten may have a successor, which is not its business.
      if (count.held > 0 || counts?.get(count.network) !== count) continue;
      counts.delete(count.network);
      if (counts.size === 0) this.#counts.delete(cluster);
    }
    holder.subnetSlots = null;
  }
}
