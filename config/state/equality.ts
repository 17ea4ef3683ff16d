// When two configurations are the same: equal objects under equal keys. The census of verbs is not
// part of a configuration.

import { equalMessages } from "../schema/message_values.ts";
import type { MessageType } from "../schema/message_type.ts";
import { AddBackend, Cluster, RequestHttpFrontend } from "../schema/messages.ts";
import type { ReadonlyTables } from "./tables.ts";
import { formatAddress } from "../values/address.ts";
import { sameCertificate } from "./certificates.ts";
import {
  ALL_LISTENER_KINDS,
  type ListenerConfig,
  takesRoutes,
  takesStreams,
} from "./listener_kinds.ts";
import type { StreamFrontend } from "./stream_frontends.ts";

/** Whether two sets of tables hold the same objects. */
export function equalTables(a: ReadonlyTables, b: ReadonlyTables): boolean {
  return equalClusters(a, b) && equalBackends(a, b) && equalListeners(a, b) &&
    ALL_LISTENER_KINDS.filter(takesRoutes).every(({ frontends }) =>
      equalMaps(RequestHttpFrontend, a[frontends].entries(), b[frontends].entries())
    ) &&
    ALL_LISTENER_KINDS.filter(takesStreams).every(({ frontends }) =>
      equalStreams(a[frontends], b[frontends])
    ) &&
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
  return ALL_LISTENER_KINDS.every(({ protocol, type }) =>
    equalMaps<ListenerConfig>(type, a[protocol].entries(), b[protocol].entries())
  );
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
