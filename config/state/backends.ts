// The backends of a ConfigState: by cluster, then by address and id. Buckets that become empty are dropped.

import { compareAddresses, formatAddress, normalizeAddress } from "../values/address.ts";
import { type ConfigError, noChange, notFound } from "./config_error.ts";
import { copyMessage } from "../schema/message_values.ts";
import { AddBackend, type RemoveBackend } from "../schema/messages.ts";
import { compareText } from "../values/text_order.ts";

const NONE: ReadonlyMap<string, AddBackend> = new Map();

/** The key of a backend inside its cluster: an address holds no space, so it is unambiguous. */
export function backendKey(backend: RemoveBackend): string {
  return `${formatAddress(backend.address)} ${backend.backend_id}`;
}

/** Order of the backends of one cluster: id, sticky id, weight, backup, address, unix path; absent first. */
export function compareBackends(a: AddBackend, b: AddBackend): number {
  return compareText(a.backend_id, b.backend_id) ||
    compareText(a.sticky_id ?? "", b.sticky_id ?? "") ||
    compareNumbers(a.load_balancing_parameters?.weight, b.load_balancing_parameters?.weight) ||
    compareNumbers(flag(a.backup), flag(b.backup)) ||
    compareAddresses(a.address, b.address) || compareText(a.unix_path ?? "", b.unix_path ?? "");
}

function compareNumbers(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0;
  return a === undefined ? -1 : b === undefined ? 1 : a - b;
}

function flag(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** Backends by cluster id. */
export class Backends {
  #byCluster = new Map<string, Map<string, AddBackend>>();
  #size = 0;

  /** Number of backends of all clusters. */
  get size(): number {
    return this.#size;
  }

  /** Ids of the clusters that have backends, rising. */
  clusterIds(): string[] {
    return [...this.#byCluster.keys()].sort(compareText);
  }

  /** Backends of one cluster by `backendKey`. */
  of(clusterId: string): ReadonlyMap<string, AddBackend> {
    return this.#byCluster.get(clusterId) ?? NONE;
  }

  /** Backends of one cluster in their order. */
  sortedOf(clusterId: string): AddBackend[] {
    return [...this.of(clusterId).values()].sort(compareBackends);
  }

  /** Adds the backend or replaces the one of the same cluster, id and address. */
  add(backend: AddBackend): null {
    const stored = copyMessage(AddBackend, backend);
    stored.address = normalizeAddress(backend.address);
    let bucket = this.#byCluster.get(stored.cluster_id);
    if (bucket === undefined) this.#byCluster.set(stored.cluster_id, bucket = new Map());
    const before = bucket.size;
    bucket.set(backendKey(stored), stored);
    this.#size += bucket.size - before;
    return null;
  }

  remove(backend: RemoveBackend): ConfigError | null {
    const bucket = this.#byCluster.get(backend.cluster_id);
    if (bucket === undefined) return notFound("backends of cluster", backend.cluster_id);
    const key = backendKey(backend);
    if (!bucket.delete(key)) return noChange("backend", key);
    this.#size -= 1;
    if (bucket.size === 0) this.#byCluster.delete(backend.cluster_id);
    return null;
  }

  copy(): Backends {
    const copy = new Backends();
    for (const [id, bucket] of this.#byCluster) copy.#byCluster.set(id, new Map(bucket));
    copy.#size = this.#size;
    return copy;
  }
}
