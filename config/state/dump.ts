// The requests that rebuild a configuration from nothing: for saved states and for processes that
// start. Replaying them on an empty state gives an equal state. What is bound to listeners keeps the order in
// which it was added, because that decides among routes, certificates and TCP frontends that are equal
// otherwise: a process that starts must decide as those that saw them come.

import type { ListenerType, Request, SocketAddress } from "../schema/messages.ts";
import { additionOf } from "./certificates.ts";
import type { ListenerConfig } from "./listeners.ts";
import type { ReadonlyTables } from "./tables.ts";
import type { Verb } from "./verbs.ts";

/** Wraps a verb into a request. */
export function requestOf(verb: Verb): Request {
  return { request_type: verb };
}

/** The request that opens the socket of a listener. */
export function activation(proxy: ListenerType, address: SocketAddress): Verb {
  return { kind: "activate_listener", value: { address, proxy, from_scm: false } };
}

/** Every object as a request: listeners (each followed by its activation) first, backends last. */
export function dumpTables(tables: ReadonlyTables): Request[] {
  const { listeners } = tables;
  const verbs: Verb[] = [
    ...listenerVerbs(listeners.http, (value) => ({ kind: "add_http_listener", value })),
    ...listenerVerbs(listeners.https, (value) => ({ kind: "add_https_listener", value })),
    ...listenerVerbs(listeners.tcp, (value) => ({ kind: "add_tcp_listener", value })),
    ...listenerVerbs(listeners.udp, (value) => ({ kind: "add_udp_listener", value })),
  ];
  for (const value of tables.clusters.sorted()) verbs.push({ kind: "add_cluster", value });
  for (const value of tables.httpFrontends.entries().values()) {
    verbs.push({ kind: "add_http_frontend", value });
  }
  for (const stored of tables.certificates.values()) {
    verbs.push({ kind: "add_certificate", value: additionOf(stored) });
  }
  for (const value of tables.httpsFrontends.entries().values()) {
    verbs.push({ kind: "add_https_frontend", value });
  }
  for (const value of tables.tcpFrontends.values()) verbs.push({ kind: "add_tcp_frontend", value });
  for (const value of tables.udpFrontends.values()) verbs.push({ kind: "add_udp_frontend", value });
  for (const clusterId of tables.backends.clusterIds()) {
    for (const value of tables.backends.sortedOf(clusterId)) {
      verbs.push({ kind: "add_backend", value });
    }
  }
  return verbs.map(requestOf);
}

function listenerVerbs<L extends ListenerConfig>(
  table: { readonly proxy: ListenerType; sorted(): L[] },
  add: (listener: L) => Verb,
): Verb[] {
  return table.sorted().flatMap((listener) => {
    const added = add(listener);
    return listener.active ? [added, activation(table.proxy, listener.address)] : [added];
  });
}
