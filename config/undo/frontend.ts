// Taking back changes of frontends.

import type { RequestHttpFrontend } from "../schema/messages.ts";
import { routeKey } from "../state/http_frontends.ts";
import {
  addFrontend,
  removeFrontend,
  type RouteKind,
  type StreamKind,
} from "../state/listener_kinds.ts";
import { placeKey, type StreamFrontend } from "../state/stream_frontends.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { requestOf } from "../state/twin_verbs.ts";
import { NOTHING, type Undo } from "./parts.ts";

export function undoRouteAddition(kind: RouteKind, route: RequestHttpFrontend): Undo {
  return () => [requestOf(removeFrontend(kind, route))];
}

export function undoRouteRemoval(
  tables: ReadonlyTables,
  kind: RouteKind,
  route: RequestHttpFrontend,
): Undo {
  const before = tables[kind.frontends].entries().get(routeKey(route));
  return before === undefined ? NOTHING : () => [requestOf(addFrontend(kind, before))];
}

export function undoStreamAddition(
  tables: ReadonlyTables,
  kind: StreamKind,
  frontend: StreamFrontend,
): Undo {
  const restored = undoStreamRemoval(tables, kind, frontend);
  return (after) => [requestOf(removeFrontend(kind, frontend)), ...restored(after)];
}

/** Frontends of one cluster at one place are removed together, so they are restored together. */
export function undoStreamRemoval(
  tables: ReadonlyTables,
  kind: StreamKind,
  frontend: StreamFrontend,
): Undo {
  const place = placeKey(frontend);
  const before = [...tables[kind.frontends].of(frontend.cluster_id)]
    .filter((other) => placeKey(other) === place);
  return () => before.map((other) => requestOf(addFrontend(kind, other)));
}
