// What every verb of the schema means to a ConfigState: a change of its tables, nothing (the verb
// concerns the processes, not the configuration), or a refusal.

import type { ConfigError } from "./config_error.ts";
import {
  type Request,
  UpdateHttpListenerConfig,
  UpdateHttpsListenerConfig,
  UpdateTcpListenerConfig,
  UpdateUdpListenerConfig,
} from "../schema/messages.ts";
import type { StateTables } from "./tables.ts";

/** The part of a request that is set. */
export type Verb = NonNullable<Request["request_type"]>;

type Kind = Verb["kind"];
type Mutation<K extends Kind> = (
  tables: StateTables,
  value: Extract<Verb, { kind: K }>["value"],
) => ConfigError | null;

/** Verbs that a state accepts without changing. */
const PASS_THROUGH_VERBS: ReadonlySet<Kind> = new Set<Kind>([
  "Logging",
  "configure_metrics",
  "count_requests",
  "hard_stop",
  "query_certificates_from_workers",
  "query_cluster_by_id",
  "query_clusters_by_domain",
  "query_clusters_hashes",
  "query_max_connections_per_ip",
  "query_metrics",
  "return_listen_sockets",
  "set_max_connections_per_ip",
  "set_metric_detail",
  "soft_stop",
  "status",
]);

/** Verbs that change the configuration. Each changes its table whole, or refuses and changes nothing. */
const MUTATIONS: { readonly [K in Kind]?: Mutation<K> } = {
  add_cluster: (tables, cluster) => tables.clusters.add(cluster),
  remove_cluster: (tables, id) => tables.clusters.remove(id),
  set_health_check: (tables, request) => tables.clusters.setHealthCheck(request),
  remove_health_check: (tables, id) => tables.clusters.removeHealthCheck(id),
  add_http_frontend: (tables, frontend) => tables.httpFrontends.add(frontend),
  remove_http_frontend: (tables, frontend) => tables.httpFrontends.remove(frontend),
  add_https_frontend: (tables, frontend) => tables.httpsFrontends.add(frontend),
  remove_https_frontend: (tables, frontend) => tables.httpsFrontends.remove(frontend),
  add_certificate: (tables, request) => tables.certificates.add(request),
  replace_certificate: (tables, request) => tables.certificates.replace(request),
  remove_certificate: (tables, request) => tables.certificates.remove(request),
  add_tcp_frontend: (tables, frontend) => tables.tcpFrontends.add(frontend),
  remove_tcp_frontend: (tables, frontend) => tables.tcpFrontends.remove(frontend),
  add_udp_frontend: (tables, frontend) => tables.udpFrontends.add(frontend),
  remove_udp_frontend: (tables, frontend) => tables.udpFrontends.remove(frontend),
  add_backend: (tables, backend) => tables.backends.add(backend),
  remove_backend: (tables, backend) => tables.backends.remove(backend),
  add_http_listener: (tables, listener) => tables.listeners.http.add(listener),
  add_https_listener: (tables, listener) => tables.listeners.https.add(listener),
  add_tcp_listener: (tables, listener) => tables.listeners.tcp.add(listener),
  add_udp_listener: (tables, listener) => tables.listeners.udp.add(listener),
  replace_http_listener: (tables, listener) => tables.listeners.http.replace(listener),
  replace_https_listener: (tables, listener) => tables.listeners.https.replace(listener),
  replace_tcp_listener: (tables, listener) => tables.listeners.tcp.replace(listener),
  replace_udp_listener: (tables, listener) => tables.listeners.udp.replace(listener),
  remove_listener: (tables, request) => tables.listeners.remove(request),
  activate_listener: (tables, request) => tables.listeners.activate(request),
  deactivate_listener: (tables, request) => tables.listeners.deactivate(request),
  update_http_listener: (tables, patch) =>
    tables.listeners.http.patch(UpdateHttpListenerConfig, patch),
  update_https_listener: (tables, patch) =>
    tables.listeners.https.patch(UpdateHttpsListenerConfig, patch),
  update_tcp_listener: (tables, patch) =>
    tables.listeners.tcp.patch(UpdateTcpListenerConfig, patch),
  update_udp_listener: (tables, patch) =>
    tables.listeners.udp.patch(UpdateUdpListenerConfig, patch),
};

/** Changes that the main process derives from others, and takes from nobody. */
const INTERNAL_MUTATIONS: ReadonlySet<Kind> = new Set<Kind>([
  "replace_http_listener",
  "replace_https_listener",
  "replace_tcp_listener",
  "replace_udp_listener",
]);

/** Whether the verb changes a configuration and is none that clients or files may use. */
export function isInternalChange(kind: Kind): boolean {
  return INTERNAL_MUTATIONS.has(kind);
}

/** Whether the verb can change a configuration state. */
export function changesState(kind: Kind): boolean {
  return MUTATIONS[kind] !== undefined;
}

/** Applies a verb to the tables: whole, or not at all with the reason. */
export function applyVerb(tables: StateTables, verb: Verb): ConfigError | null {
  const mutation = MUTATIONS[verb.kind] as
    | ((tables: StateTables, value: unknown) => ConfigError | null)
    | undefined;
  if (mutation !== undefined) return mutation(tables, verb.value);
  if (PASS_THROUGH_VERBS.has(verb.kind)) return null;
  const message = `Cannot apply the verb "${verb.kind}": it does not change a configuration`;
  return { kind: "undispatchable", message };
}

/** CamelCase name of a verb, as the census shows it: `add_http_frontend` is `AddHttpFrontend`. */
export function verbName(kind: Kind): string {
  return kind.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}
