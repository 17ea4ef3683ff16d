// How to take a change back: looks at what a request is about to touch, and afterwards names the
// requests that restore it. The cost is that of the objects touched, not of the whole state. Knows
// nothing of who applies or refuses requests.

import { formatAddress } from "../values/address.ts";
import type { AddBackend, Cluster, RequestHttpFrontend } from "../schema/messages.ts";
import type { ConfigState } from "../state/state.ts";
import { backendKey } from "../state/backends.ts";
import { routeKey } from "../state/http_frontends.ts";
import { placeKey, type StreamFrontend } from "../state/stream_frontends.ts";
import type { Verb } from "../state/verbs.ts";
import { undoCertificate } from "./certificate.ts";
import { undoListener } from "./listener.ts";
import { NOTHING, request, type Undo } from "./parts.ts";

export type { Undo } from "./parts.ts";

/** Remembers what `verb` will touch in `state`. Call it before the verb is applied. */
export function prepareUndo(state: ConfigState, verb: Verb): Undo {
  return undoCluster(state, verb) ?? undoFrontend(state, verb) ?? undoBackend(state, verb) ??
    undoListener(state, verb) ?? undoCertificate(state, verb) ?? NOTHING;
}

/** The object a verb changes, as a name; two verbs that could undo each other share it. */
export function scopeOf(verb: Verb): string {
  switch (verb.kind) {
    case "add_cluster":
      return `cluster ${verb.value.cluster_id}`;
    case "remove_cluster":
    case "remove_health_check":
      return `cluster ${verb.value}`;
    case "set_health_check":
      return `cluster ${verb.value.cluster_id}`;
    case "add_http_frontend":
    case "remove_http_frontend":
      return `http ${routeKey(verb.value)}`;
    case "add_https_frontend":
    case "remove_https_frontend":
      return `https ${routeKey(verb.value)}`;
    case "add_tcp_frontend":
    case "remove_tcp_frontend":
      return `tcp ${formatAddress(verb.value.address)} ${verb.value.cluster_id}`;
    case "add_udp_frontend":
    case "remove_udp_frontend":
      return `udp ${formatAddress(verb.value.address)} ${verb.value.cluster_id}`;
    case "add_backend":
    case "remove_backend":
      return `backend ${backendKey(verb.value)} ${verb.value.cluster_id}`;
    case "add_certificate":
    case "replace_certificate":
    case "remove_certificate":
      return `certificates ${formatAddress(verb.value.address)}`;
    default:
      return listenerScope(verb) ?? verb.kind;
  }
}

function listenerScope(verb: Verb): string | null {
  switch (verb.kind) {
    case "add_http_listener":
    case "add_https_listener":
    case "add_tcp_listener":
    case "add_udp_listener":
    case "update_http_listener":
    case "update_https_listener":
    case "update_tcp_listener":
    case "update_udp_listener":
    case "replace_http_listener":
    case "replace_https_listener":
    case "replace_tcp_listener":
    case "replace_udp_listener":
    case "remove_listener":
    case "activate_listener":
    case "deactivate_listener":
      // Listeners of several protocols may share an address and then exclude each other.
      return `listener ${formatAddress(verb.value.address)}`;
    default:
      return null;
  }
}

function undoCluster({ tables }: ConfigState, verb: Verb): Undo | null {
  const restore = (id: string): Undo => {
    const before: Cluster | undefined = tables.clusters.get(id);
    return before === undefined
      ? () => [request({ kind: "remove_cluster", value: id })]
      : () => [request({ kind: "add_cluster", value: before })];
  };
  switch (verb.kind) {
    case "add_cluster":
    case "set_health_check":
      return restore(verb.value.cluster_id);
    case "remove_cluster":
    case "remove_health_check":
      return restore(verb.value);
    default:
      return null;
  }
}

function undoFrontend({ tables }: ConfigState, verb: Verb): Undo | null {
  switch (verb.kind) {
    case "add_http_frontend":
      return () => [request({ kind: "remove_http_frontend", value: verb.value })];
    case "add_https_frontend":
      return () => [request({ kind: "remove_https_frontend", value: verb.value })];
    case "remove_http_frontend": {
      const before = tables.httpFrontends.entries().get(routeKey(verb.value));
      return restoreRoute(before, (value) => ({ kind: "add_http_frontend", value }));
    }
    case "remove_https_frontend": {
      const before = tables.httpsFrontends.entries().get(routeKey(verb.value));
      return restoreRoute(before, (value) => ({ kind: "add_https_frontend", value }));
    }
    case "add_tcp_frontend":
    case "remove_tcp_frontend": {
      const before = sharingPlace(tables.tcpFrontends.of(verb.value.cluster_id), verb.value);
      const remove: Verb = { kind: "remove_tcp_frontend", value: verb.value };
      return () => [
        ...(verb.kind === "add_tcp_frontend" ? [request(remove)] : []),
        ...before.map((value) => request({ kind: "add_tcp_frontend", value })),
      ];
    }
    case "add_udp_frontend":
    case "remove_udp_frontend": {
      const before = sharingPlace(tables.udpFrontends.of(verb.value.cluster_id), verb.value);
      const remove: Verb = { kind: "remove_udp_frontend", value: verb.value };
      return () => [
        ...(verb.kind === "add_udp_frontend" ? [request(remove)] : []),
        ...before.map((value) => request({ kind: "add_udp_frontend", value })),
      ];
    }
    default:
      return null;
  }
}

function restoreRoute(
  before: RequestHttpFrontend | undefined,
  add: (value: RequestHttpFrontend) => Verb,
): Undo {
  return before === undefined ? NOTHING : () => [request(add(before))];
}

/** Frontends of one cluster at one place are removed together, so they are restored together. */
function sharingPlace(
  frontends: Iterable<StreamFrontend>,
  wanted: StreamFrontend,
): StreamFrontend[] {
  const place = placeKey(wanted);
  return [...frontends].filter((frontend) => placeKey(frontend) === place);
}

function undoBackend({ tables }: ConfigState, verb: Verb): Undo | null {
  if (verb.kind !== "add_backend" && verb.kind !== "remove_backend") return null;
  const { cluster_id, backend_id, address } = verb.value;
  const before: AddBackend | undefined = tables.backends.of(cluster_id).get(backendKey(verb.value));
  if (before !== undefined) return () => [request({ kind: "add_backend", value: before })];
  return () => [request({ kind: "remove_backend", value: { cluster_id, backend_id, address } })];
}
