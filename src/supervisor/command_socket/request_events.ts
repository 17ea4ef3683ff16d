// Which event of the main process a request stands for. A table and nothing else.

import { type Event, EventKind } from "../../../config/schema/messages.ts";
import type { Verb } from "../../../config/state/verbs.ts";

/** The event subscribers get for a request; `null` when it has none. */
export function eventOf(request: Verb): Event | null {
  switch (request.kind) {
    case "add_cluster":
      return { kind: EventKind.CLUSTER_ADDED, cluster_id: request.value.cluster_id };
    case "remove_cluster":
      return { kind: EventKind.CLUSTER_REMOVED, cluster_id: request.value };
    case "add_http_frontend":
    case "add_https_frontend":
    case "add_tcp_frontend":
    case "add_udp_frontend":
      return frontendEvent(EventKind.FRONTEND_ADDED, request.value);
    case "remove_http_frontend":
    case "remove_https_frontend":
    case "remove_tcp_frontend":
    case "remove_udp_frontend":
      return frontendEvent(EventKind.FRONTEND_REMOVED, request.value);
    case "add_certificate":
      return { kind: EventKind.CERTIFICATE_ADDED, address: request.value.address };
    case "remove_certificate":
      return { kind: EventKind.CERTIFICATE_REMOVED, address: request.value.address };
    case "replace_certificate":
      return { kind: EventKind.CERTIFICATE_REPLACED, address: request.value.address };
    default:
      return listenerEvent(request) ?? operationEvent(request);
  }
}

function listenerEvent(request: Verb): Event | null {
  switch (request.kind) {
    case "add_http_listener":
    case "add_https_listener":
    case "add_tcp_listener":
    case "add_udp_listener":
      return { kind: EventKind.LISTENER_ADDED, address: request.value.address };
    case "remove_listener":
      return { kind: EventKind.LISTENER_REMOVED, address: request.value.address };
    case "activate_listener":
      return { kind: EventKind.LISTENER_ACTIVATED, address: request.value.address };
    case "deactivate_listener":
      return { kind: EventKind.LISTENER_DEACTIVATED, address: request.value.address };
    case "update_http_listener":
    case "update_https_listener":
    case "update_tcp_listener":
    case "update_udp_listener":
      return { kind: EventKind.LISTENER_UPDATED, address: request.value.address };
    default:
      return null;
  }
}

function operationEvent(request: Verb): Event | null {
  switch (request.kind) {
    case "reload_configuration":
      return { kind: EventKind.CONFIGURATION_RELOADED };
    case "load_state":
      return { kind: EventKind.STATE_LOADED };
    case "save_state":
      return { kind: EventKind.STATE_SAVED };
    case "Logging":
      return { kind: EventKind.LOGGING_LEVEL_CHANGED };
    case "configure_metrics":
      return { kind: EventKind.METRICS_CONFIGURED };
    case "set_metric_detail":
      return { kind: EventKind.METRIC_DETAIL_CHANGED };
    case "soft_stop":
    case "hard_stop":
      return { kind: EventKind.SOZU_STOP_REQUESTED };
    default:
      return null;
  }
}

function frontendEvent(
  kind: EventKind,
  frontend: { cluster_id?: string; address: NonNullable<Event["address"]> },
): Event {
  return frontend.cluster_id === undefined
    ? { kind, address: frontend.address }
    : { kind, cluster_id: frontend.cluster_id, address: frontend.address };
}
