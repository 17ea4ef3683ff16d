// One `[clusters.ID]` table with its frontends and backends, turned into messages: reads the
// frontends by the cluster's protocol, matches each to a listener, loads certificates.

import { backendMessages } from "./keys/backend.ts";
import type { BackendNames } from "./backend_names.ts";
import { clusterMessage, type ClusterReading } from "./keys/cluster.ts";
import { probeHeaderFiles } from "./keys/health_check.ts";
import {
  type FrontendCertificate,
  frontendCertificate,
  type FrontendReading,
  httpFrontendMessage,
  readFrontend,
} from "./keys/frontend.ts";
import {
  type FileListeners,
  matchHttpFrontend,
  matchTcpFrontend,
  proxyProtocolMode,
  serverNameOf,
  type TcpMatch,
} from "./match_listeners.ts";
import { presentFields } from "../values/present_fields.ts";
import type { Problems } from "./problem.ts";
import type { ClusterRequests, FrontendRequest } from "./requests.ts";
import type { FileSources } from "./sources.ts";
import { placesOf } from "./table.ts";
import type {
  ProxyProtocolConfig,
  RequestHttpFrontend,
  RequestTcpFrontend,
  TlsVersion,
} from "../schema/messages.ts";

/** What surrounds a cluster in its file. */
export interface ClusterSurroundings {
  readonly listeners: FileListeners;
  readonly sources: FileSources;
  /** Absent where names are not resolved. */
  readonly names: BackendNames | undefined;
  readonly problems: Problems;
}

interface ClusterFrontends {
  readonly requests: readonly FrontendRequest[];
  readonly proxyProtocol: ProxyProtocolConfig | undefined;
}

/** Reads what is left of a cluster; parts with errors are left out after these were reported. */
export function clusterRequests(
  id: string,
  cluster: ClusterReading,
  around: ClusterSurroundings,
): ClusterRequests {
  const { protocol, frontends: tables = [], backends = [] } = cluster.values;
  const frontends = tables.map((table) => readFrontend(table, protocol, around.problems));
  const { requests, proxyProtocol } = protocol === "tcp"
    ? tcpFrontends(id, cluster, frontends, around)
    : httpFrontends(id, protocol === "http" ? frontends : [], around);
  return {
    cluster: clusterMessage(cluster, id, proxyProtocol, around.sources, around.problems),
    frontends: requests,
    backends: backendMessages(backends, id, around.names, around.problems),
    at: placesOf(cluster),
    probeFiles: probeHeaderFiles(cluster.values.health_check).map(({ name, path }) => ({
      name,
      path: around.sources.resolved(path),
    })),
  };
}

function httpFrontends(
  id: string,
  frontends: readonly FrontendReading[],
  { listeners, sources, problems }: ClusterSurroundings,
): ClusterFrontends {
  const requests = frontends.flatMap((frontend): FrontendRequest[] => {
    const own = frontendCertificate(frontend, sources, problems);
    const message = httpFrontendMessage(frontend, id, problems);
    const match = matchHttpFrontend(frontend, own, listeners, problems);
    if (message === null || match === null) return [];
    const at = placesOf(frontend);
    if (match.certificate === null) return [{ kind: "http", frontend: message, at }];
    return [{ ...httpsFrontend(message, match.certificate, frontend.values.tls_versions), at }];
  });
  return { requests, proxyProtocol: undefined };
}

function httpsFrontend(
  frontend: RequestHttpFrontend,
  { certificate, chain, key }: FrontendCertificate,
  versions: TlsVersion[],
) {
  return {
    kind: "https" as const,
    frontend,
    certificate: {
      address: frontend.address,
      // No names: workers take those in the certificate.
      certificate: { certificate, certificate_chain: chain, key, versions, names: [] },
    },
  };
}

function tcpFrontends(
  id: string,
  cluster: ClusterReading,
  frontends: readonly FrontendReading[],
  { listeners, problems }: ClusterSurroundings,
): ClusterFrontends {
  const requests: FrontendRequest[] = [];
  const matches: TcpMatch[] = [];
  for (const reading of frontends) {
    const { address, tags } = reading.values;
    const match = matchTcpFrontend(reading, listeners, problems);
    if (address === undefined || match === null) continue;
    matches.push(match);
    const frontend = { cluster_id: id, address, tags: tags ?? new Map<string, string>() };
    const request = match.protocol === "udp"
      ? udpFrontend(reading, frontend, problems)
      : tcpFrontend(reading, frontend, problems);
    requests.push(request);
  }
  const { send_proxy } = cluster.values;
  const place = cluster.at("frontends");
  return { requests, proxyProtocol: proxyProtocolMode(send_proxy, matches, place, problems) };
}

type WholeAddress = Pick<RequestTcpFrontend, "cluster_id" | "address" | "tags">;

function udpFrontend(
  reading: FrontendReading,
  frontend: WholeAddress,
  problems: Problems,
): FrontendRequest {
  for (const key of ["sni", "alpn"] as const) {
    if (!reading.has(key)) continue;
    problems.error(reading.at(key), "Datagrams name no server, accepted: a tcp listener");
  }
  if (reading.has("hostname")) {
    problems.warn(reading.at("hostname"), "Ignored: datagrams name no server");
  }
  return { kind: "udp", frontend, at: placesOf(reading) };
}

function tcpFrontend(
  reading: FrontendReading,
  frontend: WholeAddress,
  problems: Problems,
): FrontendRequest {
  const sni = serverNameOf(reading);
  const { alpn = [], sni: again = sni } = reading.values;
  if (again !== sni) {
    problems.error(reading.at("sni"), "Means the same as 'hostname', accepted: the same name");
  }
  const places = placesOf(reading);
  return {
    kind: "tcp",
    frontend: { ...frontend, ...presentFields({ sni }), alpn },
    at: (field) =>
      field === "sni" && reading.has("hostname") ? reading.at("hostname") : places(field),
  };
}
