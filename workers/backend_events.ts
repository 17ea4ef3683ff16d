// What the balancer noticed about backends, as events for operators.

import { parseAddress } from "../config/address.ts";
import { type Event, EventKind } from "../config/messages.ts";
import type { BackendNotification } from "../src/balancing/backend_set.ts";
import type { Cluster } from "../src/session/cluster.ts";

const BACKEND_KINDS = {
  backend_down: EventKind.BACKEND_DOWN,
  backend_up: EventKind.BACKEND_UP,
  backend_healthy: EventKind.HEALTH_CHECK_HEALTHY,
  backend_unhealthy: EventKind.HEALTH_CHECK_UNHEALTHY,
  removed_backend_has_no_connections: EventKind.REMOVED_BACKEND_HAS_NO_CONNECTIONS,
} as const;

/** The events of `cluster` since the last call. */
export function backendEvents(cluster: Cluster): Event[] {
  const events: Event[] = [];
  for (const notification of cluster.backends.takeNotifications()) {
    const event = toEvent(cluster.id, notification);
    if (event !== null) events.push(event);
  }
  return events;
}

function toEvent(clusterId: string, notification: BackendNotification): Event | null {
  switch (notification.kind) {
    case "no_available_backends":
      return { kind: EventKind.NO_AVAILABLE_BACKENDS, cluster_id: clusterId };
    case "cluster_recovered":
      return { kind: EventKind.CLUSTER_RECOVERED, cluster_id: clusterId };
    case "fail_open_entered":
    case "fail_open_left":
      return null;
    default: {
      const { backend } = notification;
      const address = parseAddress(backend.address.text);
      return {
        kind: BACKEND_KINDS[notification.kind],
        cluster_id: clusterId,
        backend_id: backend.id,
        ...(address === null ? {} : { address }),
      };
    }
  }
}
