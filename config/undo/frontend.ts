// Taking back changes of frontends.

import type { RequestHttpFrontend } from "../schema/messages.ts";
import { routeKey } from "../state/http_frontends.ts";
import {
  addFrontend,
  removeFrontend,
  type RouteKind,
  type StreamKind,
} from "../state/listener_kinds.ts";
import type { StreamFrontend } from "../state/stream_frontends.ts";
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

export function undoStreamAddition(kind: StreamKind, frontend: StreamFrontend): Undo {
  return () => [requestOf(removeFrontend(kind, frontend))];
}

export function undoStreamRemoval(
  tables: ReadonlyTables,
  kind: StreamKind,
  frontend: StreamFrontend,
): Undo {
  const before = tables[kind.frontends].at(frontend);
  if (before === undefined || before.cluster_id !== frontend.cluster_id) return NOTHING;
  return () => [requestOf(addFrontend(kind, before))];
}
