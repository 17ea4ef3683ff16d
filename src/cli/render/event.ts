// One event as one line of text.

import { formatAddress } from "../../../config/values/address.ts";
import { EventKind } from "../../../config/schema/messages.ts";
import type { EventNotice } from "../../client/mod.ts";
import { printable } from "./printable.ts";

const KIND_TEXTS: Readonly<Record<EventKind, string>> = {
  [EventKind.BACKEND_DOWN]: "backend down",
  [EventKind.BACKEND_UP]: "backend up",
  [EventKind.NO_AVAILABLE_BACKENDS]: "no available backends",
  [EventKind.REMOVED_BACKEND_HAS_NO_CONNECTIONS]: "removed backend has no connections",
  [EventKind.CLUSTER_ADDED]: "cluster added",
  [EventKind.CLUSTER_REMOVED]: "cluster removed",
  [EventKind.FRONTEND_ADDED]: "frontend added",
  [EventKind.FRONTEND_REMOVED]: "frontend removed",
  [EventKind.CERTIFICATE_ADDED]: "certificate added",
  [EventKind.CERTIFICATE_REMOVED]: "certificate removed",
  [EventKind.CERTIFICATE_REPLACED]: "certificate replaced",
  [EventKind.LISTENER_ACTIVATED]: "listener activated",
  [EventKind.LISTENER_DEACTIVATED]: "listener deactivated",
  [EventKind.CONFIGURATION_RELOADED]: "configuration reloaded",
  [EventKind.WORKER_KILLED]: "worker killed",
  [EventKind.WORKER_RELAUNCHED]: "worker relaunched",
  [EventKind.LOGGING_LEVEL_CHANGED]: "logging level changed",
  [EventKind.METRICS_CONFIGURED]: "metrics configured",
  [EventKind.LISTENER_UPDATED]: "listener updated",
  [EventKind.STATE_LOADED]: "state loaded",
  [EventKind.STATE_SAVED]: "state saved",
  [EventKind.LISTENER_ADDED]: "listener added",
  [EventKind.LISTENER_REMOVED]: "listener removed",
  [EventKind.SOZU_STOP_REQUESTED]: "stop requested",
  [EventKind.MAIN_UPGRADED]: "main upgraded",
  [EventKind.WORKER_UPGRADED]: "worker upgraded",
  [EventKind.EVENTS_SUBSCRIBED]: "events subscribed",
  [EventKind.HEALTH_CHECK_HEALTHY]: "health check: backend healthy",
  [EventKind.HEALTH_CHECK_UNHEALTHY]: "health check: backend unhealthy",
  [EventKind.CLUSTER_RECOVERED]: "cluster recovered",
  [EventKind.METRIC_DETAIL_CHANGED]: "metric detail changed",
};

/**
 * `<time> <source>, <kind>, backend=<id>, cluster=<id>, address=<ip:port>`; empty where absent. The time is in
 * UTC; `arrivedMs` is used for an event of an older proxy, which has no time, in milliseconds since 1970.
 */
export function renderEvent({ source, event }: EventNotice, arrivedMs: number): string {
  const address = event.address === undefined ? "" : formatAddress(event.address);
  const fields = [
    fieldText(source),
    KIND_TEXTS[event.kind] ?? `event ${event.kind}`,
    `backend=${fieldText(event.backend_id ?? "")}`,
    `cluster=${fieldText(event.cluster_id ?? "")}`,
    `address=${address}`,
  ];
  return printable(`${timeText(event.unix_ms, arrivedMs)} ${fields.join(", ")}`);
}

/** The end of what a date can be, in milliseconds since 1970. */
const LAST_DATE_MS = 8_640_000_000_000_000;

function timeText(at: bigint | undefined, arrivedMs: number): string {
  const ms = at === undefined ? arrivedMs : Number(at);
  return new Date(ms <= LAST_DATE_MS ? ms : arrivedMs).toISOString();
}

/** Removes commas from an id, which could begin another field. */
function fieldText(id: string): string {
  return id.replaceAll(",", "?");
}
