// Frontends as text: the answer of `frontend list`, and cells shared with the cluster tables.

import { formatAddress } from "../../../config/values/address.ts";
import { pathText } from "../../../config/values/path_text.ts";
import {
  type ListedFrontends,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  type RequestUdpFrontend,
  RulePosition,
} from "../../../config/schema/messages.ts";
import { enumName } from "../options/enum_names.ts";
import { byKey } from "../responders.ts";
import { boxTable, type Column, firm, type TableView } from "./table.ts";

/** A column with what it says of a frontend; left out where it says nothing, unless it is kept. */
interface Part<F> {
  readonly column: Column;
  readonly cell: (frontend: F) => string;
  readonly kept?: true;
}

const HTTP_PARTS: readonly Part<RequestHttpFrontend>[] = [
  { column: "host", cell: ({ hostname }) => hostname, kept: true },
  { column: "path", cell: ({ path }) => pathText(path), kept: true },
  { column: firm("method"), cell: ({ method }) => method ?? "" },
  { column: "headers", cell: headerNames },
  { column: "cluster", cell: ({ cluster_id }) => cluster_id ?? "(denied)", kept: true },
  { column: firm("address"), cell: ({ address }) => formatAddress(address), kept: true },
  { column: "tags", cell: ({ tags }) => tagsText(tags) },
];

const POSITION: Part<RequestHttpFrontend> = {
  column: firm("position"),
  cell: ({ position }) => enumName(RulePosition, position),
};

const STREAM_PARTS: readonly Part<RequestTcpFrontend | RequestUdpFrontend>[] = [
  { column: firm("address"), cell: ({ address }) => formatAddress(address), kept: true },
  { column: "server name", cell: (frontend) => ("sni" in frontend ? frontend.sni : "") ?? "" },
  { column: "protocols", cell: (frontend) => "alpn" in frontend ? frontend.alpn.join(", ") : "" },
  { column: "cluster", cell: ({ cluster_id }) => cluster_id, kept: true },
  { column: "tags", cell: ({ tags }) => tagsText(tags) },
];

export function renderFrontends(list: ListedFrontends, view: TableView): string {
  const http = view.verbose ? [...HTTP_PARTS, POSITION] : HTTP_PARTS;
  const tables = [
    partsTable("HTTP frontends", http, list.http_frontends, view),
    partsTable("HTTPS frontends", http, list.https_frontends, view),
    partsTable("TCP frontends", STREAM_PARTS, list.tcp_frontends, view),
    partsTable("UDP frontends", STREAM_PARTS, list.udp_frontends, view),
  ].filter((table) => table !== "");
  return tables.length === 0 ? "No frontend\n" : tables.join("\n");
}

function partsTable<F>(
  title: string,
  parts: readonly Part<F>[],
  frontends: readonly F[],
  view: TableView,
): string {
  if (frontends.length === 0) return "";
  const told = parts.filter(({ cell, kept }) =>
    kept || frontends.some((each) => cell(each) !== "")
  );
  const rows = frontends.map((frontend) => told.map(({ cell }) => cell(frontend)));
  return `${title}:\n` + boxTable(told.map(({ column }) => column), rows, view);
}

/** Names of the headers that are asked for; what is asked of them may be a secret. */
export function headerNames({ header_predicates }: RequestHttpFrontend): string {
  return header_predicates.map(({ name }) => name.toLowerCase()).join(", ");
}

function tagsText(tags: ReadonlyMap<string, string>): string {
  return byKey(tags).map(([key, value]) => `${key}=${value}`).join(", ");
}
