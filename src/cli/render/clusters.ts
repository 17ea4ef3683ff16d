// Clusters as text. Main and every worker answer the same query; the tables show which of them have each row, so a
// worker with another state is visible.

import { formatAddress } from "../../../config/values/address.ts";
import { DEFAULT_SHARD_MIN_BACKENDS } from "../../../config/defaults.ts";
import {
  type Cluster,
  type ClusterHashes,
  type ClusterInformation,
  type ClusterInformations,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  type RequestUdpFrontend,
  ShardMode,
} from "../../../config/schema/messages.ts";
import { compareText } from "../../../config/values/text_order.ts";
import { pathText } from "../../../config/values/path_text.ts";
import { enumName } from "../options/enum_names.ts";
import { headerNames } from "./frontends.ts";
import { boxTable, type Column, firm, type TableView } from "./table.ts";

type Responses<T> = ReadonlyMap<string, T>;
type CellsOf = (cluster: ClusterInformation) => string[][];

const STREAM_COLUMNS = ["id", firm("address")];
const CLUSTER_COLUMNS = [
  "id",
  firm("sticky"),
  firm("to https"),
  "affinity",
  "shards",
  firm("attempts"),
];
const HTTP_COLUMNS = ["id", "host", "path", firm("address")];

const TABLES: readonly (readonly [caption: string, columns: Column[], cells: CellsOf])[] = [
  ["Clusters", CLUSTER_COLUMNS, configurationCells],
  ["HTTP frontends", HTTP_COLUMNS, (cluster) => cluster.http_frontends.map(httpCells)],
  ["HTTPS frontends", HTTP_COLUMNS, (cluster) => cluster.https_frontends.map(httpCells)],
  ["TCP frontends", STREAM_COLUMNS, (cluster) => cluster.tcp_frontends.map(streamCells)],
  ["UDP frontends", STREAM_COLUMNS, (cluster) => cluster.udp_frontends.map(streamCells)],
  ["Backends", ["id", firm("address"), firm("backup")], backendCells],
];

/** One table for each kind of object, with the responders that have each row. */
export function renderClusters(
  responses: Responses<ClusterInformations>,
  view: TableView,
): string {
  const tables = TABLES.map(([caption, columns, cells]) =>
    presenceTable(caption, columns, cells, responses, view)
  ).filter((table) => table !== "");
  return tables.length === 0 ? "no cluster found\n" : tables.join("\n");
}

/** Hash of each cluster per responder; the last column names those that have another one than main. */
export function renderClusterHashes(responses: Responses<ClusterHashes>, view: TableView): string {
  const ids = new Set([...responses.values()].flatMap(({ map }) => [...map.keys()]));
  if (ids.size === 0) return "no cluster found\n";
  const head: Column[] = ["cluster", "hash", firm("known to")];
  const rows = [...ids].sort(compareText).flatMap((id) => {
    const holders = new Map<string, string[]>();
    for (const [responder, { map }] of responses) {
      const hash = map.get(id)?.toString() ?? "(unknown)";
      holders.set(hash, [...holders.get(hash) ?? [], responder]);
    }
    return [...holders].map(([hash, known]) => [id, hash, holdersText(known, responses)]);
  });
  return boxTable(head, rows, view);
}

/** `all`, or `main, worker 0, worker 2`. */
function holdersText(holders: readonly string[], responses: Responses<unknown>): string {
  if (holders.length === responses.size) return "all";
  return holders.map((id) => id === "main" ? id : `worker ${id}`).join(", ");
}

function presenceTable(
  caption: string,
  columns: readonly Column[],
  cellsOf: CellsOf,
  responses: Responses<ClusterInformations>,
  view: TableView,
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
  const lines = [...rows.values()].map(({ cells, holders }) => [
    ...cells,
    holdersText([...responses.keys()].filter((id) => holders.has(id)), responses),
  ]);
  return `${caption}:\n` + boxTable([...columns, firm("known to")], lines, view);
}

function configurationCells({ configuration }: ClusterInformation): string[][] {
  if (configuration === undefined) return [];
  return [[
    configuration.cluster_id,
    yesNo(configuration.sticky_session),
    yesNo(configuration.https_redirect),
    affinityText(configuration),
    shardingText(configuration),
    configuration.max_connection_attempts?.toString() ?? "global",
  ]];
}

function affinityText({ affinity_header, affinity_cookie }: Cluster): string {
  if (affinity_header !== undefined) return `header:${affinity_header}`;
  return affinity_cookie === undefined ? "source_ip" : `cookie:${affinity_cookie}`;
}

function shardingText(cluster: Cluster): string {
  const { shard_percent, shard_min_backends, shard_mode } = cluster;
  if (shard_percent === undefined) return "off";
  const least = shard_min_backends ?? DEFAULT_SHARD_MIN_BACKENDS;
  const mode = enumName(ShardMode, shard_mode ?? ShardMode.FALLBACK);
  return `${shard_percent}% from ${least} backends, ${mode}`;
}

function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

function httpCells(frontend: RequestHttpFrontend): string[] {
  return [
    frontend.cluster_id ?? "(denied)",
    frontend.hostname,
    pathText(frontend.path) + withHeaders(frontend),
    formatAddress(frontend.address),
  ];
}

function withHeaders(frontend: RequestHttpFrontend): string {
  const names = headerNames(frontend);
  return names === "" ? "" : ` with ${names}`;
}

function streamCells(frontend: RequestTcpFrontend | RequestUdpFrontend): string[] {
  return [frontend.cluster_id, formatAddress(frontend.address)];
}

function backendCells({ backends }: ClusterInformation): string[][] {
  return backends.map((backend) => [
    backend.backend_id,
    formatAddress(backend.address),
    yesNo(backend.backup === true),
  ]);
}
