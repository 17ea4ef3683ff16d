// What a frontend says about the requests it is for, in the words of the routing table.

import type { HeaderPredicate, RouteRule } from "../../src/routing/route_rule.ts";
import type {
  HeaderPredicate as PredicateMessage,
  RequestHttpFrontend,
} from "../schema/messages.ts";

/** The rule of a frontend. */
export function routeRule(
  { position, hostname, path, method, header_predicates }: RequestHttpFrontend,
): RouteRule {
  return {
    position,
    hostname,
    path,
    method: method ?? null,
    predicates: header_predicates.map(headerPredicate),
  };
}

/** One header predicate of a frontend; the kinds have the numbers of the wire. */
export function headerPredicate({ name, kind, value }: PredicateMessage): HeaderPredicate {
  return { name, kind, value: value ?? null };
}
