// The verbs that make processes do something: read and write files, stop, replace each other.

import { anyU32, path, question } from "../../rules/rule.ts";
import { EventKind } from "../../schema/messages.ts";
import type { Rows } from "./row.ts";

export const OPERATION_ROWS = {
  save_state: {
    runsOn: "main",
    rule: path,
    reloads: true,
    auditVerb: "state_saved",
    subject: (file) => ({ target: `file:${file}` }),
    event: EventKind.STATE_SAVED,
  },
  load_state: {
    runsOn: "main",
    rule: path,
    reloads: true,
    concernsAll: true,
    auditVerb: "state_loaded",
    subject: (file) => ({ target: `file:${file}` }),
    event: EventKind.STATE_LOADED,
  },
  reload_configuration: {
    runsOn: "main",
    rule: path,
    reloads: true,
    concernsAll: true,
    auditVerb: "configuration_reloaded",
    subject: (file) => ({ target: `config:${file}` }),
    event: EventKind.CONFIGURATION_RELOADED,
  },
  soft_stop: {
    runsOn: "all",
    auditVerb: "sozu_stop_requested",
    subject: () => ({ target: "stop:soft" }),
    event: EventKind.SOZU_STOP_REQUESTED,
  },
  hard_stop: {
    runsOn: "all",
    auditVerb: "sozu_stop_requested",
    subject: () => ({ target: "stop:hard" }),
    event: EventKind.SOZU_STOP_REQUESTED,
  },
  close_sessions: { runsOn: "workers" },
  upgrade_main: {
    runsOn: "main",
    reloads: true,
    concernsAll: true,
    auditVerb: "main_upgraded",
    subject: (_, { executable }) => ({ target: `executable:${executable}` }),
  },
  upgrade_worker: {
    runsOn: "main",
    rule: anyU32,
    reloads: true,
    concernsAll: true,
    auditVerb: "worker_upgraded",
    subject: (id) => ({ target: `worker:${id}` }),
  },
  subscribe_events: {
    runsOn: "main",
    auditVerb: "events_subscribed",
    subject: () => ({ target: "subscribe" }),
  },
} as const satisfies Rows<
  | "save_state"
  | "load_state"
  | "reload_configuration"
  | "soft_stop"
  | "hard_stop"
  | "close_sessions"
  | "upgrade_main"
  | "upgrade_worker"
  | "subscribe_events"
>;

/** Requests between the processes of this program; the command socket refuses them. */
export const INTERNAL_ROWS = {
  launch_worker: { runsOn: "main", internal: true, rule: question },
  return_listen_sockets: { runsOn: "workers", internal: true },
  adopt_worker: { runsOn: "main", internal: true },
  steer_listener: { runsOn: "one", internal: true },
  query_listener_socket: { runsOn: "one", internal: true },
  probe_listener: { runsOn: "one", internal: true },
  close_listener_socket: { runsOn: "one", internal: true },
  wind_down: { runsOn: "one", internal: true },
  protected_health_check_order: { runsOn: "one", internal: true },
} as const satisfies Rows<
  | "launch_worker"
  | "return_listen_sockets"
  | "adopt_worker"
  | "steer_listener"
  | "query_listener_socket"
  | "probe_listener"
  | "close_listener_socket"
  | "wind_down"
  | "protected_health_check_order"
>;
