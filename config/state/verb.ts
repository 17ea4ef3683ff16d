// The verbs of the schema as types, and functions for the verbs that several places make. The meaning of each verb
// stands in verbs.ts.

import type {
  AddBackend,
  AddCertificate,
  Cluster,
  ListenerType,
  MetricsConfiguration,
  ProtectedHealthCheckOrder,
  QueryMetricsOptions,
  RemoveBackend,
  RemoveCertificate,
  ReplaceCertificate,
  Request,
  SetHealthCheck,
  SocketAddress,
} from "../schema/messages.ts";

/** The part of a request that is set. */
export type Verb = NonNullable<Request["request_type"]>;

/** Names of verbs as the schema spells them. */
export type VerbKind = Verb["kind"];

/** A verb by its name. */
export type VerbOf<K extends VerbKind> = Extract<Verb, { kind: K }>;

/** What a verb carries. */
export type ValueOf<K extends VerbKind> = VerbOf<K>["value"];

export function addCluster(value: Cluster): VerbOf<"add_cluster"> {
  return { kind: "add_cluster", value };
}

/** The cluster that a verb adds; `null` when it adds none. */
export function clusterOf(verb: Verb | null): Cluster | null {
  return verb?.kind === "add_cluster" ? verb.value : null;
}

export function removeCluster(value: string): VerbOf<"remove_cluster"> {
  return { kind: "remove_cluster", value };
}

/** A health check without the values of its headers. */
export function setHealthCheck(
  { cluster_id, config }: SetHealthCheck,
): VerbOf<"set_health_check"> {
  return { kind: "set_health_check", value: { cluster_id, config } };
}

export function removeHealthCheck(value: string): VerbOf<"remove_health_check"> {
  return { kind: "remove_health_check", value };
}

/** A step of a change of a health check with values, from main to a worker. */
export function protectedOrder(
  value: ProtectedHealthCheckOrder,
): VerbOf<"protected_health_check_order"> {
  return { kind: "protected_health_check_order", value };
}

export function addBackend(value: AddBackend): VerbOf<"add_backend"> {
  return { kind: "add_backend", value };
}

export function removeBackend(
  { cluster_id, backend_id, address }: RemoveBackend,
): VerbOf<"remove_backend"> {
  return { kind: "remove_backend", value: { cluster_id, backend_id, address } };
}

export function addCertificate(value: AddCertificate): VerbOf<"add_certificate"> {
  return { kind: "add_certificate", value };
}

export function replaceCertificate(value: ReplaceCertificate): VerbOf<"replace_certificate"> {
  return { kind: "replace_certificate", value };
}

export function removeCertificate(
  { address, fingerprint }: RemoveCertificate,
): VerbOf<"remove_certificate"> {
  return { kind: "remove_certificate", value: { address, fingerprint } };
}

/** Opens the socket of a listener. */
export function activateListener(
  proxy: ListenerType,
  address: SocketAddress,
): VerbOf<"activate_listener"> {
  return { kind: "activate_listener", value: { address, proxy, from_scm: false } };
}

/** Closes the socket of a listener, which stays. */
export function deactivateListener(
  proxy: ListenerType,
  address: SocketAddress,
): VerbOf<"deactivate_listener"> {
  return { kind: "deactivate_listener", value: { address, proxy, to_scm: false } };
}

export function removeListener(
  proxy: ListenerType,
  address: SocketAddress,
): VerbOf<"remove_listener"> {
  return { kind: "remove_listener", value: { address, proxy } };
}

export function configureMetrics(value: MetricsConfiguration): VerbOf<"configure_metrics"> {
  return { kind: "configure_metrics", value };
}

export function queryMetrics(value: QueryMetricsOptions): VerbOf<"query_metrics"> {
  return { kind: "query_metrics", value };
}

export const SOFT_STOP: VerbOf<"soft_stop"> = { kind: "soft_stop", value: {} };

export const HARD_STOP: VerbOf<"hard_stop"> = { kind: "hard_stop", value: {} };

/** `path`: empty for the file that main was started with. */
export function reloadConfiguration(path: string): VerbOf<"reload_configuration"> {
  return { kind: "reload_configuration", value: path };
}
