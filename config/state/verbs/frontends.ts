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
    auditVerb: `${kind.protocol}_frontend_removed`,
    event: EventKind.FRONTEND_REMOVED,
    change: (route) => `${routeText(route)} is not routed any more`,
  };
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
      (kind.protocol === "udp" ? unfitUdpFrontend(tables, frontend.cluster_id) : null) ??
        (tables[kind.frontends] as StreamFrontends).add(frontend),
    undo: (tables, frontend) => undoStreamAddition(tables, kind, frontend),
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
    auditVerb: `${kind.protocol}_frontend_removed`,
    event: EventKind.FRONTEND_REMOVED,
    change: (frontend) => `${streamText(frontend)} goes to cluster ${frontend.cluster_id} no more`,
  };
}

function streamRow({ protocol }: StreamKind) {
  return {
    runsOn: "all",
    scope: ({ address, cluster_id }: StreamFrontend) =>
      `${protocol} ${formatAddress(address)} ${cluster_id}`,
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

function routeText({ hostname, path, address, method }: RequestHttpFrontend): string {
  const what = method === undefined ? "" : `${method} `;
  return `${what}${hostname}${pathSuffix(path)} at ${formatAddress(address)}`;
}

/** Prefixes and exact paths read as part of the name; expressions do not. */
function pathSuffix(path: PathRule): string {
  const text = pathText(path);
  return text.startsWith("/") ? text : text === "*" ? "" : ` (path ${text})`;
}

function streamText({ address, sni }: Pick<StreamFrontend, "address" | "sni">): string {
  return (sni === undefined ? "" : `${sni} at `) + formatAddress(address);
}
