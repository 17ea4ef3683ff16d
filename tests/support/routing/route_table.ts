// How the tests of the route table call it: rules in one line, and lookups by text.

import { equal } from "node:assert/strict";
import type { RouteRule } from "../../../src/routing/route_rule.ts";
import { RouteTable } from "../../../src/routing/route_table.ts";

/** A rule in one line. */
export function rule(
  position: number,
  hostname: string,
  kind: number,
  value: string,
  method: string | null = null,
): RouteRule {
  return { position, hostname, path: { kind, value }, method };
}

/** A route's name and its rule. */
export type NamedRule = readonly [string, RouteRule];

/** A table that has accepted these rules. */
export function tableOf(rules: readonly NamedRule[]): RouteTable<string> {
  const table = new RouteTable<string>();
  for (const [route, added] of rules) equal(table.add(added, route), null, route);
  return table;
}

/** The route of a request. */
export function lookup(table: RouteTable<string>, method: string, host: string, path: string) {
  const bytes = new TextEncoder().encode(`${method}${host}${path}`);
  const hostEnd = method.length + host.length;
  return table.lookup(bytes, method.length, hostEnd, hostEnd, bytes.length, 0, method.length);
}
