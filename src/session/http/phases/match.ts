// The first phase of an exchange: may the request be made on this connection, which route is it for, and
// may its client have another connection to that route's cluster?

import { Counter } from "../../../observe/metrics/counters.ts";
import { hasBody } from "../../../protocol/h1/request_rules.ts";
import type { Route } from "../../listener_context.ts";
import type { Exchange } from "../exchange.ts";
import type { Refusal } from "../route_policy.ts";
import { tellNoRoute } from "./no_route_report.ts";
import { Reason } from "../../reason.ts";
import { applyRoute } from "./route.ts";
import { readStickyCookie } from "../sticky.ts";

/** Finds the cluster of the request; 0, or how it is refused instead. */
export function matchRoute(exchange: Exchange): Refusal | 0 {
  const { client, request: head } = exchange;
  const { binding, listener, worker } = client;
  if (binding !== null) {
    if (!binding.accepts(head.bytes, head.authorityStart, head.authorityEnd)) {
      worker.counters.add(Counter.AUTHORITY_MISMATCH, 1);
      exchange.account.reason = Reason.MISDIRECTED;
      return 421;
    }
    if (binding.isOther && exchange.account.protocol === "h2") {
      worker.h2Counters.coalescedRequests++;
    }
  }
  // Before routes are asked, which may demand such a header: no client can pretend to have a certificate.
  listener.clientHeaders?.drop(head);
  const entry = listener.routes.match(
    head.bytes,
    head.hostStart,
    head.hostEnd,
    head.pathStart,
    head.pathEnd,
    head.methodStart,
    head.methodEnd,
    head,
  );
  if (exchange.connects && !mayConnect(entry?.route)) {
    exchange.account.reason = Reason.METHOD_REFUSED;
    return 405;
  }
  if (entry === null) {
    exchange.account.reason = Reason.NO_ROUTE;
    tellNoRoute(head, listener, worker.loggerOf);
    return 404;
  }
  const { cluster, policy, hsts, tags } = entry.route;
  exchange.cluster = cluster;
  exchange.account.cluster = cluster;
  exchange.account.tags = tags;
  if (hsts !== null) exchange.hsts = hsts.header;
  if (policy !== null || cluster === null || cluster.settings.httpsRedirect) {
    const status = applyRoute(exchange, entry);
    if (status !== 0 || cluster === null) return status;
  }
  if (exchange.connects) {
    const refusal = checkConnect(exchange);
    if (refusal !== 0) return refusal;
  }
  if (worker.stickyInUse) readStickyCookie(exchange);
  if (worker.clientLimits.admit(client, cluster)) return 0;
  exchange.ownExtras().retryAfter = cluster.settings.retryAfter ?? worker.limits.retryAfter;
  exchange.account.reason = Reason.CLIENT_LIMITED;
  return 429;
}

/** Whether a CONNECT for the route is allowed, or closed without an answer as everything for it is. */
function mayConnect(route: Route | undefined): boolean {
  return route?.policy?.silent === true || route?.cluster?.settings.allowConnect === true;
}

/**
 * A CONNECT that its cluster allows names where the tunnel leads, and has no content (RFC 9110 §9.3.6):
 * what a route would rewrite or a body would hide is refused.
 */
function checkConnect({ request: head, account }: Exchange): 0 | 400 | 405 {
  if (hasBody(head)) {
    account.reason = Reason.MALFORMED_REQUEST;
    return 400;
  }
  if (head.authorityOverride === null && head.targetOverride === null) return 0;
  account.reason = Reason.METHOD_REFUSED;
  return 405;
}
