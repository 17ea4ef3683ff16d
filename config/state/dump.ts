// The requests that rebuild a configuration from nothing: for saved states and for processes that start. Replaying
// them on an empty state gives an equal state. The frontends and certificates of a listener keep the order in which
// they were added, because that order decides between equal ones: a new process must decide like an old one.

import type { Request } from "../schema/messages.ts";
import { additionOf } from "./certificates.ts";
import {
  addFrontend,
  addListener,
  ALL_LISTENER_KINDS,
  LISTENER_KINDS,
  type ListenerKind,
} from "./listener_kinds.ts";
import type { ReadonlyTables } from "./tables.ts";
import { activateListener, addBackend, addCluster, type Verb } from "./verb.ts";
import { requestOf } from "./twin_verbs.ts";

/** Every object as a request: listeners (each followed by its activation) first, backends last. */
export function dumpTables(tables: ReadonlyTables): Request[] {
  const { http, https, tcp, udp } = LISTENER_KINDS;
  const { clusters, certificates, backends } = tables;
  const verbs = ALL_LISTENER_KINDS.flatMap((kind) => listenerVerbs(tables, kind));
  for (const cluster of clusters.sorted()) verbs.push(addCluster(cluster));
  for (const route of tables.httpFrontends.entries().values()) verbs.push(addFrontend(http, route));
  for (const stored of certificates.values()) verbs.push(additionOf(stored));
  for (const route of tables.httpsFrontends.entries().values()) {
    verbs.push(addFrontend(https, route));
  }
  for (const frontend of tables.tcpFrontends.values()) verbs.push(addFrontend(tcp, frontend));
  for (const frontend of tables.udpFrontends.values()) verbs.push(addFrontend(udp, frontend));
  for (const clusterId of backends.clusterIds()) {
    for (const backend of backends.sortedOf(clusterId)) verbs.push(addBackend(backend));
  }
  return verbs.map(requestOf);
}

function listenerVerbs({ listeners }: ReadonlyTables, kind: ListenerKind): Verb[] {
  return listeners[kind.protocol].sorted().flatMap((listener) => {
    const added = addListener(kind, listener);
    return listener.active ? [added, activateListener(kind.proxy, listener.address)] : [added];
  });
}
