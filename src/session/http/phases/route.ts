// What happens to a matched request before a backend is chosen, in the fixed order of sozu: closing
// without an answer, redirect, refusal, authentication, rewrite and edits, redirect to HTTPS. Only routes and clusters that
// ask for any of it come here.

import { redirectLocation } from "../../../answers/redirect_location.ts";
import { asciiBytes, asciiText, equalsIgnoreCase } from "../../../bytes/ascii.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { hostEndOf } from "../../../protocol/http/authority.ts";
import { addsXForwarded } from "../../../protocol/http/forwarding/family.ts";
import { deleteFields, deletesName, keptLines } from "../../../protocol/http/header_edits.ts";
import type { HeaderEdits } from "../../../protocol/http/header_edits.ts";
import { HeaderKind } from "../../../protocol/http/header_kind.ts";
import { Field, FieldFlag } from "../../../protocol/http/message_head.ts";
import { hostCaptures, pathCaptures } from "../../../routing/captures.ts";
import type { RouteEntry } from "../../../routing/route_entry.ts";
import type { Cluster } from "../../cluster.ts";
import type { Route } from "../../listener_context.ts";
import type { Exchange } from "../exchange.ts";
import { Reason } from "../../reason.ts";
import { type Refusal, type RoutePolicy, SILENT_CLOSE } from "../route_policy.ts";

/** `/` and visible ASCII without `#`. */
const ORIGIN_FORM = /^\/[\x21\x22\x24-\x7e]*$/;
const FORWARDED_HOST = asciiBytes("x-forwarded-host");

/** 0 to forward the request of `exchange`, or how it is refused. */
export function applyRoute(
  exchange: Exchange,
  entry: RouteEntry<Route>,
): Refusal | 0 {
  const { cluster, policy } = entry.route;
  if (policy !== null) {
    if (policy.silent) {
      exchange.account.reason = Reason.SILENT_CLOSE;
      return SILENT_CLOSE;
    }
    const status = applyPolicy(exchange, entry, policy, cluster);
    if (status !== 0) return status;
  }
  if (cluster === null) {
    exchange.account.reason = Reason.DENIED;
    return 401;
  }
  exchange.cluster = cluster;
  const { settings } = cluster;
  if (settings.httpsRedirect && exchange.client.listener.protocol === "http") {
    exchange.account.reason = Reason.REDIRECTED;
    exchange.ownExtras().location = redirectLocation({
      scheme: "https",
      authority: authorityText(exchange),
      port: settings.httpsRedirectPort,
      path: pathText(exchange),
    });
    return 301;
  }
  return 0;
}

function applyPolicy(
  exchange: Exchange,
  entry: RouteEntry<Route>,
  policy: RoutePolicy,
  cluster: Cluster | null,
): Refusal | 0 {
  const head = exchange.request;
  const rewritten = rewrite(exchange, entry, policy);
  if (policy.redirect !== null) {
    if (!isSendable(rewritten)) return refuseRewrite(exchange);
    exchange.ownExtras().location = redirectLocation({
      scheme: policy.redirectScheme ?? exchange.client.listener.protocol,
      authority: rewritten.host ?? authorityText(exchange),
      port: policy.rewritePort ?? cluster?.settings.httpsRedirectPort ?? null,
      path: rewritten.path ?? pathText(exchange),
    });
    exchange.ownExtras().template = policy.redirectTemplate;
    exchange.account.reason = Reason.REDIRECTED;
    return policy.redirect;
  }
  if (policy.unauthorized || cluster === null) {
    exchange.account.reason = Reason.DENIED;
    return 401;
  }
  exchange.cluster = cluster;
  if (policy.requiresAuth && !isAuthorized(exchange, cluster)) {
    exchange.account.reason = Reason.UNAUTHENTICATED;
    return 401;
  }
  if (!isSendable(rewritten)) return refuseRewrite(exchange);
  exchange.ownExtras().responseEdits = policy.responseEdits;
  if (rewritten.host !== null) overrideHost(exchange, asciiBytes(rewritten.host), true);
  if (rewritten.path !== null) head.targetOverride = asciiBytes(rewritten.path);
  if (policy.requestEdits !== null) editRequest(exchange, policy.requestEdits);
  return 0;
}

interface Rewritten {
  readonly host: string | null;
  readonly path: string | null;
}

function rewrite(
  exchange: Exchange,
  entry: RouteEntry<Route>,
  { rewriteHost, rewritePath }: RoutePolicy,
): Rewritten {
  if (rewriteHost === null && rewritePath === null) return { host: null, path: null };
  const head = exchange.request;
  const host = hostCaptures(entry, head.bytes, head.hostStart, head.hostEnd);
  const path = pathCaptures(entry, head.bytes, head.pathStart, head.pathEnd);
  return {
    host: rewriteHost?.render(host, path) ?? null,
    path: rewritePath?.render(host, path) ?? null,
  };
}

/**
 * Captures are the client's choice: what they rendered must still be an authority (RFC 9110 §7.2) and an
 * origin-form target (RFC 9112 §3.2.1), or the request would go where no rule has sent it.
 */
function isSendable({ host, path }: Rewritten): boolean {
  if (path !== null && !ORIGIN_FORM.test(path)) return false;
  return host === null || hostEndOf(asciiBytes(host), 0, host.length) > 0;
}

function refuseRewrite(exchange: Exchange): 400 {
  exchange.client.worker.counters.add(Counter.INVALID_REWRITES, 1);
  exchange.account.reason = Reason.INVALID_REWRITE;
  return 400;
}

/** Sends `host` instead of the client's, and tells the backend which one that was where it is to be told. */
function overrideHost(exchange: Exchange, host: Uint8Array, announce: boolean): void {
  const head = exchange.request;
  head.authorityOverride = host;
  if (!announce || !addsXForwarded(exchange.client.listener.forwarding.family)) return;
  dropField(exchange, FORWARDED_HOST);
  const line = `X-Forwarded-Host: ${authorityText(exchange)}\r\n`;
  exchange.ownExtras().requestLines.push(asciiBytes(line));
}

function editRequest(exchange: Exchange, edits: HeaderEdits): void {
  const head = exchange.request;
  deleteFields(head, edits);
  if (edits.host !== null) overrideHost(exchange, edits.host, false);
  if (edits.lines.length > 0) exchange.ownExtras().requestLines.push(edits.lines);
  exchange.ownExtras().certificateLines = keptLines(edits, exchange.client.certificateLines);
  const { forwarding } = exchange.client.listener;
  const idName = forwarding.idHeaderName.subarray(0, forwarding.idHeaderName.length - 2);
  exchange.ownExtras().forwarding = {
    ...forwarding,
    omitted: forwarding.omitted | edits.deletedKinds,
    omitId: deletesName(edits, idName),
  };
}

function dropField(exchange: Exchange, lower: Uint8Array): void {
  const head = exchange.request;
  for (let i = 0; i < head.count; i++) {
    const start = head.at(i, Field.NAME_START);
    const end = head.at(i, Field.NAME_END);
    if (equalsIgnoreCase(head.bytes, start, end, lower)) head.flag(i, FieldFlag.DROP);
  }
}

/** Checks the first Authorization field (RFC 7617). */
function isAuthorized(exchange: Exchange, cluster: Cluster): boolean {
  const head = exchange.request;
  let value: Uint8Array | null = null;
  for (let i = 0; i < head.count && value === null; i++) {
    if (!head.isKind(i, HeaderKind.AUTHORIZATION)) continue;
    value = head.bytes.subarray(head.at(i, Field.VALUE_START), head.at(i, Field.VALUE_END));
  }
  const { sha256, limits } = exchange.client.worker;
  return cluster.settings.authorized.allows(value, sha256, limits.maxCredentialBytes);
}

function authorityText(exchange: Exchange): string {
  const head = exchange.request;
  return asciiText(head.bytes, head.authorityStart, head.authorityEnd);
}

function pathText(exchange: Exchange): string {
  const head = exchange.request;
  return asciiText(head.bytes, head.pathStart, head.pathEnd);
}
