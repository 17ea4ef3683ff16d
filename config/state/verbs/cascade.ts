// What belongs to a cluster and goes with it: its frontends of every kind and its backends. Routes that deny belong to
// nobody, and stay.

import type { AddBackend, RequestHttpFrontend } from "../../schema/messages.ts";
import {
  addFrontend,
  ALL_LISTENER_KINDS,
  removeFrontend,
  type RouteKind,
  type StreamKind,
  takesRoutes,
  takesStreams,
} from "../listener_kinds.ts";
import type { StreamFrontend } from "../stream_frontends.ts";
import type { ReadonlyTables, StateTables } from "../tables.ts";
import { addBackend, removeBackend, type Verb } from "../verb.ts";

/** The objects that name one cluster. */
export interface Belongings {
  readonly routes: readonly { readonly kind: RouteKind; readonly frontend: RequestHttpFrontend }[];
  readonly streams: readonly { readonly kind: StreamKind; readonly frontend: StreamFrontend }[];
  readonly backends: readonly AddBackend[];
}

/** Everything in the tables that names the cluster. */
export function belongingsOf(tables: ReadonlyTables, clusterId: string): Belongings {
  return {
    routes: ALL_LISTENER_KINDS.filter(takesRoutes).flatMap((kind) =>
      [...tables[kind.frontends].of(clusterId)].map((frontend) => ({ kind, frontend }))
    ),
    streams: ALL_LISTENER_KINDS.filter(takesStreams).flatMap((kind) =>
      [...tables[kind.frontends].of(clusterId)].map((frontend) => ({ kind, frontend }))
    ),
    backends: [...tables.backends.of(clusterId).values()],
  };
}

/** The verbs that remove them, frontends first: a request finds no route rather than no server. */
export function removalsOf({ routes, streams, backends }: Belongings): Verb[] {
  return [
    ...routes.map(({ kind, frontend }) => removeFrontend(kind, frontend)),
    ...streams.map(({ kind, frontend }) => removeFrontend(kind, frontend)),
    ...backends.map(removeBackend),
  ];
}

/** The verbs that bring them back, backends first. */
export function additionsOf({ routes, streams, backends }: Belongings): Verb[] {
  return [
    ...backends.map(addBackend),
    ...routes.map(({ kind, frontend }) => addFrontend(kind, frontend)),
    ...streams.map(({ kind, frontend }) => addFrontend(kind, frontend)),
  ];
}

/** Takes them out of the tables. */
export function dropBelongings(tables: StateTables, { routes, streams, backends }: Belongings) {
  for (const { kind, frontend } of routes) tables[kind.frontends].remove(frontend);
  for (const { kind, frontend } of streams) tables[kind.frontends].remove(frontend);
  for (const backend of backends) tables.backends.remove(backend);
}

/**
 * Why there is nothing to remove of a cluster: it went, and all that belonged to it went with it. `null` when there
 * is the cluster.
 */
export function goneWithCluster({ clusters }: ReadonlyTables, clusterId: string): string | null {
  return clusters.get(clusterId) === undefined ? `there is no cluster "${clusterId}"` : null;
}
