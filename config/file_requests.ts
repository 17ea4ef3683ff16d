// From what a file declares to messages: the ordered requests that build the routing state, and the
// part of the global settings that workers get. The order is the one of sozu 2.1: listeners, then
// each cluster with its frontends and backends, then what switches things on.

import type { Config } from "./file_config.ts";
import type { ListenerSet } from "./file_matching.ts";
import { presentFields } from "./file_message.ts";
import {
  type ActivateListener,
  type AddBackend,
  type AddCertificate,
  type Cluster,
  ListenerType,
  MetricsConfiguration,
  ProtobufAccessLogFormat,
  type Request,
  type RequestHttpFrontend,
  type RequestTcpFrontend,
  type RequestUdpFrontend,
  type ServerConfig,
} from "./messages.ts";

/** One frontend as it is added. */
export type FrontendRequest =
  | { readonly kind: "http"; readonly frontend: RequestHttpFrontend }
  | {
    readonly kind: "https";
    readonly frontend: RequestHttpFrontend;
    readonly certificate: AddCertificate;
  }
  | { readonly kind: "tcp"; readonly frontend: RequestTcpFrontend }
  | { readonly kind: "udp"; readonly frontend: RequestUdpFrontend };

/** A cluster with everything that belongs to it. */
export interface ClusterRequests {
  readonly cluster: Cluster;
  readonly frontends: readonly FrontendRequest[];
  readonly backends: readonly AddBackend[];
}

/** Switches of the file that add requests at the end. */
export interface FinalRequests {
  readonly activate_listeners: boolean;
  readonly disable_cluster_metrics: boolean;
}

type RequestType = NonNullable<Request["request_type"]>;

/** The ordered list of requests. */
export function orderedRequests(
  listeners: ListenerSet,
  clusters: readonly ClusterRequests[],
  final: FinalRequests,
): Request[] {
  const types: RequestType[] = [
    ...addListeners(listeners),
    ...clusters.flatMap(addCluster),
  ];
  if (final.activate_listeners) types.push(...activateListeners(listeners));
  if (final.disable_cluster_metrics) {
    types.push({ kind: "configure_metrics", value: MetricsConfiguration.DISABLED });
  }
  return types.map((request_type) => ({ request_type }));
}

function addListeners(listeners: ListenerSet): RequestType[] {
  return [
    ...listeners.ofProtocol("http").map(({ config }): RequestType => ({
      kind: "add_http_listener",
      value: config,
    })),
    ...listeners.ofProtocol("https").map(({ config }): RequestType => ({
      kind: "add_https_listener",
      value: config,
    })),
    ...listeners.ofProtocol("tcp").map(({ config }): RequestType => ({
      kind: "add_tcp_listener",
      value: config,
    })),
    ...listeners.ofProtocol("udp").map(({ config }): RequestType => ({
      kind: "add_udp_listener",
      value: config,
    })),
  ];
}

function addCluster({ cluster, frontends, backends }: ClusterRequests): RequestType[] {
  return [
    { kind: "add_cluster", value: cluster },
    ...frontends.flatMap(addFrontend),
    ...backends.map((value): RequestType => ({ kind: "add_backend", value })),
  ];
}

function addFrontend(request: FrontendRequest): RequestType[] {
  switch (request.kind) {
    case "http":
      return [{ kind: "add_http_frontend", value: request.frontend }];
    case "https":
      // The certificate first: a frontend must not answer with another host's certificate.
      return [
        { kind: "add_certificate", value: request.certificate },
        { kind: "add_https_frontend", value: request.frontend },
      ];
    case "tcp":
      return [{ kind: "add_tcp_frontend", value: request.frontend }];
    case "udp":
      return [{ kind: "add_udp_frontend", value: request.frontend }];
  }
}

function activateListeners(listeners: ListenerSet): RequestType[] {
  const kinds = [
    ["http", ListenerType.HTTP],
    ["https", ListenerType.HTTPS],
    ["tcp", ListenerType.TCP],
    ["udp", ListenerType.UDP],
  ] as const;
  return kinds.flatMap(([protocol, proxy]) =>
    listeners.ofProtocol(protocol).map(({ config }): RequestType => {
      const value: ActivateListener = { address: config.address, proxy, from_scm: false };
      return { kind: "activate_listener", value };
    })
  );
}

const LOG_FORMATS = {
  ascii: ProtobufAccessLogFormat.Ascii,
  protobuf: ProtobufAccessLogFormat.Protobuf,
  json: ProtobufAccessLogFormat.Json,
} as const;

/** What workers are told at start. */
export function serverConfig(config: Config): ServerConfig {
  const wide = (value: number | undefined) => value === undefined ? undefined : BigInt(value);
  return {
    max_connections: BigInt(config.max_connections),
    front_timeout: config.front_timeout,
    back_timeout: config.back_timeout,
    connect_timeout: config.connect_timeout,
    zombie_check_interval: config.zombie_check_interval,
    accept_queue_timeout: config.accept_queue_timeout,
    min_buffers: BigInt(config.min_buffers),
    max_buffers: BigInt(config.max_buffers),
    buffer_size: BigInt(config.buffer_size),
    log_level: config.log_level,
    log_target: config.log_target,
    command_buffer_size: BigInt(config.command_buffer_size),
    max_command_buffer_size: BigInt(config.max_command_buffer_size),
    access_log_format: LOG_FORMATS[config.access_logs_format],
    log_format: LOG_FORMATS[config.log_format],
    log_colored: config.log_colored,
    access_logs_colored: config.access_logs_colored,
    evict_on_queue_full: config.evict_on_queue_full,
    max_connections_per_ip: BigInt(config.max_connections_per_ip),
    retry_after: config.retry_after,
    ...presentFields({
      access_logs_target: config.access_logs_target,
      metrics: config.metrics,
      tracing: config.tracing,
      audit_logs_target: config.audit_logs_target,
      audit_logs_json_target: config.audit_logs_json_target,
      slab_entries_per_connection: wide(config.slab_entries_per_connection),
      basic_auth_max_credential_bytes: wide(config.basic_auth_max_credential_bytes),
      splice_pipe_capacity_bytes: wide(config.splice_pipe_capacity_bytes),
    }),
  };
}
