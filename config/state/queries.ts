// Questions that the verbs of the command socket ask of a configuration. Answers share the stored
// values: read them, never write to them. No answer holds a private key: only a saved state does.

import { formatAddress } from "../values/address.ts";
import type {
  CertificateAndKey,
  CertificatesWithFingerprints,
  Cluster,
  ClusterInformation,
  FrontendFilters,
  HealthCheckConfig,
  HealthChecksList,
  ListedFrontends,
  ListenersList,
  QueryCertificatesFilters,
  RequestHttpFrontend,
  RequestUdpFrontend,
} from "../schema/messages.ts";
import { shownCertificate } from "./verbs/shown_certificate.ts";
import type { ListenerConfig } from "./listener_kinds.ts";
import { compareStreamFrontends } from "./stream_frontends.ts";
import type { ReadonlyTables } from "./tables.ts";
import { compareText } from "../values/text_order.ts";

/** Every cluster of `ids` that exists, by rising id, with its frontends and backends. */
export function informationOf(
  tables: ReadonlyTables,
  ids: ReadonlySet<string>,
): ClusterInformation[] {
  const found = new Map<string, ClusterInformation>();
  for (const id of [...ids].sort(compareText)) {
    const cluster = tables.clusters.get(id);
    if (cluster !== undefined) found.set(id, startInformation(tables, cluster));
  }
  if (found.size === 0) return [];
  collectHttp(tables.httpFrontends.sorted(), found, "http_frontends");
  collectHttp(tables.httpsFrontends.sorted(), found, "https_frontends");
  return [...found.values()];
}

function startInformation(tables: ReadonlyTables, cluster: Cluster): ClusterInformation {
  const id = cluster.cluster_id;
  return {
    configuration: cluster,
    http_frontends: [],
    https_frontends: [],
    tcp_frontends: [...tables.tcpFrontends.of(id)].sort(compareStreamFrontends),
    backends: tables.backends.sortedOf(id),
    udp_frontends: [...tables.udpFrontends.of(id)].sort(compareStreamFrontends),
  };
}

function collectHttp(
  frontends: Iterable<RequestHttpFrontend>,
  into: ReadonlyMap<string, ClusterInformation>,
  property: "http_frontends" | "https_frontends",
): void {
  for (const frontend of frontends) {
    if (frontend.cluster_id === undefined) continue;
    into.get(frontend.cluster_id)?.[property].push(frontend);
  }
}

/**
 * Ids of the clusters behind HTTP and HTTPS frontends of exactly this host name and, when given,
 * exactly this path rule, whatever its kind.
 */
export function clusterIdsByDomain(
  tables: ReadonlyTables,
  hostname: string,
  path: string | undefined,
): Set<string> {
  const ids = new Set<string>();
  for (const table of [tables.httpFrontends, tables.httpsFrontends]) {
    for (const frontend of table.entries().values()) {
      if (frontend.hostname !== hostname || frontend.cluster_id === undefined) continue;
      if (path === undefined || frontend.path.value === path) ids.add(frontend.cluster_id);
    }
  }
  return ids;
}

/**
 * Frontends by protocol. No flag means all protocols; UDP goes with the `tcp` flag; a domain keeps the
 * HTTP and HTTPS frontends whose host name contains it, and no others; a cluster keeps those that lead to it.
 */
export function listFrontends(tables: ReadonlyTables, filters: FrontendFilters): ListedFrontends {
  const { http, https, tcp, domain, cluster_id } = filters;
  const all = !http && !https && !tcp;
  const leadsThere = (frontend: { readonly cluster_id?: string }) =>
    cluster_id === undefined || frontend.cluster_id === cluster_id;
  const named = (table: { sorted(): RequestHttpFrontend[] }) =>
    table.sorted().filter((frontend) =>
      leadsThere(frontend) && (domain === undefined || frontend.hostname.includes(domain))
    );
  const streams = <F extends RequestUdpFrontend>(table: { sorted(): F[] }) =>
    (all || tcp) && domain === undefined ? table.sorted().filter(leadsThere) : [];
  return {
    http_frontends: all || http ? named(tables.httpFrontends) : [],
    https_frontends: all || https ? named(tables.httpsFrontends) : [],
    tcp_frontends: streams(tables.tcpFrontends),
    udp_frontends: streams(tables.udpFrontends),
  };
}

/** Listeners of every protocol by the text of their address. */
export function listListeners({ listeners }: ReadonlyTables): ListenersList {
  return {
    http_listeners: byAddress(listeners.http.sorted()),
    https_listeners: byAddress(listeners.https.sorted().map(withoutKey)),
    tcp_listeners: byAddress(listeners.tcp.sorted().map(withoutKey)),
    udp_listeners: byAddress(listeners.udp.sorted()),
  };
}

/** An empty key says that there is one: whether it has tells how a listener is served. */
function withoutKey<L extends { key?: string }>(listener: L): L {
  return listener.key === undefined ? listener : { ...listener, key: "" };
}

function byAddress<L extends ListenerConfig>(listeners: L[]): Map<string, L> {
  return new Map(listeners.map((listener) => [formatAddress(listener.address), listener]));
}

/** Health checks by cluster, of one cluster or of all that have one. */
export function healthChecks(tables: ReadonlyTables, clusterId?: string): HealthChecksList {
  const map = new Map<string, HealthCheckConfig>();
  const one = clusterId === undefined ? undefined : tables.clusters.get(clusterId);
  const clusters = clusterId === undefined ? tables.clusters.sorted() : one ? [one] : [];
  for (const { cluster_id, health_check } of clusters) {
    if (health_check !== undefined) map.set(cluster_id, health_check);
  }
  return { map };
}

/**
 * Certificates by fingerprint. A domain (of each address what it is shown) wins over a fingerprint (lower-case
 * hexadecimal); neither means all.
 */
export function certificates(
  tables: ReadonlyTables,
  { domain, fingerprint }: QueryCertificatesFilters,
): CertificatesWithFingerprints {
  const certs = new Map<string, CertificateAndKey>();
  const { certificates } = tables;
  const wanted = domain !== undefined
    ? [...Map.groupBy(certificates.values(), ({ address }) => formatAddress(address)).values()]
      .flatMap((stored) => shownCertificate(stored, domain)?.stored ?? [])
    : certificates.sorted().filter((stored) =>
      fingerprint === undefined || stored.fingerprint === fingerprint
    );
  for (const stored of wanted) {
    certs.set(stored.fingerprint, { ...stored.certificate, key: "" });
  }
  return { certs };
}
