// Frontends as text: the answer of `frontend list`, and cells shared with the cluster tables.

import { formatAddress } from "../../config/address.ts";
import {
  type ListedFrontends,
  type PathRule,
  PathRuleKind,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  type RequestUdpFrontend,
  RulePosition,
} from "../../config/messages.ts";
import { boxTable } from "./box_table.ts";
import { enumName } from "./enum_names.ts";
import { byKey } from "./responders.ts";

export function renderFrontends(list: ListedFrontends): string {
  const tables = [
    httpTable("HTTP frontends", list.http_frontends),
    httpTable("HTTPS frontends", list.https_frontends),
    streamTable("TCP frontends", list.tcp_frontends),
    streamTable("UDP frontends", list.udp_frontends),
  ].filter((table) => table !== "");
  return tables.length === 0 ? "No frontend\n" : tables.join("\n");
}

/** `prefix '/api'`, `regexp '...'` or `equals '...'`. */
export function pathText({ kind, value }: PathRule): string {
  const name = kind === PathRuleKind.PREFIX
    ? "prefix"
    : kind === PathRuleKind.REGEX
    ? "regexp"
    : kind === PathRuleKind.EQUALS
    ? "equals"
    : `rule ${kind}`;
  return `${name} '${value}'`;
}

function httpTable(title: string, frontends: readonly RequestHttpFrontend[]): string {
  if (frontends.length === 0) return "";
  const header = ["cluster_id", "address", "hostname", "path", "method", "position", "tags"];
  const rows = frontends.map((frontend) => [
    frontend.cluster_id ?? "Deny",
    formatAddress(frontend.address),
    frontend.hostname,
    pathText(frontend.path),
    frontend.method ?? "any",
    enumName(RulePosition, frontend.position),
    tagsText(frontend.tags),
  ]);
  return boxTable([[title], header, ...rows]);
}

function streamTable(
  title: string,
  frontends: readonly (RequestTcpFrontend | RequestUdpFrontend)[],
): string {
  if (frontends.length === 0) return "";
  const named = frontends.some((frontend) => serverName(frontend) !== undefined);
  const rows = frontends.map((frontend) => [
    frontend.cluster_id,
    formatAddress(frontend.address),
    ...(named ? [serverName(frontend) ?? "any"] : []),
    tagsText(frontend.tags),
  ]);
  const header = ["Cluster ID", "address", ...(named ? ["sni"] : []), "tags"];
  return boxTable([[title], header, ...rows]);
}

function serverName(frontend: RequestTcpFrontend | RequestUdpFrontend): string | undefined {
  return "sni" in frontend ? frontend.sni : undefined;
}

function tagsText(tags: ReadonlyMap<string, string>): string {
  return byKey(tags).map(([key, value]) => `${key}=${value}`).join(", ");
}
