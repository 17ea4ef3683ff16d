// `cluster h2 enable|disable` and `cluster connection-attempts`: read the configuration of a cluster and send it
// back with one field changed. Two requests, because adding a cluster replaces it as a whole.

import {
  type Cluster,
  type ClusterInformations,
  type Request,
  type ResponseContent,
  ResponseStatus,
} from "../../../config/schema/messages.ts";
import { addCluster } from "../../../config/state/verb.ts";
import { presentFields } from "../../../config/values/present_fields.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import type { BuildInputs } from "../command_host.ts";
import { CommandProblem } from "../problem.ts";

/** The request that switches HTTP/2 towards the backends of cluster `id`. */
export function switchHttp2(
  inputs: BuildInputs,
  id: string,
  http2: boolean,
): Promise<Request | CommandProblem> {
  return changeCluster(inputs, id, (cluster) => ({ ...cluster, http2 }));
}

/** The request that sets how many connections a request for cluster `id` may try; absent, as many as for others. */
export function setAttempts(
  inputs: BuildInputs,
  id: string,
  attempts?: number,
): Promise<Request | CommandProblem> {
  return changeCluster(inputs, id, ({ max_connection_attempts: _, ...cluster }) => ({
    ...cluster,
    ...presentFields({ max_connection_attempts: attempts }),
  }));
}

async function changeCluster(
  inputs: BuildInputs,
  id: string,
  change: (cluster: Cluster) => Cluster,
): Promise<Request | CommandProblem> {
  const client = await inputs.connect();
  const answer = await client.send({ request_type: { kind: "query_cluster_by_id", value: id } });
  if (answer.status === ResponseStatus.FAILURE) {
    return new CommandProblem(answer.message, "refused");
  }
  const cluster = clusterIn(answer.content, id);
  if (cluster === null) {
    return new CommandProblem(`Cannot find the cluster "${id}": see \`sozu cluster list\``);
  }
  return requestOf(addCluster(change(cluster)));
}

/**
 * The configuration of cluster `id` in an answer. The `main` entry is authoritative: workers are
 * looked at only when there is none.
 */
export function clusterIn(content: ResponseContent | undefined, id: string): Cluster | null {
  const answer = content?.content_type;
  if (answer?.kind === "clusters") return clusterAmong(answer.value, id);
  if (answer?.kind !== "worker_responses") return null;
  const main = answer.value.map.get("main");
  const sources = main === undefined ? [...answer.value.map.values()] : [main];
  for (const source of sources) {
    const clusters = source.content_type;
    const found = clusters?.kind === "clusters" ? clusterAmong(clusters.value, id) : null;
    if (found !== null) return found;
  }
  return null;
}

function clusterAmong(clusters: ClusterInformations, id: string): Cluster | null {
  for (const { configuration } of clusters.vec) {
    if (configuration?.cluster_id === id) return configuration;
  }
  return null;
}
