// One 64-bit hash a cluster over its configuration, backends, TCP, HTTP and HTTPS frontends, so that
// processes can tell whether they hold the same. UDP frontends, listeners and certificates are left
// out. The values mean nothing outside this program and are never stored.

import { encode } from "../codec/protobuf_encode.ts";
import type { MessageType } from "../schema/message_type.ts";
import {
  AddBackend,
  Cluster,
  RequestHttpFrontend,
  RequestTcpFrontend,
} from "../schema/messages.ts";
import { compareStreamFrontends } from "./stream_frontends.ts";
import type { ReadonlyTables } from "./tables.ts";

/** FNV-1a with 64 bits, kept as two unsigned halves so that no bigint is made for each byte. */
class Fnv1a {
  #high = 0xcbf29ce4;
  #low = 0x84222325;

  update(bytes: Uint8Array): void {
    let high = this.#high;
    let low = this.#low;
    for (let index = 0; index < bytes.length; index++) {
      low = (low ^ bytes[index] as number) >>> 0;
      // Times 2^40 + 0x1b3, modulo 2^64.
      const product = low * 0x1b3;
      high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x100000000) + (low << 8)) >>> 0;
      low = product >>> 0;
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): bigint {
    return BigInt(this.#high) << 32n | BigInt(this.#low);
  }
}

/** Feeds a list as its length and then every element as its length and its encoding. */
function updateList<T>(hash: Fnv1a, type: MessageType<T>, list: readonly T[]): void {
  hash.update(lengthBytes(list.length));
  for (const element of list) {
    const bytes = encode(type, element);
    hash.update(lengthBytes(bytes.length));
    hash.update(bytes);
  }
}

function lengthBytes(length: number): Uint8Array {
  return Uint8Array.of(length & 255, length >>> 8 & 255, length >>> 16 & 255, length >>> 24);
}

/** Hashes of every cluster that is configured, by id. */
export function hashClusters(tables: ReadonlyTables): Map<string, bigint> {
  const http = frontendsByCluster(tables.httpFrontends.sorted());
  const https = frontendsByCluster(tables.httpsFrontends.sorted());
  const hashes = new Map<string, bigint>();
  for (const cluster of tables.clusters.sorted()) {
    const id = cluster.cluster_id;
    const hash = new Fnv1a();
    updateList(hash, Cluster, [cluster]);
    updateList(hash, AddBackend, tables.backends.sortedOf(id));
    const tcp = [...tables.tcpFrontends.of(id)].sort(compareStreamFrontends);
    updateList(hash, RequestTcpFrontend, tcp);
    updateList(hash, RequestHttpFrontend, http.get(id) ?? []);
    updateList(hash, RequestHttpFrontend, https.get(id) ?? []);
    hashes.set(id, hash.digest());
  }
  return hashes;
}

function frontendsByCluster(
  frontends: readonly RequestHttpFrontend[],
): Map<string, RequestHttpFrontend[]> {
  const byCluster = new Map<string, RequestHttpFrontend[]>();
  for (const frontend of frontends) {
    if (frontend.cluster_id === undefined) continue;
    const list = byCluster.get(frontend.cluster_id);
    if (list === undefined) byCluster.set(frontend.cluster_id, [frontend]);
    else list.push(frontend);
  }
  return byCluster;
}
