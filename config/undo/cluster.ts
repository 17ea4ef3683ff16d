// Taking back changes of clusters and of their backends.

import type { RemoveBackend } from "../schema/messages.ts";
import { backendKey } from "../state/backends.ts";
import type { ReadonlyTables } from "../state/tables.ts";
import { addBackend, addCluster, removeBackend, removeCluster } from "../state/verb.ts";
import { requestOf } from "../state/twin_verbs.ts";
import type { Undo } from "./parts.ts";

/** Everything about one cluster but its backends and frontends, whatever happened to it. */
export function undoCluster({ clusters }: ReadonlyTables, id: string): Undo {
  const before = clusters.get(id);
  return () => [requestOf(before === undefined ? removeCluster(id) : addCluster(before))];
}

/** One backend, whatever happened to it. */
export function undoBackend({ backends }: ReadonlyTables, backend: RemoveBackend): Undo {
  const before = backends.of(backend.cluster_id).get(backendKey(backend));
  return () => [requestOf(before === undefined ? removeBackend(backend) : addBackend(before))];
}
