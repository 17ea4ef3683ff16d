// The requests that lead from one configuration to another. Law: applying `diff(mine, theirs)` to
// `mine`, in order, gives `theirs` exactly. The order also keeps processes that carry traffic whole:
// nothing is bound to a listener before it is there, and an active listener stays active.

import { formatAddress } from "../values/address.ts";
import { diffCertificates } from "./certificates.ts";
import { diffHttpFrontends, diffStreamFrontends } from "./frontends.ts";
import { diffListeners } from "./listeners.ts";
import { equalMessages } from "../schema/message_values.ts";
import { AddBackend, Cluster, type Request } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import { compareBackends } from "../state/backends.ts";
import { requestOf } from "../state/dump.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import type { Verb } from "../state/verbs.ts";
import { compareText } from "../values/text_order.ts";

/**
 * The requests that turn `mine` into `theirs`: what leaves with a listener, listeners (TCP, UDP,
 * HTTP, HTTPS; removed and added ones, then changed ones), clusters, backends, frontends (HTTP, HTTPS,
 * TCP, UDP), certificates.
 */
export function diff(mine: ConfigState, theirs: ConfigState): Request[] {
  const a = mine.tables;
  const b = theirs.tables;
  const listeners = diffListeners(a, b);
  const { http, https, tcp, udp } = listeners;
  const bound = [
    diffHttpFrontends(
      a.httpFrontends,
      b.httpFrontends,
      http,
      (value) => ({ kind: "add_http_frontend", value }),
      (value) => ({ kind: "remove_http_frontend", value }),
    ),
    diffHttpFrontends(
      a.httpsFrontends,
      b.httpsFrontends,
      https,
      (value) => ({ kind: "add_https_frontend", value }),
      (value) => ({ kind: "remove_https_frontend", value }),
    ),
    diffStreamFrontends(
      a.tcpFrontends,
      b.tcpFrontends,
      tcp,
      (value) => ({ kind: "add_tcp_frontend", value }),
      (value) => ({ kind: "remove_tcp_frontend", value }),
    ),
    diffStreamFrontends(
      a.udpFrontends,
      b.udpFrontends,
      udp,
      (value) => ({ kind: "add_udp_frontend", value }),
      (value) => ({ kind: "remove_udp_frontend", value }),
    ),
    diffCertificates(a, b, https),
  ];
  const inOrder = [tcp, udp, http, https];
  const verbs: Verb[][] = [
    ...bound.map(({ before }) => before),
    ...inOrder.map(({ membership }) => membership),
    ...inOrder.map(({ changes }) => changes),
    diffClusters(a, b),
    diffBackends(a, b),
    ...bound.map(({ after }) => after),
  ];
  return verbs.flat().map(requestOf);
}

function diffClusters({ clusters: mine }: ReadonlyTables, { clusters: theirs }: ReadonlyTables) {
  const ids = new Set<string>();
  for (const table of [mine, theirs]) {
    for (const { cluster_id } of table.values()) ids.add(cluster_id);
  }
  const verbs: Verb[] = [];
  for (const id of [...ids].sort(compareText)) {
    const known = mine.get(id);
    const wanted = theirs.get(id);
    if (wanted === undefined) verbs.push({ kind: "remove_cluster", value: id });
    else if (known === undefined || !equalMessages(Cluster, known, wanted)) {
      verbs.push({ kind: "add_cluster", value: wanted });
    }
  }
  return verbs;
}

function diffBackends({ backends: mine }: ReadonlyTables, { backends: theirs }: ReadonlyTables) {
  const ids = new Set([...mine.clusterIds(), ...theirs.clusterIds()]);
  return [...ids].sort(compareText).flatMap((id) => diffBucket(mine.of(id), theirs.of(id)));
}

/**
 * Backends of one cluster. A changed backend is added over the old one, so that its connections and
 * health survive. A process may drop every backend at an address that a removal names; so those
 * that stay at such an address are added again.
 */
function diffBucket(
  mine: ReadonlyMap<string, AddBackend>,
  theirs: ReadonlyMap<string, AddBackend>,
): Verb[] {
  const gone = [...mine].filter(([key]) => !theirs.has(key)).map(([, backend]) => backend);
  const touched = new Set(gone.map(({ address }) => formatAddress(address)));
  const wanted = [...theirs].filter(([key, backend]) => {
    const known = mine.get(key);
    return known === undefined || !equalMessages(AddBackend, known, backend) ||
      touched.has(formatAddress(backend.address));
  });
  return [
    ...gone.sort(compareBackends).map(({ cluster_id, backend_id, address }): Verb => ({
      kind: "remove_backend",
      value: { cluster_id, backend_id, address },
    })),
    ...wanted.map(([, backend]) => backend).sort(compareBackends).map((value): Verb => ({
      kind: "add_backend",
      value,
    })),
  ];
}
