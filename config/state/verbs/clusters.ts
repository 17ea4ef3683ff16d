// The verbs about clusters, their health checks and their backends.

import { validateHealthCheck, validateMessage } from "../../rules/validate.ts";
import { probeValuesProblem } from "../../rules/probe_values.ts";
import { question } from "../../rules/rule.ts";
import {
  EventKind,
  type HealthCheckConfig,
  HealthCheckMode,
  type RemoveBackend,
  SetHealthCheck,
  SetProtectedHealthCheck,
} from "../../schema/messages.ts";
import { undoBackend, undoCluster, undoClusterRemoval } from "../../undo/cluster.ts";
import { formatAddress } from "../../values/address.ts";
import { keyOfTcpCluster } from "./affinity.ts";
import { backendKey } from "../backends.ts";
import { belongingsOf, dropBelongings, goneWithCluster, removalsOf } from "./cascade.ts";
import { noSuchCluster } from "../config_error.ts";
import { checkPortProblem, probePortProblem, unixBackendProblem } from "../../rules/probe_port.ts";
import { unfitBackend, unfitCluster } from "../../rules/unix_backends.ts";
import type { Rows, Subject } from "./row.ts";

export const CLUSTER_ROWS = {
  add_cluster: {
    runsOn: "all",
    mutate: (tables, cluster) =>
      keyOfTcpCluster(tables, cluster) ?? unfitCluster(tables, cluster) ??
        probePortProblem(tables, cluster) ?? tables.clusters.add(cluster),
    undo: (tables, { cluster_id }) => undoCluster(tables, cluster_id),
    scope: ({ cluster_id }) => clusterScope(cluster_id),
    auditVerb: "cluster_added",
    subject: ({ cluster_id }) => clusterSubject(cluster_id),
    event: EventKind.CLUSTER_ADDED,
    eventObject: ({ cluster_id }) => ({ cluster_id }),
    change: ({ cluster_id }) => `cluster ${cluster_id} is set`,
  },
  remove_cluster: {
    runsOn: "all",
    rule: question,
    mutate: (tables, id) => {
      const refusal = tables.clusters.remove(id);
      if (refusal === null) dropBelongings(tables, belongingsOf(tables, id));
      return refusal;
    },
    undo: undoClusterRemoval,
    cascade: (tables, id) => removalsOf(belongingsOf(tables, id)),
    scope: clusterScope,
    auditVerb: "cluster_removed",
    subject: clusterSubject,
    event: EventKind.CLUSTER_REMOVED,
    eventObject: (cluster_id) => ({ cluster_id }),
    change: (id) => `cluster ${id} is removed`,
  },
  set_health_check: {
    runsOn: "all",
    // Refusals name the fields as the configuration file does.
    validate: ({ config, ...rest }) =>
      validateMessage(SetHealthCheck, rest as SetHealthCheck) ?? validateHealthCheck(config),
    mutate: (tables, request) =>
      checkPortProblem(tables, request.cluster_id, request.config) ??
        tables.clusters.setHealthCheck(request),
    undo: (tables, { cluster_id }) => undoCluster(tables, cluster_id),
    scope: ({ cluster_id }) => clusterScope(cluster_id),
    auditVerb: "health_check_set",
    subject: ({ cluster_id }) => healthCheckSubject(cluster_id),
    change: ({ cluster_id, config }) =>
      `cluster ${cluster_id} is probed ${probeText(config)} every ${config.interval} s`,
  },
  // Main puts the check into the state without the values, as a check of the row above.
  set_protected_health_check: {
    runsOn: "all",
    validate: ({ config, ...rest }) =>
      validateMessage(SetProtectedHealthCheck, rest as SetProtectedHealthCheck) ??
        validateHealthCheck(config) ?? probeValuesProblem({ config, values: rest.values }),
    scope: ({ cluster_id }) => clusterScope(cluster_id),
    change: ({ cluster_id, config }) =>
      `cluster ${cluster_id} is probed ${probeText(config)} every ${config.interval} s`,
  },
  remove_health_check: {
    runsOn: "all",
    rule: question,
    mutate: (tables, id) => tables.clusters.removeHealthCheck(id),
    undo: undoCluster,
    scope: clusterScope,
    auditVerb: "health_check_removed",
    subject: healthCheckSubject,
    change: (id) => `cluster ${id} is probed no more`,
  },
  add_backend: {
    runsOn: "all",
    mutate: (tables, backend) =>
      tables.clusters.get(backend.cluster_id) === undefined
        ? noSuchCluster(`backend "${backend.backend_id}"`, backend.cluster_id)
        : unfitBackend(tables, backend) ?? unixBackendProblem(tables, backend) ??
          tables.backends.add(backend),
    undo: undoBackend,
    scope: backendScope,
    independent: true,
    auditVerb: "backend_added",
    subject: backendSubject,
    change: ({ cluster_id, backend_id, address }) =>
      `backend ${backend_id} at ${formatAddress(address)} is in cluster ${cluster_id}`,
  },
  remove_backend: {
    runsOn: "all",
    mutate: (tables, backend) => tables.backends.remove(backend),
    undo: undoBackend,
    gone: (tables, { cluster_id }) => goneWithCluster(tables, cluster_id),
    scope: backendScope,
    independent: true,
    auditVerb: "backend_removed",
    subject: backendSubject,
    change: ({ cluster_id, backend_id, address }) =>
      `backend ${backend_id} at ${formatAddress(address)} is out of cluster ${cluster_id}`,
  },
} as const satisfies Rows<
  | "add_cluster"
  | "remove_cluster"
  | "set_health_check"
  | "set_protected_health_check"
  | "remove_health_check"
  | "add_backend"
  | "remove_backend"
>;

function probeText({ mode, uri }: HealthCheckConfig): string {
  return mode === HealthCheckMode.HEALTH_CHECK_MODE_TCP ? "over TCP" : `at ${uri}`;
}

function clusterScope(id: string): string {
  return `cluster ${id}`;
}

function backendScope(backend: RemoveBackend): string {
  return `backend ${backendKey(backend)} ${backend.cluster_id}`;
}

function clusterSubject(clusterId: string): Subject {
  return { target: `cluster:${clusterId}`, clusterId };
}

function healthCheckSubject(clusterId: string): Subject {
  return { target: `health_check:${clusterId}`, clusterId };
}

function backendSubject({ cluster_id, backend_id, address }: RemoveBackend): Subject {
  return {
    target: `backend:${cluster_id}:${backend_id}:${formatAddress(address)}`,
    clusterId: cluster_id,
    backendId: backend_id,
  };
}
