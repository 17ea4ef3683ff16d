// The TCP or UDP frontends of a ConfigState. A place belongs to one frontend, over all clusters: on UDP a place is an
// address; on TCP it is an address alone, or one with a server name and protocols. An address either has names or not.

import { compareAddresses, formatAddress, normalizeAddress } from "../values/address.ts";
import {
  alreadyExists,
  type ConfigError,
  invalidValue,
  noChange,
  notFound,
  placeTaken,
} from "./config_error.ts";
import type { RequestTcpFrontend, RequestUdpFrontend } from "../schema/messages.ts";
import { compareText } from "../values/text_order.ts";

/** A TCP or a UDP frontend: only those of TCP choose by the name and the protocols that a TLS client asks for. */
export type StreamFrontend = RequestUdpFrontend & Partial<RequestTcpFrontend>;

/** The tags as one text, whatever their order. */
function tagsKey(tags: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tags].sort(([a], [b]) => compareText(a, b)));
}

/** Protocols as a set: each once, in the order of their texts. */
function protocolSet(alpn: readonly string[] = []): string[] {
  return [...new Set(alpn)].sort(compareText);
}

/** What of a listener's traffic a frontend takes, as text: its address, and its name and protocols if it has any. */
export function placeKey(
  { address, sni, alpn }: Pick<StreamFrontend, "address" | "sni" | "alpn">,
): string {
  const text = formatAddress(address);
  const protocols = protocolSet(alpn);
  const name = sni === undefined ? text : `${text} ${sni.toLowerCase()}`;
  return protocols.length === 0 ? name : `${name} ${JSON.stringify(protocols)}`;
}

/** Orders frontends by cluster, place and tags. */
export function compareStreamFrontends(a: StreamFrontend, b: StreamFrontend): number {
  return compareText(a.cluster_id, b.cluster_id) || compareAddresses(a.address, b.address) ||
    compareText(placeKey(a), placeKey(b)) || compareText(tagsKey(a.tags), tagsKey(b.tags));
}

/** Why a frontend cannot stand beside others of its address, or `null`; no other has its place. */
function conflict(
  added: StreamFrontend,
  others: Iterable<StreamFrontend>,
): ConfigError | null {
  for (const { sni, alpn = [], cluster_id } of others) {
    if ((sni === undefined) !== (added.sni === undefined)) {
      const [given, accepted] = sni === undefined
        ? [JSON.stringify(added.sni), "none where a frontend takes all of the address"]
        : ["nothing", "a server name where other frontends of the address have one"];
      return invalidValue("sni", given, `${accepted} (cluster ${JSON.stringify(cluster_id)})`);
    }
    if (sni !== added.sni) continue;
    const twice = added.alpn?.find((protocol) => alpn.includes(protocol));
    if (twice !== undefined) {
      const accepted = `a protocol that no other frontend of "${sni}" has`;
      return invalidValue(
        "alpn",
        JSON.stringify(twice),
        `${accepted} (cluster ${JSON.stringify(cluster_id)})`,
      );
    }
  }
  return null;
}

/** How frontends of a protocol are removed. */
export interface StreamFrontendRules {
  /** What they are called in refusals. */
  readonly name: string;
  /** A removal has to repeat the tags. */
  readonly removedByTags: boolean;
}

/** Frontends of one protocol. */
export class StreamFrontends<F extends StreamFrontend = StreamFrontend> {
  readonly #rules: StreamFrontendRules;
  /** By place, in the order in which they were added. */
  #byPlace = new Map<string, F>();
  readonly #byAddress = new Map<string, Set<F>>();
  readonly #byCluster = new Map<string, Set<F>>();

  constructor(rules: StreamFrontendRules) {
    this.#rules = rules;
  }

  get size(): number {
    return this.#byPlace.size;
  }

  /** Every frontend in the order in which they were added. */
  values(): Iterable<F> {
    return this.#byPlace.values();
  }

  /** Frontends of one cluster, in no particular order. */
  of(clusterId: string): Iterable<F> {
    return this.#byCluster.get(clusterId) ?? [];
  }

  /** The frontend that has the place of another one. */
  at(frontend: StreamFrontend): F | undefined {
    return this.#byPlace.get(placeKey(frontend));
  }

  /** Every frontend by cluster, place and tags. */
  sorted(): F[] {
    return [...this.values()].sort(compareStreamFrontends);
  }

  /** Whether exactly this frontend is there. */
  has(frontend: StreamFrontend): boolean {
    const held = this.at(frontend);
    return held?.cluster_id === frontend.cluster_id &&
      tagsKey(held.tags) === tagsKey(frontend.tags);
  }

  add(frontend: F): ConfigError | null {
    const { address, tags, sni, alpn } = frontend;
    const place = placeKey(frontend);
    const owner = this.#byPlace.get(place);
    if (owner !== undefined) {
      const { name } = this.#rules;
      if (owner.cluster_id === frontend.cluster_id) return alreadyExists(name, place);
      return placeTaken(name, place, `cluster ${JSON.stringify(owner.cluster_id)} has it`);
    }
    const stored: F = {
      ...frontend,
      address: normalizeAddress(address),
      tags: new Map(tags),
      ...(sni === undefined ? {} : { sni: sni.toLowerCase() }),
      ...(alpn === undefined ? {} : { alpn: protocolSet(alpn) }),
    };
    const problem = conflict(stored, this.#byAddress.get(formatAddress(address)) ?? []);
    if (problem !== null) return problem;
    this.#put(place, stored);
    return null;
  }

  /** Removes the frontend of the cluster that has the place. */
  remove(frontend: StreamFrontend): ConfigError | null {
    const { cluster_id, address, tags } = frontend;
    const { name, removedByTags } = this.#rules;
    if (!this.#byCluster.has(cluster_id)) return notFound(`${name} of cluster`, cluster_id);
    const place = placeKey(frontend);
    const stored = this.#byPlace.get(place);
    const isMeant = stored?.cluster_id === cluster_id &&
      (!removedByTags || tagsKey(stored.tags) === tagsKey(tags));
    if (stored === undefined || !isMeant) return noChange(name, `${cluster_id} ${place}`);
    this.#byPlace.delete(place);
    take(this.#byAddress, formatAddress(address), stored);
    take(this.#byCluster, cluster_id, stored);
    return null;
  }

  copy(): StreamFrontends<F> {
    const copy = new StreamFrontends<F>(this.#rules);
    for (const [place, frontend] of this.#byPlace) copy.#put(place, frontend);
    return copy;
  }

  #put(place: string, stored: F): void {
    this.#byPlace.set(place, stored);
    put(this.#byAddress, formatAddress(stored.address), stored);
    put(this.#byCluster, stored.cluster_id, stored);
  }
}

function put<F>(sets: Map<string, Set<F>>, key: string, value: F): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}

/** Sets that become empty are dropped. */
function take<F>(sets: Map<string, Set<F>>, key: string, value: F): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
}
