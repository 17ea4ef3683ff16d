// What a request is called in the audit trail and what it is about: a table over the verbs. Questions
// have no place in it.

import { formatAddress } from "../../../config/values/address.ts";
import {
  ListenerType,
  MetricDetail,
  MetricsConfiguration,
} from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { parseCertificate } from "../../io/x509/certificate.ts";
import { describePatch } from "./patch.ts";

/** The constant part of the rows about one request. */
export interface AuditSubject {
  readonly verb: string;
  readonly target: string;
  readonly clusterId: string | null;
  readonly backendId: string | null;
  readonly leaseId?: string | undefined;
  readonly metricDetailReason?: string | undefined;
}

/** Hexadecimal digits of a fingerprint that name a certificate. */
const SHORT_FINGERPRINT = 16;

/** The subject of a request that is to be applied to `state`; `null` when it is not audited. */
export function auditSubject(type: Verb, state: ConfigState): AuditSubject | null {
  return clusterSubject(type) ?? frontendSubject(type) ?? certificateSubject(type) ??
    listenerSubject(type, state) ?? runtimeSubject(type) ?? operationSubject(type);
}

function clusterSubject(type: Verb): AuditSubject | null {
  switch (type.kind) {
    case "add_cluster":
      return subject("cluster_added", `cluster:${type.value.cluster_id}`, type.value.cluster_id);
    case "remove_cluster":
      return subject("cluster_removed", `cluster:${type.value}`, type.value);
    case "add_backend":
    case "remove_backend": {
      const { cluster_id, backend_id, address } = type.value;
      const verb = type.kind === "add_backend" ? "backend_added" : "backend_removed";
      const target = `backend:${cluster_id}:${backend_id}:${formatAddress(address)}`;
      return { ...subject(verb, target, cluster_id), backendId: backend_id };
    }
    case "set_health_check": {
      const { cluster_id } = type.value;
      return subject("health_check_set", `health_check:${cluster_id}`, cluster_id);
    }
    case "remove_health_check":
      return subject("health_check_removed", `health_check:${type.value}`, type.value);
    default:
      return null;
  }
}

function frontendSubject(type: Verb): AuditSubject | null {
  switch (type.kind) {
    case "add_http_frontend":
    case "remove_http_frontend":
    case "add_https_frontend":
    case "remove_https_frontend": {
      const { hostname, address, cluster_id } = type.value;
      const protocol = type.kind.includes("https") ? "https" : "http";
      const target = `frontend:${protocol}:${hostname}:${formatAddress(address)}`;
      return subject(frontendVerb(type.kind, protocol), target, cluster_id ?? null);
    }
    case "add_tcp_frontend":
    case "remove_tcp_frontend":
    case "add_udp_frontend":
    case "remove_udp_frontend": {
      const { cluster_id, address } = type.value;
      const protocol = type.kind.includes("tcp") ? "tcp" : "udp";
      const target = `frontend:${protocol}:${cluster_id}:${formatAddress(address)}`;
      return subject(frontendVerb(type.kind, protocol), target, cluster_id);
    }
    default:
      return null;
  }
}

function frontendVerb(kind: string, protocol: string): string {
  return `${protocol}_frontend_${kind.startsWith("add") ? "added" : "removed"}`;
}

function certificateSubject(type: Verb): AuditSubject | null {
  switch (type.kind) {
    case "add_certificate":
      return subject("certificate_added", `certificate:${formatAddress(type.value.address)}`);
    case "remove_certificate": {
      const { address, fingerprint } = type.value;
      const target = `certificate:${formatAddress(address)}:${fingerprint}`;
      return subject("certificate_removed", target);
    }
    case "replace_certificate": {
      const { address, old_fingerprint, new_certificate } = type.value;
      const facts = parseCertificate(new_certificate.certificate);
      const fresh = "problem" in facts ? "unknown" : facts.fingerprint.slice(0, SHORT_FINGERPRINT);
      const target = `certificate:${formatAddress(address)}:old=${old_fingerprint}:new=${fresh}`;
      return subject("certificate_replaced", target);
    }
    default:
      return null;
  }
}

function listenerSubject(type: Verb, { tables }: ConfigState): AuditSubject | null {
  switch (type.kind) {
    case "add_http_listener":
    case "add_https_listener":
    case "add_tcp_listener":
    case "add_udp_listener": {
      const protocol = type.kind.slice("add_".length, -"_listener".length);
      const target = `listener:${protocol}:${formatAddress(type.value.address)}`;
      return subject(`${protocol}_listener_added`, target);
    }
    case "update_http_listener":
    case "update_https_listener":
    case "update_tcp_listener":
    case "update_udp_listener": {
      const protocol = type.kind.slice(
        "update_".length,
        -"_listener".length,
      ) as keyof typeof tables.listeners;
      const address = formatAddress(type.value.address);
      const patch = describePatch(type.value, tables.listeners[protocol].get(address));
      const target = `listener:${protocol}:${address}:${patch}`;
      return subject(`${protocol}_listener_updated`, target);
    }
    case "remove_listener":
      return listenerSwitch("listener_removed", type.value);
    case "activate_listener":
      return listenerSwitch("listener_activated", type.value);
    case "deactivate_listener":
      return listenerSwitch("listener_deactivated", type.value);
    default:
      return null;
  }
}

const PROXY_NAMES: Readonly<Record<number, string>> = {
  [ListenerType.HTTP]: "Http",
  [ListenerType.HTTPS]: "Https",
  [ListenerType.TCP]: "Tcp",
  [ListenerType.UDP]: "Udp",
};

function listenerSwitch(
  verb: string,
  { proxy, address }: { proxy: number; address: Parameters<typeof formatAddress>[0] },
): AuditSubject {
  return subject(verb, `listener:${PROXY_NAMES[proxy] ?? proxy}:${formatAddress(address)}`);
}

const METRICS_NAMES: Readonly<Record<number, string>> = {
  [MetricsConfiguration.ENABLED]: "Enabled",
  [MetricsConfiguration.DISABLED]: "Disabled",
  [MetricsConfiguration.CLEAR]: "Clear",
};

/** Levels of detail as rows name them. */
export const DETAIL_NAMES: Readonly<Record<number, string>> = {
  [MetricDetail.DETAIL_PROCESS]: "DetailProcess",
  [MetricDetail.DETAIL_FRONTEND]: "DetailFrontend",
  [MetricDetail.DETAIL_CLUSTER]: "DetailCluster",
  [MetricDetail.DETAIL_BACKEND]: "DetailBackend",
};

function runtimeSubject(type: Verb): AuditSubject | null {
  switch (type.kind) {
    case "configure_metrics":
      return subject("metrics_configured", `metrics:${METRICS_NAMES[type.value] ?? type.value}`);
    case "Logging":
      return subject("logging_level_changed", `logging:${type.value}`);
    case "set_max_connections_per_ip":
      return subject("max_connections_per_ip_set", `max_connections_per_ip:${type.value}`);
    case "set_metric_detail": {
      const { clear, detail, client_id, reason } = type.value;
      const level = clear === true ? "clear" : DETAIL_NAMES[detail ?? -1] ?? "<invalid>";
      return {
        ...subject("metric_detail_changed", `metric_detail:${level}`),
        leaseId: client_id,
        metricDetailReason: reason,
      };
    }
    default:
      return null;
  }
}

function operationSubject(type: Verb): AuditSubject | null {
  switch (type.kind) {
    case "save_state":
      return subject("state_saved", `file:${type.value}`);
    case "load_state":
      return subject("state_loaded", `file:${type.value}`);
    case "reload_configuration":
      return subject("configuration_reloaded", `config:${type.value}`);
    case "soft_stop":
      return subject("sozu_stop_requested", "stop:soft");
    case "hard_stop":
      return subject("sozu_stop_requested", "stop:hard");
    case "upgrade_worker":
      return subject("worker_upgraded", `worker:${type.value}`);
    case "upgrade_main":
      return subject("main_upgraded", `executable:${Deno.execPath()}`);
    case "subscribe_events":
      return subject("events_subscribed", "subscribe");
    default:
      return null;
  }
}

function subject(verb: string, target: string, clusterId: string | null = null): AuditSubject {
  return { verb, target, clusterId, backendId: null };
}
