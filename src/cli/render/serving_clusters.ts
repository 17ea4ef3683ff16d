// The clusters that serve a host name, from routing tables like those of the workers: wildcards, expressions,
// prefixes and the order of rules apply as there.

import { formatAddress } from "../../../config/values/address.ts";
import type { ListedFrontends, RequestHttpFrontend } from "../../../config/schema/messages.ts";
import { toAsciiHost } from "../../routing/host/host_rule.ts";
import { RouteTable } from "../../routing/route_table.ts";
import { PathRuleKind, type RouteRule, RulePosition } from "../../routing/route_rule.ts";

const encoder = new TextEncoder();
const ANY_PATH = { kind: PathRuleKind.PREFIX, value: "" };

/**
 * Ids of the clusters behind the HTTP and HTTPS frontends that serve a host name, at a path when one is
 * given, whatever the method. A rule that is spelled exactly as asked for counts as well.
 */
export function clustersServing(
  { http_frontends, https_frontends }: ListedFrontends,
  hostname: string,
  path: string | undefined,
): Set<string> {
  const ids = new Set<string>();
  const add = (id: string | undefined) => id !== undefined && ids.add(id);
  const host = toAsciiHost(hostname.replace(/\.$/, "")) ?? hostname;
  for (const frontends of [http_frontends, https_frontends]) {
    for (const frontend of frontends) {
      const isPath = path === undefined || frontend.path.value === path;
      if (frontend.hostname === hostname && isPath) add(frontend.cluster_id);
    }
    for (const group of byAddress(frontends)) {
      const found = path === undefined ? servingHost(group, host) : routesOf(group, host, path);
      for (const { cluster_id } of found) add(cluster_id);
    }
  }
  return ids;
}

/** Each listener routes by itself. */
function byAddress(frontends: readonly RequestHttpFrontend[]): RequestHttpFrontend[][] {
  const groups = new Map<string, RequestHttpFrontend[]>();
  for (const frontend of frontends) {
    const address = formatAddress(frontend.address);
    const group = groups.get(address) ?? [];
    group.push(frontend);
    groups.set(address, group);
  }
  return [...groups.values()];
}

/**
 * Where requests for a path go, by any method that a rule names. Rules that ask for header fields come in
 * addition: what those hold is not asked.
 */
function routesOf(
  frontends: readonly RequestHttpFrontend[],
  host: string,
  path: string,
): RequestHttpFrontend[] {
  const open = frontends.filter(({ header_predicates }) => header_predicates.length === 0);
  const guarded = frontends.filter(({ header_predicates }) => header_predicates.length > 0);
  const methods = new Set(["GET", ...frontends.flatMap(({ method }) => method ?? [])]);
  return [open, ...guarded.map((frontend) => [frontend])].flatMap((group) => {
    const table = new RouteTable<RequestHttpFrontend>();
    for (const frontend of group) table.add(ruleOf(frontend), frontend);
    return [...methods].flatMap((method) => lookUp(table, host, path, method) ?? []);
  });
}

/**
 * The frontends of the host rules that requests for a host reach: a host of the tree that does not serve
 * every request passes the others on to the next one.
 */
function servingHost(
  frontends: readonly RequestHttpFrontend[],
  host: string,
): RequestHttpFrontend[] {
  const tree = new RouteTable<string>();
  const reached = new Map<string, boolean>();
  for (const { hostname, position } of frontends) {
    const rule = { position, hostname, path: ANY_PATH, method: null };
    // Of the tree the most particular names count, of the lists every one that matches.
    if (position === RulePosition.TREE) tree.add(rule, hostname);
    else if (!reached.has(hostname)) {
      const alone = new RouteTable<true>();
      alone.add(rule, true);
      reached.set(hostname, lookUp(alone, host, "/", "GET") === true);
    }
  }
  const inTree = new Set<string>();
  for (;;) {
    const hostname = lookUp(tree, host, "/", "GET");
    if (hostname === null) break;
    inTree.add(hostname);
    if (frontends.some((frontend) => frontend.hostname === hostname && servesAll(frontend))) break;
    tree.remove({ position: RulePosition.TREE, hostname, path: ANY_PATH, method: null });
  }
  return frontends.filter(({ hostname, position }) =>
    position === RulePosition.TREE ? inTree.has(hostname) : reached.get(hostname)
  );
}

/** Whether no request for its host passes this rule of the tree by. */
function servesAll(
  { position, path, method, header_predicates }: RequestHttpFrontend,
): boolean {
  const everyPath = path.kind === PathRuleKind.PREFIX && (path.value === "" || path.value === "/");
  return position === RulePosition.TREE && everyPath && method === undefined &&
    header_predicates.length === 0;
}

function ruleOf({ position, hostname, path, method }: RequestHttpFrontend): RouteRule {
  return { position, hostname, path, method: method ?? null };
}

function lookUp<R>(table: RouteTable<R>, host: string, path: string, method: string): R | null {
  const parts = [host, path, method].map((part) => encoder.encode(part));
  const [hostEnd = 0, pathEnd = 0, methodEnd = 0] = parts.map((_, index) =>
    parts.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0)
  );
  const bytes = encoder.encode(host + path + method);
  return table.lookup(bytes, 0, hostEnd, hostEnd, pathEnd, pathEnd, methodEnd);
}
