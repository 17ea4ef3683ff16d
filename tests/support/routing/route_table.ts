// How the tests of the route table call it: rules in one line, and lookups by text.

import { equal } from "node:assert/strict";
import { MessageHead } from "../../../src/protocol/http/message_head.ts";
import type { HeaderPredicate, RouteRule } from "../../../src/routing/route_rule.ts";
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

/** The same rule for requests with certain fields only. */
export function guarded(open: RouteRule, ...predicates: readonly HeaderPredicate[]): RouteRule {
  return { ...open, predicates };
}

/** A head that has these fields and nothing else. */
export function headOf(fields: readonly (readonly [name: string, value: string])[]): MessageHead {
  const encoder = new TextEncoder();
  const parts = fields.flat().map((text) => encoder.encode(text));
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  const head = new MessageHead(bytes);
  const bounds = [0];
  for (const part of parts) {
    const at = bounds.at(-1) ?? 0;
    bytes.set(part, at);
    bounds.push(at + part.length);
  }
  fields.forEach((_, index) => {
    const [start = 0, middle = 0, end = 0] = bounds.slice(index * 2, index * 2 + 3);
    head.push(start, middle, middle, end, end, 0);
  });
  return head;
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
export function lookup(
  table: RouteTable<string>,
  method: string,
  host: string,
  path: string,
  head: MessageHead | null = null,
) {
  const bytes = new TextEncoder().encode(`${method}${host}${path}`);
  const hostEnd = method.length + host.length;
  return table.lookup(bytes, method.length, hostEnd, hostEnd, bytes.length, 0, method.length, head);
}
