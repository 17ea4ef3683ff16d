// The requests that lead from one configuration to another. Law: applying `diff(mine, theirs)` to `mine`, in order,
// gives `theirs` exactly. The order keeps traffic going: a frontend or a certificate comes after its listener, and
// an active listener stays active.

import { formatAddress } from "../values/address.ts";
import { diffCertificates } from "./certificates.ts";
import { diffHttpFrontends, diffStreamFrontends } from "./frontends.ts";
import { diffListeners } from "./listeners.ts";
import { equalMessages } from "../schema/message_values.ts";
import { AddBackend, Cluster, type Request } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import { compareBackends } from "../state/backends.ts";
import { LISTENER_KINDS } from "../state/listener_kinds.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { addBackend, addCluster, removeBackend, removeCluster, type Verb } from "../state/verb.ts";
import { probePortProblem } from "../rules/probe_port.ts";
import { requestOf } from "../state/twin_verbs.ts";
import { additionsOf, belongingsOf } from "../state/verbs/cascade.ts";
import { unfitCluster } from "../rules/unix_backends.ts";
import { compareText } from "../values/text_order.ts";

/**
 * The requests that turn `mine` into `theirs`: what leaves with a listener, listeners (TCP, UDP,
 * HTTP, HTTPS; removed and added ones, then changed ones), clusters that are new or changed, backends,
 * frontends (HTTP, HTTPS, TCP, UDP), certificates, clusters that go: until then they serve what is theirs.
 */
export function diff(mine: ConfigState, theirs: ConfigState): Request[] {
  const a = mine.tables;
  const b = theirs.tables;
  const { http, https, tcp, udp } = LISTENER_KINDS;
  const listeners = {
    tcp: diffListeners(a, b, tcp),
    udp: diffListeners(a, b, udp),
    http: diffListeners(a, b, http),
    https: diffListeners(a, b, https),
  };
  const bound = [
    ...[http, https].map((kind) => diffHttpFrontends(a, b, kind, listeners[kind.protocol])),
    ...[tcp, udp].map((kind) => diffStreamFrontends(a, b, kind, listeners[kind.protocol])),
    diffCertificates(a, b, listeners.https),
  ];
  const clusters = diffClusters(a, b);
  const inOrder = Object.values(listeners);
  const verbs: Verb[][] = [
    ...bound.map(({ before }) => before),
    ...inOrder.map(({ membership }) => membership),
    ...inOrder.map(({ changes }) => changes),
    clusters.early,
    diffBackends(a, b),
    clusters.late,
    ...bound.map(({ after }) => after),
    removeClusters(a, b),
  ];
  return verbs.flat().map(requestOf);
}

/** `late`: those that do not go with backends that have yet to leave. */
function diffClusters(a: ReadonlyTables, b: ReadonlyTables): { early: Verb[]; late: Verb[] } {
  const changed = b.clusters.sorted().filter((wanted) => {
    const known = a.clusters.get(wanted.cluster_id);
    return known === undefined || !equalMessages(Cluster, known, wanted);
  });
  const isEarly = (cluster: Cluster) =>
    (probePortProblem(a, cluster) ?? unfitCluster(a, cluster)) === null;
  return {
    early: changed.filter(isEarly).map(addCluster),
    late: changed.filter((cluster) => !isEarly(cluster)).map(addCluster),
  };
}

/** A cluster takes with it what belongs to it: frontends that are to wait for it are added again. */
function removeClusters(a: ReadonlyTables, b: ReadonlyTables): Verb[] {
  return a.clusters.sorted().map(({ cluster_id }) => cluster_id)
    .filter((id) => b.clusters.get(id) === undefined)
    .flatMap((id) => [removeCluster(id), ...additionsOf(belongingsOf(b, id))]);
}

/** Those of clusters that go, go with them. */
function diffBackends(
  { backends: mine }: ReadonlyTables,
  { backends: theirs, clusters }: ReadonlyTables,
) {
  const stays = (id: string) => clusters.get(id) !== undefined;
  const ids = new Set([...mine.clusterIds(), ...theirs.clusterIds()].filter(stays));
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
    ...gone.sort(compareBackends).map(removeBackend),
    ...wanted.map(([, backend]) => backend).sort(compareBackends).map(addBackend),
  ];
}
