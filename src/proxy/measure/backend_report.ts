// What the balancer noticed about backends since the last look, told to operators: as events, as lines
// of the log and as counts. A configuration may have very many clusters that fail together, so the lines
// of one look are limited; the events and counts are not.

import { parseAddress } from "../../../config/values/address.ts";
import { type Event, EventKind } from "../../../config/schema/messages.ts";
import type { BackendNotification } from "../../balancing/backend_set.ts";
import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import type { LoggerOf, ModuleLog } from "../../observe/log/module_log.ts";
import type { Cluster } from "../../session/cluster.ts";

/** Lines one look may write; a reader cannot follow more in the second between two. */
const MAX_LINES = 50;

const BACKEND_KINDS = {
  backend_down: EventKind.BACKEND_DOWN,
  backend_up: EventKind.BACKEND_UP,
  backend_healthy: EventKind.HEALTH_CHECK_HEALTHY,
  backend_unhealthy: EventKind.HEALTH_CHECK_UNHEALTHY,
  removed_backend_has_no_connections: EventKind.REMOVED_BACKEND_HAS_NO_CONNECTIONS,
} as const;

type Level = "error" | "warn" | "info";

/** Lines of the log. Results of health checks are missing: who probes also writes why. */
const LINES: Readonly<Partial<Record<BackendNotification["kind"], readonly [Level, string]>>> = {
  connect_failed: [
    "warn",
    'Connecting to backend "{id}" ({address}) of cluster "{cluster}" failed: {reason}',
  ],
  backend_down: ["error", 'Backend "{id}" ({address}) of cluster "{cluster}" is down'],
  backend_up: ["info", 'Backend "{id}" ({address}) of cluster "{cluster}" is up again'],
  removed_backend_has_no_connections: [
    "info",
    'Removed backend "{id}" ({address}) of cluster "{cluster}" has no connections any more',
  ],
  fail_open_entered: [
    "warn",
    'Cluster "{cluster}" has no healthy backend: its requests go to unhealthy ones (fail-open)',
  ],
  fail_open_left: ["info", 'Cluster "{cluster}" has healthy backends again: fail-open is over'],
  no_available_backends: [
    "error",
    'Cluster "{cluster}": none of its {total} backends is available',
  ],
  cluster_recovered: ["info", 'Cluster "{cluster}" has an available backend again'],
};

/** Tells operators about backends. */
export class BackendReport {
  readonly #log: ModuleLog;
  readonly #counters: Counters;
  readonly #onEvent: (event: Event) => void;
  readonly #onNotice: (cluster: Cluster, notification: BackendNotification) => void;
  #lines = 0;

  /** `onNotice` is called for every notification, `onEvent` for those that become events. */
  constructor(
    counters: Counters,
    loggerOf: LoggerOf,
    onEvent: (event: Event) => void,
    onNotice: (cluster: Cluster, notification: BackendNotification) => void = () => {},
  ) {
    this.#counters = counters;
    this.#log = loggerOf("worker::backends");
    this.#onNotice = onNotice;
    this.#onEvent = onEvent;
  }

  /** Tells what is new about the backends of `clusters`. */
  tell(clusters: Iterable<Cluster>): void {
    this.#lines = 0;
    for (const cluster of clusters) {
      const { id, backends } = cluster;
      this.#counters.add(Counter.FAIL_OPEN, backends.takeFailedOpen());
      for (const notification of backends.takeNotifications()) {
        this.#write(id, notification);
        this.#onNotice(cluster, notification);
        const event = toEvent(id, notification);
        if (event !== null) this.#onEvent(event);
      }
    }
    const omitted = this.#lines - MAX_LINES;
    if (omitted > 0) this.#log.warn("{omitted} more lines about backends omitted", { omitted });
  }

  #write(cluster: string, notification: BackendNotification): void {
    const line = LINES[notification.kind];
    if (line === undefined || ++this.#lines > MAX_LINES) return;
    const [level, text] = line;
    const named = "backend" in notification ? notification.backend : null;
    const total = "total" in notification ? notification.total : 0;
    const reason = "reason" in notification ? notification.reason : "";
    this.#log[level](text, { cluster, id: named?.id, address: named?.address.text, total, reason });
  }
}

function toEvent(clusterId: string, notification: BackendNotification): Event | null {
  switch (notification.kind) {
    case "no_available_backends":
      return { kind: EventKind.NO_AVAILABLE_BACKENDS, cluster_id: clusterId };
    case "cluster_recovered":
      return { kind: EventKind.CLUSTER_RECOVERED, cluster_id: clusterId };
    case "connect_failed":
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
