// Taking back changes of clusters and of their backends.

import type { RemoveBackend } from "../schema/messages.ts";
import { backendKey } from "../state/backends.ts";
import { additionsOf, belongingsOf } from "../state/verbs/cascade.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { addBackend, addCluster, removeBackend, removeCluster } from "../state/verb.ts";
import { requestOf } from "../state/twin_verbs.ts";
import type { Undo } from "./parts.ts";

/** Everything about one cluster but its backends and frontends, whatever happened to it. */
export function undoCluster({ clusters }: ReadonlyTables, id: string): Undo {
  const before = clusters.get(id);
  if (before !== undefined) return () => [requestOf(addCluster(before))];
  // Frontends may be there before their cluster: it must not take them with it.
  return ({ tables }) => {
    const frontends = { ...belongingsOf(tables, id), backends: [] };
    return [removeCluster(id), ...additionsOf(frontends)].map(requestOf);
  };
}

/** One cluster and all that goes with it. */
export function undoClusterRemoval(tables: ReadonlyTables, id: string): Undo {
  const cluster = undoCluster(tables, id);
  const additions = additionsOf(belongingsOf(tables, id)).map(requestOf);
  return (after) => [...cluster(after), ...additions];
}

/** One backend, whatever happened to it. */
export function undoBackend({ backends }: ReadonlyTables, backend: RemoveBackend): Undo {
  const before = backends.of(backend.cluster_id).get(backendKey(backend));
  return () => [requestOf(before === undefined ? removeBackend(backend) : addBackend(before))];
}
