// When two configurations are the same: equal objects under equal keys. The census of verbs is not
// part of a configuration.

import { equalMessages } from "../schema/message_values.ts";
import type { MessageType } from "../schema/message_type.ts";
import { AddBackend, Cluster, RequestHttpFrontend } from "../schema/messages.ts";
import type { ReadonlyTables } from "./tables.ts";
import { formatAddress } from "../values/address.ts";
import { sameCertificate } from "./certificates.ts";
import type { StreamFrontend } from "./stream_frontends.ts";

/** Whether two sets of tables hold the same objects. */
export function equalTables(a: ReadonlyTables, b: ReadonlyTables): boolean {
  return equalClusters(a, b) && equalBackends(a, b) && equalListeners(a, b) &&
    equalMaps(RequestHttpFrontend, a.httpFrontends.entries(), b.httpFrontends.entries()) &&
    equalMaps(RequestHttpFrontend, a.httpsFrontends.entries(), b.httpsFrontends.entries()) &&
    equalStreams(a.tcpFrontends, b.tcpFrontends) && equalStreams(a.udpFrontends, b.udpFrontends) &&
    equalCertificates(a, b);
}

/** Whether two maps hold equal messages under the same keys. */
function equalMaps<T>(
  type: MessageType<T>,
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !equalMessages(type, value, other)) return false;
  }
  return true;
}

function equalClusters({ clusters: a }: ReadonlyTables, { clusters: b }: ReadonlyTables): boolean {
  if (a.size !== b.size) return false;
  for (const cluster of a.values()) {
    const other = b.get(cluster.cluster_id);
    if (other === undefined || !equalMessages(Cluster, cluster, other)) return false;
  }
  return true;
}

function equalBackends({ backends: a }: ReadonlyTables, { backends: b }: ReadonlyTables): boolean {
  return a.size === b.size &&
    a.clusterIds().every((id) => equalMaps(AddBackend, a.of(id), b.of(id)));
}

function equalListeners(
  { listeners: a }: ReadonlyTables,
  { listeners: b }: ReadonlyTables,
): boolean {
  return equalMaps(a.http.type, a.http.entries(), b.http.entries()) &&
    equalMaps(a.https.type, a.https.entries(), b.https.entries()) &&
    equalMaps(a.tcp.type, a.tcp.entries(), b.tcp.entries()) &&
    equalMaps(a.udp.type, a.udp.entries(), b.udp.entries());
}

function equalStreams(
  a: { readonly size: number; values(): Iterable<StreamFrontend> },
  b: { readonly size: number; has(frontend: StreamFrontend): boolean },
): boolean {
  if (a.size !== b.size) return false;
  for (const frontend of a.values()) if (!b.has(frontend)) return false;
  return true;
}

function equalCertificates(
  { certificates: a }: ReadonlyTables,
  { certificates: b }: ReadonlyTables,
): boolean {
  if (a.size !== b.size) return false;
  for (const stored of a.values()) {
    const other = b.get(formatAddress(stored.address), stored.fingerprint);
    if (other === undefined || !sameCertificate(stored, other)) return false;
  }
  return true;
}
