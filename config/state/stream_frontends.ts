// The TCP or UDP frontends of a ConfigState: by cluster, then by place: an address, and on TCP a server
// name if the frontend has one. One cluster may hold one place several times with different tags.
// Buckets that become empty are dropped.

import { compareAddresses, formatAddress, normalizeAddress } from "../values/address.ts";
import { alreadyExists, type ConfigError, noChange, notFound } from "./config_error.ts";
import type { RequestTcpFrontend, RequestUdpFrontend } from "../schema/messages.ts";
import { compareText } from "../values/text_order.ts";

/** A TCP or a UDP frontend: only those of TCP choose by the name and the protocols that a TLS client asks for. */
export type StreamFrontend = RequestUdpFrontend & Partial<RequestTcpFrontend>;

/** Frontends of one cluster at one place, by their tags. */
type Bucket<F> = Map<string, F>;

/** The tags as one text, whatever their order. */
function tagsKey(tags: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tags].sort(([a], [b]) => compareText(a, b)));
}

/** What of a listener's traffic a frontend takes, as text: its address, and its name if it has one. */
export function placeKey({ address, sni }: Pick<StreamFrontend, "address" | "sni">): string {
  const text = formatAddress(address);
  return sni === undefined ? text : `${text} ${sni.toLowerCase()}`;
}

/** Orders frontends by cluster, address, name and tags. */
export function compareStreamFrontends(a: StreamFrontend, b: StreamFrontend): number {
  return compareText(a.cluster_id, b.cluster_id) || compareAddresses(a.address, b.address) ||
    compareText(a.sni ?? "", b.sni ?? "") || compareText(tagsKey(a.tags), tagsKey(b.tags));
}

/** Frontends of one protocol. */
export class StreamFrontends<F extends StreamFrontend = StreamFrontend> {
  readonly #name: string;
  #byCluster = new Map<string, Map<string, Bucket<F>>>();
  /** All of them in the order in which they were added. */
  #added = new Set<F>();

  constructor(name: string) {
    this.#name = name;
  }

  get size(): number {
    return this.#added.size;
  }

  /** Every frontend in the order in which they were added: of several at one place, the last has it. */
  values(): Iterable<F> {
    return this.#added;
  }

  /** Frontends of one cluster, in no particular order. */
  *of(clusterId: string): Iterable<F> {
    for (const bucket of this.#byCluster.get(clusterId)?.values() ?? []) yield* bucket.values();
  }

  /** Every frontend by cluster, address, name and tags. */
  sorted(): F[] {
    return [...this.values()].sort(compareStreamFrontends);
  }

  /** Whether exactly this frontend is there. */
  has(frontend: StreamFrontend): boolean {
    const places = this.#byCluster.get(frontend.cluster_id);
    const bucket = places?.get(placeKey(frontend));
    return bucket?.has(tagsKey(frontend.tags)) ?? false;
  }

  add(frontend: F): ConfigError | null {
    const place = placeKey(frontend);
    if (this.has(frontend)) return alreadyExists(this.#name, `${frontend.cluster_id} ${place}`);
    let places = this.#byCluster.get(frontend.cluster_id);
    if (places === undefined) {
      this.#byCluster.set(frontend.cluster_id, places = new Map());
    }
    let bucket = places.get(place);
    if (bucket === undefined) places.set(place, bucket = new Map());
    const { address, tags, sni, alpn } = frontend;
    const stored: F = {
      ...frontend,
      address: normalizeAddress(address),
      tags: new Map(tags),
      ...(sni === undefined ? {} : { sni: sni.toLowerCase() }),
      ...(alpn === undefined ? {} : { alpn: [...alpn] }),
    };
    bucket.set(tagsKey(frontend.tags), stored);
    this.#added.add(stored);
    return null;
  }

  /** Removes every frontend of the cluster at the place, whatever its tags. */
  remove(frontend: StreamFrontend): ConfigError | null {
    const { cluster_id } = frontend;
    const places = this.#byCluster.get(cluster_id);
    if (places === undefined) return notFound(`${this.#name} of cluster`, cluster_id);
    const place = placeKey(frontend);
    const bucket = places.get(place);
    if (bucket === undefined) return noChange(this.#name, `${cluster_id} ${place}`);
    places.delete(place);
    for (const stored of bucket.values()) this.#added.delete(stored);
    if (places.size === 0) this.#byCluster.delete(cluster_id);
    return null;
  }

  copy(): StreamFrontends<F> {
    const copy = new StreamFrontends<F>(this.#name);
    for (const [clusterId, places] of this.#byCluster) {
      const buckets = [...places].map(([key, bucket]) => [key, new Map(bucket)] as const);
      copy.#byCluster.set(clusterId, new Map(buckets));
    }
    copy.#added = new Set(this.#added);
    return copy;
  }
}
