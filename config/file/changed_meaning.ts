// Routes of a file that mean something else than they meant in sozu 2.1, from which the file may be: expressions
// for paths match the whole path, methods have their case, hosts are tried in another order. Each is remarked on
// where it stands, with what to write instead; a route that both versions read the same is passed over.

import { type HostRule, parseHostRule } from "../../src/routing/host/host_rule.ts";
import { RouteError } from "../../src/routing/route_rule.ts";
import { PathRuleKind, type RequestHttpFrontend, RulePosition } from "../schema/messages.ts";
import { listenerActOf, takesRoutes } from "../state/listener_kinds.ts";
import { formatAddress } from "../values/address.ts";
import { anchored, searching, spansWhole } from "./path_anchors.ts";
import { type PlaceOf, type Problems, quote } from "./problem.ts";
import type { PlacedRequest } from "./requests.ts";

/** One route of the file. */
interface Route {
  readonly frontend: RequestHttpFrontend;
  readonly at: PlaceOf;
}

/** A route in the tree of hosts. */
interface TreeRoute extends Route {
  readonly host: HostRule;
}

/** Methods whose case sozu 2.1 did not look at. */
const FOLDED: ReadonlySet<string> = new Set(
  ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"],
);

/** Warns of every route in `requests` whose meaning has changed. */
export function warnOfChangedMeaning(requests: readonly PlacedRequest[], problems: Problems): void {
  const byAddress = new Map<string, TreeRoute[]>();
  for (const { request: { request_type: verb }, at } of requests) {
    if (verb === null) continue;
    const done = listenerActOf(verb.kind);
    if (done?.act !== "addFrontend" || !takesRoutes(done.kind)) continue;
    const value = verb.value as RequestHttpFrontend;
    const route = { frontend: value, at };
    warnOfPath(route, problems);
    warnOfMethod(route, problems);
    const host = parseHostRule(value.hostname, true);
    if (value.position !== RulePosition.TREE || host instanceof RouteError) continue;
    const placed = { ...route, host };
    warnOfCaptures(placed, problems);
    const key = `${done.kind.protocol} ${formatAddress(value.address)}`;
    const routes = byAddress.get(key) ?? [];
    routes.push(placed);
    byAddress.set(key, routes);
  }
  for (const routes of byAddress.values()) warnOfHosts(routes, problems);
}

function warnOfPath({ frontend: { path: { kind, value } }, at }: Route, problems: Problems): void {
  if (kind !== PathRuleKind.REGEX || spansWhole(value)) return;
  problems.warn(
    at("path"),
    `Expression ${
      quote(value)
    } matches the whole path with its query, in sozu 2.1 it matched any part: ` +
      `write ${quote(searching(value))} for the meaning it had, or ${quote(anchored(value))}`,
  );
}

function warnOfMethod({ frontend: { method }, at }: Route, problems: Problems): void {
  const upper = method?.toUpperCase();
  if (method === undefined || upper === undefined || upper === method || !FOLDED.has(upper)) return;
  problems.warn(
    at("method"),
    `Method ${quote(method)} matches in this case only, in sozu 2.1 in any case: write ${
      quote(upper)
    }`,
  );
}

/** Groups of a host are numbered from left to right; sozu 2.1 began with the rightmost label of the tree. */
function warnOfCaptures({ frontend, host, at }: TreeRoute, problems: Problems): void {
  if (host.kind !== "regex") return;
  const counts = host.labels.map(({ regex }) => regex?.groupCount ?? 0);
  if (counts.filter((count) => count > 0).length < 2) return;
  for (const field of ["rewrite_host", "rewrite_path"] as const) {
    if (!/\$HOST\[0*[1-9]/.test(frontend[field] ?? "")) continue;
    problems.warn(
      at(field),
      "Groups of the host are numbered from its left, in sozu 2.1 they were from its rightmost label: " +
        "write $HOST[n] in the new order",
    );
  }
}

/** Of the routes of one listener: one remark of each kind, however many hosts it is about. */
function warnOfHosts(routes: readonly TreeRoute[], problems: Problems): void {
  const hosts = new Map(routes.map((route) => [route.host.text, route]));
  const expressions = [...hosts.values()].filter(({ host }) => host.kind === "regex");
  const covers = (name: string) =>
    hosts.has(name.includes(".") ? `*${name.slice(name.indexOf("."))}` : "*") ||
    expressions.some(({ host }) => host.kind === "regex" && host.whole.test(name));
  const complete = new Set(routes.filter(servesAll).map(({ host }) => host.text));
  const passing = [...hosts.values()].filter(({ host }) =>
    host.kind === "exact" && !complete.has(host.text) && covers(host.text)
  );
  const [first] = passing;
  if (first !== undefined) {
    problems.warn(
      first.at("hostname"),
      `${
        named(passing)
      } passes requests that none of its frontends serves on to the next host that fits, ` +
        "in sozu 2.1 they were answered 404: write a frontend without path and with " +
        "redirect = 'unauthorized' for the host to keep them from there",
    );
  }
  const earlier = expressions.filter(({ host }) => hidden(host, hosts));
  const [overtaking] = earlier;
  if (overtaking === undefined) return;
  problems.warn(
    overtaking.at("hostname"),
    `${
      named(earlier)
    } is tried before the wildcard beside it, in sozu 2.1 after it: write an expression that ` +
      "leaves out what the wildcard shall have",
  );
}

/** No request for the host is left over. */
function servesAll({ frontend: { path, method, header_predicates } }: TreeRoute): boolean {
  const all = path.kind === PathRuleKind.PREFIX && (path.value === "" || path.value === "/");
  return all && method === undefined && header_predicates.length === 0;
}

/** Is there a wildcard with the same labels behind the expression? */
function hidden(host: HostRule, hosts: ReadonlyMap<string, TreeRoute>): boolean {
  if (host.kind !== "regex") return false;
  const [leftmost] = host.labels;
  if (leftmost === undefined || leftmost.regex === null) return false;
  const behind = host.text.slice(leftmost.text.length + 2);
  return hosts.has(`*${behind}`);
}

/** The first hosts by name, and how many there are. */
function named(routes: readonly TreeRoute[]): string {
  const names = routes.slice(0, 3).map(({ frontend }) => quote(frontend.hostname));
  const more = routes.length - names.length;
  const list = names.join(", ") + (more > 0 ? ` and ${more} more` : "");
  return routes.length === 1 ? `Host ${list}` : `Each of the hosts ${list}`;
}
