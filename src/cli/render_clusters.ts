// Clusters as text. The same question goes to the main process and to every worker; the tables show
// who knows what, so that a worker that has drifted is seen at once.

import { formatAddress } from "../../config/address.ts";
import type {
  ClusterHashes,
  ClusterInformation,
  ClusterInformations,
  RequestHttpFrontend,
  RequestTcpFrontend,
  RequestUdpFrontend,
} from "../../config/messages.ts";
import { compareText } from "../../config/text_order.ts";
import { boxTable } from "./box_table.ts";
import { pathText } from "./render_frontends.ts";

type Responses<T> = ReadonlyMap<string, T>;
type CellsOf = (cluster: ClusterInformation) => string[][];

const STREAM_COLUMNS = ["id", "address"];
const HTTP_COLUMNS = ["id", "hostname", "path"];

const TABLES: readonly (readonly [caption: string, columns: string[], cells: CellsOf])[] = [
  ["Clusters", ["id", "sticky_session", "https_redirect"], configurationCells],
  ["HTTP frontends", HTTP_COLUMNS, (cluster) => cluster.http_frontends.map(httpCells)],
  ["HTTPS frontends", HTTP_COLUMNS, (cluster) => cluster.https_frontends.map(httpCells)],
  ["TCP frontends", STREAM_COLUMNS, (cluster) => cluster.tcp_frontends.map(streamCells)],
  ["UDP frontends", STREAM_COLUMNS, (cluster) => cluster.udp_frontends.map(streamCells)],
  ["Backends", ["backend id", "IP address", "Backup"], backendCells],
];

/** One table for each kind of object, with an `X` below every responder that has the row. */
export function renderClusters(responses: Responses<ClusterInformations>): string {
  const tables = TABLES.map(([caption, columns, cells]) =>
    presenceTable(caption, columns, cells, responses)
  ).filter((table) => table !== "");
  return tables.length === 0 ? "no cluster found\n" : tables.join("\n");
}

/** Hash of each cluster per responder; a hash that differs marks the row as desynchronized. */
export function renderClusterHashes(responses: Responses<ClusterHashes>): string {
  const ids = new Set([...responses.values()].flatMap(({ map }) => [...map.keys()]));
  if (ids.size === 0) return "no cluster found\n";
  const header = ["cluster id", ...[...responses.keys()].map(responder), "desynchronized"];
  const rows = [...ids].sort(compareText).map((id) => {
    const hashes = [...responses.values()].map(({ map }) => map.get(id));
    const differs = new Set(hashes).size > 1;
    return [id, ...hashes.map((hash) => hash?.toString() ?? ""), differs ? "X" : ""];
  });
  return boxTable([header, ...rows]);
}

function presenceTable(
  caption: string,
  columns: readonly string[],
  cellsOf: CellsOf,
  responses: Responses<ClusterInformations>,
): string {
  const rows = new Map<string, { cells: string[]; holders: Set<string> }>();
  for (const [id, { vec }] of responses) {
    for (const cells of vec.flatMap(cellsOf)) {
      const key = JSON.stringify(cells);
      const row = rows.get(key) ?? { cells, holders: new Set() };
      row.holders.add(id);
      rows.set(key, row);
    }
  }
  if (rows.size === 0) return "";
  const responders = [...responses.keys()];
  const lines = [...rows.values()].map(({ cells, holders }) => [
    ...cells,
    ...responders.map((id) => holders.has(id) ? "X" : ""),
  ]);
  return `${caption}:\n` + boxTable([[...columns, ...responders.map(responder)], ...lines]);
}

function responder(id: string): string {
  return id === "main" ? id : `worker ${id}`;
}

function configurationCells({ configuration }: ClusterInformation): string[][] {
  if (configuration === undefined) return [];
  return [[
    configuration.cluster_id,
    String(configuration.sticky_session),
    String(configuration.https_redirect),
  ]];
}

function httpCells(frontend: RequestHttpFrontend): string[] {
  return [frontend.cluster_id ?? "Deny", frontend.hostname, pathText(frontend.path)];
}

function streamCells(frontend: RequestTcpFrontend | RequestUdpFrontend): string[] {
  return [frontend.cluster_id, formatAddress(frontend.address)];
}

function backendCells({ backends }: ClusterInformation): string[][] {
  return backends.map((backend) => [
    backend.backend_id,
    formatAddress(backend.address),
    backend.backup === true ? "X" : "",
  ]);
}
