// The verbs about frontends, made from the rows of listener_kinds.ts: frontends that are routes (HTTP, HTTPS), and
// frontends of streams (TCP, UDP).

import { validateMessage } from "../../rules/validate.ts";
import { misplacedHsts } from "../../rules/whole_rules.ts";
import {
  EventKind,
  type PathRule,
  RequestHttpFrontend,
  type SocketAddress,
} from "../../schema/messages.ts";
import {
  undoRouteAddition,
  undoRouteRemoval,
  undoStreamAddition,
  undoStreamRemoval,
} from "../../undo/frontend.ts";
import { formatAddress } from "../../values/address.ts";
import { pathText } from "../../values/path_text.ts";
import { goneWithCluster } from "./cascade.ts";
import { tcpFrontendOfKey } from "./affinity.ts";
import type { ConfigError } from "../config_error.ts";
import { routeKey } from "../http_frontends.ts";
import { isRouteInForce } from "./in_force.ts";
import {
  ALL_LISTENER_KINDS,
  LISTENER_KINDS,
  type ListenerKind,
  type RouteKind,
  type StreamKind,
  takesRoutes,
  takesStreams,
  type VerbOfKind,
} from "../listener_kinds.ts";
import type { StreamFrontend, StreamFrontends } from "../stream_frontends.ts";
import type { ReadonlyTables } from "../tables.ts";
import { unfitUdpFrontend } from "../../rules/unix_backends.ts";
import type { EventObject, Rows, VerbRow } from "./row.ts";

type FrontendVerb = VerbOfKind<ListenerKind["protocol"], "addFrontend" | "removeFrontend">;

/** A row for each verb that adds or removes a frontend. */
export const FRONTEND_ROWS = Object.fromEntries([
  ...ALL_LISTENER_KINDS.filter(takesRoutes).flatMap((kind) => [
    [kind.verbs.addFrontend, routeAdditionRow(kind)],
    [kind.verbs.removeFrontend, routeRemovalRow(kind)],
  ]),
  ...ALL_LISTENER_KINDS.filter(takesStreams).flatMap((kind) => [
    [kind.verbs.addFrontend, streamAdditionRow(kind)],
    [kind.verbs.removeFrontend, streamRemovalRow(kind)],
  ]),
]) as
  & { readonly [K in FrontendVerb]: { mutate: NonNullable<VerbRow["mutate"]> } }
  & Rows<FrontendVerb>;

function routeAdditionRow(kind: RouteKind): VerbRow<RequestHttpFrontend> {
  return {
    ...routeRow(kind),
    ...(kind.protocol === LISTENER_KINDS.http.protocol
      ? { validate: (route) => validateMessage(RequestHttpFrontend, route) ?? misplacedHsts(route) }
      : {}),
    mutate: (tables, route) => tables[kind.frontends].add(route),
    undo: (_, route) => undoRouteAddition(kind, route),
    binds: ({ address }) => ({ kind, address }),
    inForce: (tables, route) => isRouteInForce(tables, kind, route),
    auditVerb: `${kind.protocol}_frontend_added`,
    event: EventKind.FRONTEND_ADDED,
    change: (route) => {
      const { cluster_id } = route;
      const who = cluster_id === undefined ? "nobody (denied)" : `cluster ${cluster_id}`;
      return `${routeText(route)} goes to ${who}`;
    },
  };
}

function routeRemovalRow(kind: RouteKind): VerbRow<RequestHttpFrontend> {
  return {
    ...routeRow(kind),
    mutate: (tables, route) => tables[kind.frontends].remove(route),
    undo: (tables, route) => undoRouteRemoval(tables, kind, route),
    gone: (tables, route) => goneRoute(tables, kind, route),
    auditVerb: `${kind.protocol}_frontend_removed`,
    event: EventKind.FRONTEND_REMOVED,
    change: (route) => `${routeText(route)} is not routed any more`,
  };
}

/** A route that denies belongs to no cluster. */
function goneRoute(
  tables: ReadonlyTables,
  kind: RouteKind,
  route: RequestHttpFrontend,
): string | null {
  const { cluster_id } = route;
  const reason = cluster_id === undefined ? null : goneWithCluster(tables, cluster_id);
  const owner = tables[kind.frontends].entries().get(routeKey(route));
  if (reason === null || owner === undefined) return reason;
  const whose = owner.cluster_id === undefined ? "nobody" : `cluster "${owner.cluster_id}"`;
  return `${reason}, and the route belongs to ${whose}`;
}

function routeRow({ protocol }: RouteKind) {
  return {
    runsOn: "all",
    scope: (route: RequestHttpFrontend) => `${protocol} ${routeKey(route)}`,
    subject: ({ hostname, address, cluster_id }: RequestHttpFrontend) => ({
      target: `frontend:${protocol}:${hostname}:${formatAddress(address)}`,
      clusterId: cluster_id,
    }),
    eventObject: frontendObject,
  } as const;
}

function streamAdditionRow(kind: StreamKind): VerbRow<StreamFrontend> {
  const { missing } = kind;
  return {
    ...streamRow(kind),
    ...(missing === undefined ? {} : { missing: () => [missing.frontends, "address"] as const }),
    // Each kind has the frontends of its own messages.
    mutate: (tables, frontend) =>
      unfitStream(tables, kind, frontend) ??
        (tables[kind.frontends] as StreamFrontends).add(frontend),
    undo: (_, frontend) => undoStreamAddition(kind, frontend),
    binds: ({ address }) => ({ kind, address }),
    inForce: (tables, frontend) => tables[kind.frontends].has(frontend),
    auditVerb: `${kind.protocol}_frontend_added`,
    event: EventKind.FRONTEND_ADDED,
    change: (frontend) => `${streamText(frontend)} goes to cluster ${frontend.cluster_id}`,
  };
}

function streamRemovalRow(kind: StreamKind): VerbRow<StreamFrontend> {
  return {
    ...streamRow(kind),
    mutate: (tables, frontend) => tables[kind.frontends].remove(frontend),
    undo: (tables, frontend) => undoStreamRemoval(tables, kind, frontend),
    gone: (tables, { cluster_id }) => goneWithCluster(tables, cluster_id),
    auditVerb: `${kind.protocol}_frontend_removed`,
    event: EventKind.FRONTEND_REMOVED,
    change: (frontend) => `${streamText(frontend)} goes to cluster ${frontend.cluster_id} no more`,
  };
}

function streamRow({ protocol }: StreamKind) {
  return {
    runsOn: "all",
    // Frontends of one address exclude each other.
    scope: ({ address }: StreamFrontend) => `${protocol} ${formatAddress(address)}`,
    subject: ({ cluster_id, address }: StreamFrontend) => ({
      target: `frontend:${protocol}:${cluster_id}:${formatAddress(address)}`,
      clusterId: cluster_id,
    }),
    eventObject: frontendObject,
  } as const;
}

function frontendObject(
  { cluster_id, address }: { readonly cluster_id?: string; readonly address: SocketAddress },
): EventObject {
  return { cluster_id, address };
}

function routeText(route: RequestHttpFrontend): string {
  const { hostname, path, address, method, header_predicates } = route;
  const what = method === undefined ? "" : `${method} `;
  const names = header_predicates.map(({ name }) => name.toLowerCase());
  const headers = names.length === 0 ? "" : ` with header ${names.join(", ")}`;
  return `${what}${hostname}${pathSuffix(path)}${headers} at ${formatAddress(address)}`;
}

/** Prefixes and exact paths read as part of the name; expressions do not. */
function pathSuffix(path: PathRule): string {
  const text = pathText(path);
  return text.startsWith("/") ? text : text === "*" ? "" : ` (path ${text})`;
}

function streamText({ address, sni, alpn = [] }: StreamFrontend): string {
  const protocols = alpn.length === 0 ? "" : ` (${alpn.join(", ")})`;
  return (sni === undefined ? "" : `${sni}${protocols} at `) + formatAddress(address);
}

/** Why the cluster of a frontend cannot have one of this kind, or `null`. */
function unfitStream(
  tables: ReadonlyTables,
  { protocol }: StreamKind,
  frontend: StreamFrontend,
): ConfigError | null {
  return protocol === LISTENER_KINDS.tcp.protocol
    ? tcpFrontendOfKey(tables, frontend)
    : unfitUdpFrontend(tables, frontend.cluster_id);
}
