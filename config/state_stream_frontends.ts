// The TCP or UDP frontends of a ConfigState: by cluster, then by address. One cluster may hold one
// address several times with different tags. Buckets that become empty are dropped.

import { compareAddresses, formatAddress, normalizeAddress } from "./address.ts";
import { alreadyExists, type ConfigError, noChange, notFound } from "./config_error.ts";
import type { RequestTcpFrontend } from "./messages.ts";
import { compareText } from "./text_order.ts";

/** A TCP or a UDP frontend; the two messages have the same fields. */
export type StreamFrontend = RequestTcpFrontend;

/** Frontends of one cluster at one address, by their tags. */
type Bucket = Map<string, StreamFrontend>;

/** The tags as one text, whatever their order. */
export function tagsKey(tags: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tags].sort(([a], [b]) => compareText(a, b)));
}

/** Orders frontends by cluster, address and tags. */
export function compareStreamFrontends(a: StreamFrontend, b: StreamFrontend): number {
  return compareText(a.cluster_id, b.cluster_id) || compareAddresses(a.address, b.address) ||
    compareText(tagsKey(a.tags), tagsKey(b.tags));
}

/** Frontends of one protocol. */
export class StreamFrontends {
  readonly #name: string;
  #byCluster = new Map<string, Map<string, Bucket>>();
  #size = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#size;
  }

  /** Every frontend, in no particular order. */
  *values(): Iterable<StreamFrontend> {
    for (const clusterId of this.#byCluster.keys()) yield* this.of(clusterId);
  }

  /** Frontends of one cluster, in no particular order. */
  *of(clusterId: string): Iterable<StreamFrontend> {
    for (const bucket of this.#byCluster.get(clusterId)?.values() ?? []) yield* bucket.values();
  }

  /** Every frontend by cluster, address and tags. */
  sorted(): StreamFrontend[] {
    return [...this.values()].sort(compareStreamFrontends);
  }

  /** Whether exactly this frontend is there. */
  has(frontend: StreamFrontend): boolean {
    const addresses = this.#byCluster.get(frontend.cluster_id);
    const bucket = addresses?.get(formatAddress(frontend.address));
    return bucket?.has(tagsKey(frontend.tags)) ?? false;
  }

  add(frontend: StreamFrontend): ConfigError | null {
    const address = formatAddress(frontend.address);
    const id = `${frontend.cluster_id} ${address}`;
    if (this.has(frontend)) return alreadyExists(this.#name, id);
    let addresses = this.#byCluster.get(frontend.cluster_id);
    if (addresses === undefined) {
      this.#byCluster.set(frontend.cluster_id, addresses = new Map());
    }
    let bucket = addresses.get(address);
    if (bucket === undefined) addresses.set(address, bucket = new Map());
    bucket.set(tagsKey(frontend.tags), {
      cluster_id: frontend.cluster_id,
      address: normalizeAddress(frontend.address),
      tags: new Map(frontend.tags),
    });
    this.#size += 1;
    return null;
  }

  /** Removes every frontend of the cluster at the address, whatever its tags. */
  remove({ cluster_id, address }: StreamFrontend): ConfigError | null {
    const addresses = this.#byCluster.get(cluster_id);
    if (addresses === undefined) return notFound(`${this.#name} of cluster`, cluster_id);
    const key = formatAddress(address);
    const bucket = addresses.get(key);
    if (bucket === undefined) return noChange(this.#name, `${cluster_id} ${key}`);
    addresses.delete(key);
    this.#size -= bucket.size;
    if (addresses.size === 0) this.#byCluster.delete(cluster_id);
    return null;
  }

  copy(): StreamFrontends {
    const copy = new StreamFrontends(this.#name);
    for (const [clusterId, addresses] of this.#byCluster) {
      const buckets = [...addresses].map(([key, bucket]) => [key, new Map(bucket)] as const);
      copy.#byCluster.set(clusterId, new Map(buckets));
    }
    copy.#size = this.#size;
    return copy;
  }
}
