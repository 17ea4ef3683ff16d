// The line a user sees after a command that changed something.

import { formatAddress } from "../../../config/values/address.ts";
import {
  ListenerType,
  MetricsConfiguration,
  type PathRule,
  type Request,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
} from "../../../config/schema/messages.ts";
import { enumName } from "../options/enum_names.ts";
import { pathText } from "./frontends.ts";

type RequestType = NonNullable<Request["request_type"]>;

/** A sentence without its full stop; `null` for requests that change nothing. */
export function changeText(type: Request["request_type"]): string | null {
  if (type === null) return null;
  return clusterChange(type) ?? frontendChange(type) ?? listenerChange(type) ??
    certificateChange(type) ?? settingChange(type);
}

function clusterChange(type: RequestType): string | null {
  switch (type.kind) {
    case "add_cluster":
      return `cluster ${type.value.cluster_id} is set`;
    case "remove_cluster":
      return `cluster ${type.value} is removed`;
    case "add_backend":
      return `backend ${type.value.backend_id} at ${formatAddress(type.value.address)} is in ` +
        `cluster ${type.value.cluster_id}`;
    case "remove_backend":
      return `backend ${type.value.backend_id} at ${formatAddress(type.value.address)} is out of ` +
        `cluster ${type.value.cluster_id}`;
    case "set_health_check":
      return `cluster ${type.value.cluster_id} is probed at ${type.value.config.uri} every ` +
        `${type.value.config.interval} s`;
    case "remove_health_check":
      return `cluster ${type.value} is probed no more`;
    default:
      return null;
  }
}

function frontendChange(type: RequestType): string | null {
  switch (type.kind) {
    case "add_http_frontend":
    case "add_https_frontend":
      return `${routeText(type.value)} goes to ${
        type.value.cluster_id === undefined ? "nobody (denied)" : `cluster ${type.value.cluster_id}`
      }`;
    case "remove_http_frontend":
    case "remove_https_frontend":
      return `${routeText(type.value)} is not routed any more`;
    case "add_tcp_frontend":
    case "add_udp_frontend":
      return `${streamText(type.value)} goes to cluster ${type.value.cluster_id}`;
    case "remove_tcp_frontend":
    case "remove_udp_frontend":
      return `${streamText(type.value)} goes to cluster ${type.value.cluster_id} no more`;
    default:
      return null;
  }
}

function listenerChange(type: RequestType): string | null {
  switch (type.kind) {
    case "add_http_listener":
    case "add_https_listener":
    case "add_tcp_listener":
    case "add_udp_listener":
      return `${protocolIn(type.kind)} listener ${formatAddress(type.value.address)} is added, ` +
        "not yet activated";
    case "update_http_listener":
    case "update_https_listener":
    case "update_tcp_listener":
    case "update_udp_listener":
      return `${protocolIn(type.kind)} listener ${formatAddress(type.value.address)} is updated`;
    case "activate_listener":
    case "deactivate_listener":
    case "remove_listener": {
      const done = type.kind.slice(0, type.kind.indexOf("_")).replace(/e$/, "") + "ed";
      const { proxy, address } = type.value;
      return `${enumName(ListenerType, proxy)} listener ${formatAddress(address)} is ${done}`;
    }
    default:
      return null;
  }
}

function certificateChange(type: RequestType): string | null {
  switch (type.kind) {
    case "add_certificate":
      return `a certificate is added at ${formatAddress(type.value.address)}`;
    case "replace_certificate":
      return `certificate ${shortened(type.value.old_fingerprint)} is replaced at ` +
        formatAddress(type.value.address);
    case "remove_certificate":
      return `certificate ${shortened(type.value.fingerprint)} is removed from ` +
        formatAddress(type.value.address);
    default:
      return null;
  }
}

function settingChange(type: RequestType): string | null {
  switch (type.kind) {
    case "set_max_connections_per_ip":
      return type.value === 0n
        ? "connections of a client address are not limited"
        : `a client address may hold ${type.value} connections to a cluster`;
    case "configure_metrics":
      return `measurements of clusters: ${
        enumName(MetricsConfiguration, type.value).toLowerCase()
      }`;
    case "Logging":
      return `what is logged: ${type.value}`;
    default:
      return null;
  }
}

function protocolIn(kind: string): string {
  return kind.split("_")[1]?.toUpperCase() ?? "";
}

function routeText({ hostname, path, address, method }: RequestHttpFrontend): string {
  const what = method === undefined ? "" : `${method} `;
  return `${what}${hostname}${pathSuffix(path)} at ${formatAddress(address)}`;
}

/** Prefixes and exact paths read as part of the name; expressions do not. */
function pathSuffix(path: PathRule): string {
  const text = pathText(path);
  return text.startsWith("/") ? text : text === "*" ? "" : ` (path ${text})`;
}

function streamText({ address, sni }: Pick<RequestTcpFrontend, "address" | "sni">): string {
  return (sni === undefined ? "" : `${sni} at `) + formatAddress(address);
}

function shortened(fingerprint: string): string {
  return fingerprint.length > 12 ? `${fingerprint.slice(0, 12)}\u2026` : fingerprint;
}
