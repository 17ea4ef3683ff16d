// The content of an answer as text. It chooses the renderer; every renderer is a pure function whose text ends with
// a newline and has no control characters from the network.

import type {
  ClusterHashes,
  ClusterInformations,
  ResponseContent,
  WorkerResponses,
} from "../../../config/schema/messages.ts";
import { renderAddressCertificates, renderCertificates } from "./certificates.ts";
import { renderClusterHashes, renderClusters } from "./clusters.ts";
import { renderEvent } from "./event.ts";
import { renderFrontends } from "./frontends.ts";
import { renderListeners } from "./listeners.ts";
import {
  renderConnectionLimit,
  renderHealthChecks,
  renderMetricDetail,
  renderRequestCounts,
  renderSubnetLimit,
  renderWorkerMetricDetail,
  renderWorkers,
} from "./lists.ts";
import { renderAvailableMetrics, renderMetrics, renderWorkerMetrics } from "./metrics.ts";
import { printable } from "./printable.ts";
import { inResponderOrder } from "../responders.ts";
import type { TableView } from "./table.ts";

/** Text for any content; none when there is none. */
export function renderContent(content: ResponseContent | undefined, view: TableView): string {
  const part = content?.content_type ?? null;
  if (part === null) return "";
  switch (part.kind) {
    case "workers":
      return renderWorkers(part.value, view);
    case "metrics":
      return renderMetrics(part.value, view);
    case "worker_responses":
      return renderWorkerResponses(part.value, view);
    case "event":
      return renderEvent({ source: "event", event: part.value }, Date.now()) + "\n";
    case "frontend_list":
      return renderFrontends(part.value, view);
    case "listeners_list":
      return renderListeners(part.value, view);
    case "worker_metrics":
      return renderWorkerMetrics(part.value, view);
    case "available_metrics":
      return renderAvailableMetrics(part.value);
    case "clusters":
      return renderClusters(new Map([["main", part.value]]), view);
    case "cluster_hashes":
      return renderClusterHashes(new Map([["main", part.value]]), view);
    case "certificates_by_address":
      return renderAddressCertificates(part.value, view);
    case "certificates_with_fingerprints":
      return renderCertificates(part.value, view);
    case "request_counts":
      return renderRequestCounts(part.value, view);
    case "max_connections_per_ip_limit":
      return renderConnectionLimit(part.value);
    case "max_connections_per_subnet_limit":
      return renderSubnetLimit(part.value);
    case "closed_sessions":
      return `${part.value.closed} sessions closed, ${part.value.draining} draining\n`;
    case "protected_health_check_reply": // between main and its workers only
      return "";
    case "health_checks_list":
      return renderHealthChecks(part.value, view);
    case "metric_detail_status":
      return renderMetricDetail(part.value, view);
    case "worker_metric_detail_status":
      return renderWorkerMetricDetail(part.value, view);
    case "listener_socket_name":
      return `${part.value.inode}\n`; // between main and its workers only
    case "unopened_listeners": // likewise
      return part.value.listeners.map(({ reason }) => `${reason}\n`).join("");
  }
}

/** Clusters and hashes are compared across responders; anything else is listed one by one. */
function renderWorkerResponses(responses: WorkerResponses, view: TableView): string {
  const clusters = new Map<string, ClusterInformations>();
  const hashes = new Map<string, ClusterHashes>();
  const others: string[] = [];
  for (const [id, content] of inResponderOrder(responses.map)) {
    const part = content.content_type;
    if (part?.kind === "clusters") clusters.set(id, part.value);
    else if (part?.kind === "cluster_hashes") hashes.set(id, part.value);
    // Bounded recursion: a message nests no deeper than the decoder allows.
    else others.push(`Worker ${printable(id)}\n${renderContent(content, view)}`);
  }
  const tables = [
    ...(clusters.size > 0 ? [renderClusters(clusters, view)] : []),
    ...(hashes.size > 0 ? [renderClusterHashes(hashes, view)] : []),
    ...others,
  ];
  return tables.length === 0 ? "No content\n" : tables.join("\n");
}
