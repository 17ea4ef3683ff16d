// GENERATED from config/schema/schema.proto by `deno task schema`. Do not edit.
//
// One interface and one run-time descriptor for every message, one constant for every enum. Enums
// are open: a number that the constant does not list is kept. An absent optional field is a missing
// key, a oneof is one property holding `null` or `{kind, value}`, 64-bit integers are bigint.

import { mapOf, member, MessageType, optional, repeated, required } from "./message_type.ts";

/** A command: what tools send on the command socket and what the main process sends to workers. */
export interface Request {
  request_type:
    | null
    | { kind: "save_state"; value: string }
    | { kind: "load_state"; value: string }
    | { kind: "list_workers"; value: ListWorkers }
    | { kind: "list_frontends"; value: FrontendFilters }
    | { kind: "list_listeners"; value: ListListeners }
    | { kind: "launch_worker"; value: string }
    | { kind: "upgrade_main"; value: UpgradeMain }
    | { kind: "upgrade_worker"; value: number }
    | { kind: "subscribe_events"; value: SubscribeEvents }
    | { kind: "reload_configuration"; value: string }
    | { kind: "status"; value: Status }
    | { kind: "add_cluster"; value: Cluster }
    | { kind: "remove_cluster"; value: string }
    | { kind: "add_http_frontend"; value: RequestHttpFrontend }
    | { kind: "remove_http_frontend"; value: RequestHttpFrontend }
    | { kind: "add_https_frontend"; value: RequestHttpFrontend }
    | { kind: "remove_https_frontend"; value: RequestHttpFrontend }
    | { kind: "add_certificate"; value: AddCertificate }
    | { kind: "replace_certificate"; value: ReplaceCertificate }
    | { kind: "remove_certificate"; value: RemoveCertificate }
    | { kind: "add_tcp_frontend"; value: RequestTcpFrontend }
    | { kind: "remove_tcp_frontend"; value: RequestTcpFrontend }
    | { kind: "add_backend"; value: AddBackend }
    | { kind: "remove_backend"; value: RemoveBackend }
    | { kind: "add_http_listener"; value: HttpListenerConfig }
    | { kind: "add_https_listener"; value: HttpsListenerConfig }
    | { kind: "add_tcp_listener"; value: TcpListenerConfig }
    | { kind: "remove_listener"; value: RemoveListener }
    | { kind: "activate_listener"; value: ActivateListener }
    | { kind: "deactivate_listener"; value: DeactivateListener }
    | { kind: "query_cluster_by_id"; value: string }
    | { kind: "query_clusters_by_domain"; value: QueryClusterByDomain }
    | { kind: "query_clusters_hashes"; value: QueryClustersHashes }
    | { kind: "query_metrics"; value: QueryMetricsOptions }
    | { kind: "soft_stop"; value: SoftStop }
    | { kind: "hard_stop"; value: HardStop }
    | { kind: "configure_metrics"; value: MetricsConfiguration }
    | { kind: "Logging"; value: string }
    | { kind: "return_listen_sockets"; value: ReturnListenSockets }
    | { kind: "query_certificates_from_the_state"; value: QueryCertificatesFilters }
    | { kind: "query_certificates_from_workers"; value: QueryCertificatesFilters }
    | { kind: "count_requests"; value: CountRequests }
    | { kind: "update_http_listener"; value: UpdateHttpListenerConfig }
    | { kind: "update_https_listener"; value: UpdateHttpsListenerConfig }
    | { kind: "update_tcp_listener"; value: UpdateTcpListenerConfig }
    | { kind: "set_max_connections_per_ip"; value: bigint }
    | { kind: "query_max_connections_per_ip"; value: QueryMaxConnectionsPerIp }
    | { kind: "set_health_check"; value: SetHealthCheck }
    | { kind: "remove_health_check"; value: string }
    | { kind: "query_health_checks"; value: QueryHealthChecks }
    | { kind: "set_metric_detail"; value: SetMetricDetail }
    | { kind: "add_udp_listener"; value: UdpListenerConfig }
    | { kind: "update_udp_listener"; value: UpdateUdpListenerConfig }
    | { kind: "add_udp_frontend"; value: RequestUdpFrontend }
    | { kind: "remove_udp_frontend"; value: RequestUdpFrontend }
    | { kind: "set_max_connections_per_subnet"; value: bigint }
    | { kind: "query_max_connections_per_subnet"; value: QueryMaxConnectionsPerSubnet }
    | { kind: "set_max_connection_attempts"; value: number }
    | { kind: "add_https_listener_with_client_auth"; value: HttpsListenerConfig }
    | { kind: "update_https_listener_with_client_auth"; value: UpdateHttpsListenerConfig }
    | { kind: "close_sessions"; value: CloseSessions }
    | { kind: "add_http_frontend_with_header_predicates"; value: RequestHttpFrontend }
    | { kind: "remove_http_frontend_with_header_predicates"; value: RequestHttpFrontend }
    | { kind: "add_https_frontend_with_header_predicates"; value: RequestHttpFrontend }
    | { kind: "remove_https_frontend_with_header_predicates"; value: RequestHttpFrontend }
    | { kind: "add_http_frontend_with_silent_close"; value: RequestHttpFrontend }
    | { kind: "add_https_frontend_with_silent_close"; value: RequestHttpFrontend }
    | { kind: "add_unix_backend"; value: AddBackend }
    | { kind: "set_protected_health_check"; value: SetProtectedHealthCheck }
    | { kind: "query_protected_health_check_support"; value: QueryProtectedHealthCheckSupport }
    | { kind: "protected_health_check_order"; value: ProtectedHealthCheckOrder }
    | { kind: "steer_listener"; value: SteerListener }
    | { kind: "query_listener_socket"; value: ListenerSocket }
    | { kind: "probe_listener"; value: ListenerSocket }
    | { kind: "close_listener_socket"; value: ListenerSocket }
    | { kind: "wind_down"; value: WindDown }
    | { kind: "replace_http_listener"; value: HttpListenerConfig }
    | { kind: "replace_https_listener"; value: HttpsListenerConfig }
    | { kind: "replace_tcp_listener"; value: TcpListenerConfig }
    | { kind: "replace_udp_listener"; value: UdpListenerConfig }
    | { kind: "adopt_worker"; value: AdoptWorker };
}

export const Request: MessageType<Request> = new MessageType(
  "Request",
  () => [
    member("request_type", "save_state", 1, "string"),
    member("request_type", "load_state", 2, "string"),
    member("request_type", "list_workers", 4, ListWorkers),
    member("request_type", "list_frontends", 5, FrontendFilters),
    member("request_type", "list_listeners", 6, ListListeners),
    member("request_type", "launch_worker", 7, "string"),
    member("request_type", "upgrade_main", 8, UpgradeMain),
    member("request_type", "upgrade_worker", 9, "uint32"),
    member("request_type", "subscribe_events", 10, SubscribeEvents),
    member("request_type", "reload_configuration", 11, "string"),
    member("request_type", "status", 12, Status),
    member("request_type", "add_cluster", 13, Cluster),
    member("request_type", "remove_cluster", 14, "string"),
    member("request_type", "add_http_frontend", 15, RequestHttpFrontend),
    member("request_type", "remove_http_frontend", 16, RequestHttpFrontend),
    member("request_type", "add_https_frontend", 17, RequestHttpFrontend),
    member("request_type", "remove_https_frontend", 18, RequestHttpFrontend),
    member("request_type", "add_certificate", 19, AddCertificate),
    member("request_type", "replace_certificate", 20, ReplaceCertificate),
    member("request_type", "remove_certificate", 21, RemoveCertificate),
    member("request_type", "add_tcp_frontend", 22, RequestTcpFrontend),
    member("request_type", "remove_tcp_frontend", 23, RequestTcpFrontend),
    member("request_type", "add_backend", 24, AddBackend),
    member("request_type", "remove_backend", 25, RemoveBackend),
    member("request_type", "add_http_listener", 26, HttpListenerConfig),
    member("request_type", "add_https_listener", 27, HttpsListenerConfig),
    member("request_type", "add_tcp_listener", 28, TcpListenerConfig),
    member("request_type", "remove_listener", 29, RemoveListener),
    member("request_type", "activate_listener", 30, ActivateListener),
    member("request_type", "deactivate_listener", 31, DeactivateListener),
    member("request_type", "query_cluster_by_id", 35, "string"),
    member("request_type", "query_clusters_by_domain", 36, QueryClusterByDomain),
    member("request_type", "query_clusters_hashes", 37, QueryClustersHashes),
    member("request_type", "query_metrics", 38, QueryMetricsOptions),
    member("request_type", "soft_stop", 39, SoftStop),
    member("request_type", "hard_stop", 40, HardStop),
    member("request_type", "configure_metrics", 41, "enum"),
    member("request_type", "Logging", 42, "string"),
    member("request_type", "return_listen_sockets", 43, ReturnListenSockets),
    member("request_type", "query_certificates_from_the_state", 44, QueryCertificatesFilters),
    member("request_type", "query_certificates_from_workers", 45, QueryCertificatesFilters),
    member("request_type", "count_requests", 46, CountRequests),
    member("request_type", "update_http_listener", 47, UpdateHttpListenerConfig),
    member("request_type", "update_https_listener", 48, UpdateHttpsListenerConfig),
    member("request_type", "update_tcp_listener", 49, UpdateTcpListenerConfig),
    member("request_type", "set_max_connections_per_ip", 50, "uint64"),
    member("request_type", "query_max_connections_per_ip", 51, QueryMaxConnectionsPerIp),
    member("request_type", "set_health_check", 52, SetHealthCheck),
    member("request_type", "remove_health_check", 53, "string"),
    member("request_type", "query_health_checks", 54, QueryHealthChecks),
    member("request_type", "set_metric_detail", 55, SetMetricDetail),
    member("request_type", "add_udp_listener", 56, UdpListenerConfig),
    member("request_type", "update_udp_listener", 57, UpdateUdpListenerConfig),
    member("request_type", "add_udp_frontend", 58, RequestUdpFrontend),
    member("request_type", "remove_udp_frontend", 59, RequestUdpFrontend),
    member("request_type", "set_max_connections_per_subnet", 60, "uint64"),
    member("request_type", "query_max_connections_per_subnet", 61, QueryMaxConnectionsPerSubnet),
    member("request_type", "set_max_connection_attempts", 62, "uint32"),
    member("request_type", "add_https_listener_with_client_auth", 63, HttpsListenerConfig),
    member("request_type", "update_https_listener_with_client_auth", 64, UpdateHttpsListenerConfig),
    member("request_type", "close_sessions", 65, CloseSessions),
    member("request_type", "add_http_frontend_with_header_predicates", 66, RequestHttpFrontend),
    member("request_type", "remove_http_frontend_with_header_predicates", 67, RequestHttpFrontend),
    member("request_type", "add_https_frontend_with_header_predicates", 68, RequestHttpFrontend),
    member("request_type", "remove_https_frontend_with_header_predicates", 69, RequestHttpFrontend),
    member("request_type", "add_http_frontend_with_silent_close", 70, RequestHttpFrontend),
    member("request_type", "add_https_frontend_with_silent_close", 71, RequestHttpFrontend),
    member("request_type", "add_unix_backend", 72, AddBackend),
    member("request_type", "set_protected_health_check", 73, SetProtectedHealthCheck),
    member(
      "request_type",
      "query_protected_health_check_support",
      74,
      QueryProtectedHealthCheckSupport,
    ),
    member("request_type", "protected_health_check_order", 75, ProtectedHealthCheckOrder),
    member("request_type", "steer_listener", 1000, SteerListener),
    member("request_type", "query_listener_socket", 1001, ListenerSocket),
    member("request_type", "probe_listener", 1002, ListenerSocket),
    member("request_type", "close_listener_socket", 1003, ListenerSocket),
    member("request_type", "wind_down", 1004, WindDown),
    member("request_type", "replace_http_listener", 1010, HttpListenerConfig),
    member("request_type", "replace_https_listener", 1011, HttpsListenerConfig),
    member("request_type", "replace_tcp_listener", 1012, TcpListenerConfig),
    member("request_type", "replace_udp_listener", 1013, UdpListenerConfig),
    member("request_type", "adopt_worker", 1005, AdoptWorker),
  ],
);

/** Chooses which sockets of an address get its new connections, by their places in the kernel's group. */
export interface SteerListener {
  address: SocketAddress;
  proxy: ListenerType;
  targets: number[];
}

export const SteerListener: MessageType<SteerListener> = new MessageType(
  "SteerListener",
  () => [
    required("address", 1, SocketAddress),
    required("proxy", 2, "enum"),
    repeated("targets", 3, "uint32"),
  ],
);

/** The open socket of one listener of a worker. */
export interface ListenerSocket {
  address: SocketAddress;
  proxy: ListenerType;
}

export const ListenerSocket: MessageType<ListenerSocket> = new MessageType(
  "ListenerSocket",
  () => [
    required("address", 1, SocketAddress),
    required("proxy", 2, "enum"),
  ],
);

/** Asks to be commanded over this connection from now on: what follows the answer is what main and its
workers send each other. */
export interface AdoptWorker {
  id: number;
  build: string;
  listeners: ListenerSocket[];
}

export const AdoptWorker: MessageType<AdoptWorker> = new MessageType(
  "AdoptWorker",
  () => [
    required("id", 1, "uint32"),
    required("build", 2, "string"),
    repeated("listeners", 3, ListenerSocket),
  ],
);

/** Lets every connection end with the response in progress or the next one, instead of cutting it. */
export type WindDown = Record<string, never>;

export const WindDown: MessageType<WindDown> = new MessageType(
  "WindDown",
  () => [],
);

/** Asks for the health checks of one cluster, or of all. */
export interface QueryHealthChecks {
  cluster_id?: string;
}

export const QueryHealthChecks: MessageType<QueryHealthChecks> = new MessageType(
  "QueryHealthChecks",
  () => [
    optional("cluster_id", 1, "string"),
  ],
);

/** Sets or replaces the health check of a cluster. */
export interface SetHealthCheck {
  cluster_id: string;
  config: HealthCheckConfig;
}

export const SetHealthCheck: MessageType<SetHealthCheck> = new MessageType(
  "SetHealthCheck",
  () => [
    required("cluster_id", 1, "string"),
    required("config", 2, HealthCheckConfig),
  ],
);

/** Closes the sessions that use a cluster, or one of its backends. */
export interface CloseSessions {
  cluster_id: string;
  backend_id?: string;
  address?: SocketAddress;
}

export const CloseSessions: MessageType<CloseSessions> = new MessageType(
  "CloseSessions",
  () => [
    required("cluster_id", 1, "string"),
    optional("backend_id", 2, "string"),
    optional("address", 3, SocketAddress),
  ],
);

/** How many sessions were closed at once, and how many end with their work. */
export interface ClosedSessions {
  closed: bigint;
  draining: bigint;
}

export const ClosedSessions: MessageType<ClosedSessions> = new MessageType(
  "ClosedSessions",
  () => [
    required("closed", 1, "uint64"),
    required("draining", 2, "uint64"),
  ],
);

/** A health check whose headers have values that no process writes down. */
export interface SetProtectedHealthCheck {
  cluster_id: string;
  config: HealthCheckConfig;
  values: HealthCheckHeaderValue[];
}

export const SetProtectedHealthCheck: MessageType<SetProtectedHealthCheck> = new MessageType(
  "SetProtectedHealthCheck",
  () => [
    required("cluster_id", 1, "string"),
    required("config", 2, HealthCheckConfig),
    repeated("values", 3, HealthCheckHeaderValue),
  ],
);

/** Asks whether every worker can take protected values. */
export type QueryProtectedHealthCheckSupport = Record<string, never>;

export const QueryProtectedHealthCheckSupport: MessageType<QueryProtectedHealthCheckSupport> =
  new MessageType(
    "QueryProtectedHealthCheckSupport",
    () => [],
  );

/** Steps in which protected values reach the workers. */
export const ProtectedHealthCheckPhase = {
  PROTECTED_HEALTH_CHECK_CAPABILITY: 0,
  PROTECTED_HEALTH_CHECK_PREPARE: 1,
  PROTECTED_HEALTH_CHECK_COMMIT: 2,
  PROTECTED_HEALTH_CHECK_ABORT: 3,
  PROTECTED_HEALTH_CHECK_RELEASE: 4,
} as const;
export type ProtectedHealthCheckPhase = number;

/** A step, from the main process to a worker. */
export interface ProtectedHealthCheckOrder {
  phase: ProtectedHealthCheckPhase;
  cluster_id: string;
  version: bigint;
  prepare?: SetProtectedHealthCheck;
}

export const ProtectedHealthCheckOrder: MessageType<ProtectedHealthCheckOrder> = new MessageType(
  "ProtectedHealthCheckOrder",
  () => [
    required("phase", 1, "enum"),
    required("cluster_id", 2, "string"),
    required("version", 3, "uint64"),
    optional("prepare", 4, SetProtectedHealthCheck),
  ],
);

/** The answer of a worker to a step. */
export interface ProtectedHealthCheckReply {
  phase: ProtectedHealthCheckPhase;
  cluster_id: string;
  version: bigint;
}

export const ProtectedHealthCheckReply: MessageType<ProtectedHealthCheckReply> = new MessageType(
  "ProtectedHealthCheckReply",
  () => [
    required("phase", 1, "enum"),
    required("cluster_id", 2, "string"),
    required("version", 3, "uint64"),
  ],
);

/** Asks for every worker the main process has registered. */
export type ListWorkers = Record<string, never>;

export const ListWorkers: MessageType<ListWorkers> = new MessageType(
  "ListWorkers",
  () => [],
);

/** Asks for the listeners of every protocol. */
export type ListListeners = Record<string, never>;

export const ListListeners: MessageType<ListListeners> = new MessageType(
  "ListListeners",
  () => [],
);

/** Asks the main process to hand over to a new one. */
export type UpgradeMain = Record<string, never>;

export const UpgradeMain: MessageType<UpgradeMain> = new MessageType(
  "UpgradeMain",
  () => [],
);

/** Turns the connection into an event stream. */
export type SubscribeEvents = Record<string, never>;

export const SubscribeEvents: MessageType<SubscribeEvents> = new MessageType(
  "SubscribeEvents",
  () => [],
);

/** Asks for the run state of the workers. */
export type Status = Record<string, never>;

export const Status: MessageType<Status> = new MessageType(
  "Status",
  () => [],
);

/** Asks for one hash a cluster, to compare processes. */
export type QueryClustersHashes = Record<string, never>;

export const QueryClustersHashes: MessageType<QueryClustersHashes> = new MessageType(
  "QueryClustersHashes",
  () => [],
);

/** Stops accepting, waits for sessions in progress, then stops. */
export type SoftStop = Record<string, never>;

export const SoftStop: MessageType<SoftStop> = new MessageType(
  "SoftStop",
  () => [],
);

/** Stops at once. */
export type HardStop = Record<string, never>;

export const HardStop: MessageType<HardStop> = new MessageType(
  "HardStop",
  () => [],
);

/** Part of the wire contract; a client gets no answer to it. */
export type ReturnListenSockets = Record<string, never>;

export const ReturnListenSockets: MessageType<ReturnListenSockets> = new MessageType(
  "ReturnListenSockets",
  () => [],
);

/** Asks how often each verb reached the main state. */
export type CountRequests = Record<string, never>;

export const CountRequests: MessageType<CountRequests> = new MessageType(
  "CountRequests",
  () => [],
);

/** Asks for the live connection limit a cluster and source address. */
export type QueryMaxConnectionsPerIp = Record<string, never>;

export const QueryMaxConnectionsPerIp: MessageType<QueryMaxConnectionsPerIp> = new MessageType(
  "QueryMaxConnectionsPerIp",
  () => [],
);

/** Asks for the live connection limit a cluster and subnet. */
export type QueryMaxConnectionsPerSubnet = Record<string, never>;

export const QueryMaxConnectionsPerSubnet: MessageType<QueryMaxConnectionsPerSubnet> =
  new MessageType(
    "QueryMaxConnectionsPerSubnet",
    () => [],
  );

/** A list that can be absent: absent keeps, empty resets. */
export interface AlpnProtocols {
  values: string[];
}

export const AlpnProtocols: MessageType<AlpnProtocols> = new MessageType(
  "AlpnProtocols",
  () => [
    repeated("values", 1, "string"),
  ],
);

/** In-place change of an HTTP listener; an absent field keeps its value. */
export interface UpdateHttpListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  expect_proxy?: boolean;
  sticky_name?: string;
  front_timeout?: number;
  back_timeout?: number;
  connect_timeout?: number;
  request_timeout?: number;
  http_answers?: CustomHttpAnswers;
  h2_max_rst_stream_per_window?: number;
  h2_max_ping_per_window?: number;
  h2_max_settings_per_window?: number;
  h2_max_empty_data_per_window?: number;
  h2_max_continuation_frames?: number;
  h2_max_glitch_count?: number;
  h2_initial_connection_window?: number;
  h2_max_concurrent_streams?: number;
  h2_stream_shrink_ratio?: number;
  h2_max_rst_stream_lifetime?: bigint;
  h2_max_rst_stream_abusive_lifetime?: bigint;
  h2_max_rst_stream_emitted_lifetime?: bigint;
  h2_max_header_list_size?: number;
  h2_max_header_table_size?: number;
  h2_stream_idle_timeout_seconds?: number;
  h2_graceful_shutdown_deadline_seconds?: number;
  h2_max_window_update_stream0_per_window?: number;
  sozu_id_header?: string;
  answers: Map<string, string>;
  elide_x_real_ip?: boolean;
  send_x_real_ip?: boolean;
  h2_max_header_fields?: number;
  forwarded_headers?: ForwardedHeaders;
  h2_stream_refusal_percent?: number;
  allow_obs_text?: boolean;
  upload_min_bytes?: number;
  h2c_prior_knowledge?: boolean;
  client_certificate_headers?: ClientCertificateHeaders;
}

export const UpdateHttpListenerConfig: MessageType<UpdateHttpListenerConfig> = new MessageType(
  "UpdateHttpListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    optional("expect_proxy", 3, "bool"),
    optional("sticky_name", 4, "string"),
    optional("front_timeout", 5, "uint32"),
    optional("back_timeout", 6, "uint32"),
    optional("connect_timeout", 7, "uint32"),
    optional("request_timeout", 8, "uint32"),
    optional("http_answers", 9, CustomHttpAnswers),
    optional("h2_max_rst_stream_per_window", 20, "uint32"),
    optional("h2_max_ping_per_window", 21, "uint32"),
    optional("h2_max_settings_per_window", 22, "uint32"),
    optional("h2_max_empty_data_per_window", 23, "uint32"),
    optional("h2_max_continuation_frames", 24, "uint32"),
    optional("h2_max_glitch_count", 25, "uint32"),
    optional("h2_initial_connection_window", 26, "uint32"),
    optional("h2_max_concurrent_streams", 27, "uint32"),
    optional("h2_stream_shrink_ratio", 28, "uint32"),
    optional("h2_max_rst_stream_lifetime", 29, "uint64"),
    optional("h2_max_rst_stream_abusive_lifetime", 30, "uint64"),
    optional("h2_max_rst_stream_emitted_lifetime", 31, "uint64"),
    optional("h2_max_header_list_size", 32, "uint32"),
    optional("h2_max_header_table_size", 33, "uint32"),
    optional("h2_stream_idle_timeout_seconds", 34, "uint32"),
    optional("h2_graceful_shutdown_deadline_seconds", 35, "uint32"),
    optional("h2_max_window_update_stream0_per_window", 36, "uint32"),
    optional("sozu_id_header", 37, "string"),
    mapOf("answers", 38, "string"),
    optional("elide_x_real_ip", 39, "bool"),
    optional("send_x_real_ip", 40, "bool"),
    optional("h2_max_header_fields", 41, "uint32"),
    optional("forwarded_headers", 42, "enum"),
    optional("h2_stream_refusal_percent", 43, "uint32"),
    optional("allow_obs_text", 1110, "bool"),
    optional("upload_min_bytes", 1010, "uint32"),
    optional("h2c_prior_knowledge", 1111, "bool"),
    optional("client_certificate_headers", 1120, ClientCertificateHeaders),
  ],
);

/** In-place change of an HTTPS listener; an absent field keeps its value. */
export interface UpdateHttpsListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  expect_proxy?: boolean;
  sticky_name?: string;
  front_timeout?: number;
  back_timeout?: number;
  connect_timeout?: number;
  request_timeout?: number;
  http_answers?: CustomHttpAnswers;
  alpn_protocols?: AlpnProtocols;
  strict_sni_binding?: boolean;
  disable_http11?: boolean;
  h2_max_rst_stream_per_window?: number;
  h2_max_ping_per_window?: number;
  h2_max_settings_per_window?: number;
  h2_max_empty_data_per_window?: number;
  h2_max_continuation_frames?: number;
  h2_max_glitch_count?: number;
  h2_initial_connection_window?: number;
  h2_max_concurrent_streams?: number;
  h2_stream_shrink_ratio?: number;
  h2_max_rst_stream_lifetime?: bigint;
  h2_max_rst_stream_abusive_lifetime?: bigint;
  h2_max_rst_stream_emitted_lifetime?: bigint;
  h2_max_header_list_size?: number;
  h2_max_header_table_size?: number;
  h2_stream_idle_timeout_seconds?: number;
  h2_graceful_shutdown_deadline_seconds?: number;
  h2_max_window_update_stream0_per_window?: number;
  sozu_id_header?: string;
  answers: Map<string, string>;
  elide_x_real_ip?: boolean;
  send_x_real_ip?: boolean;
  hsts?: HstsConfig;
  h2_max_header_fields?: number;
  forwarded_headers?: ForwardedHeaders;
  h2_stream_refusal_percent?: number;
  client_auth_policy?: ClientAuthPolicy;
  allow_obs_text?: boolean;
  upload_min_bytes?: number;
  client_certificate_headers?: ClientCertificateHeaders;
  log_client_certificate?: boolean;
}

export const UpdateHttpsListenerConfig: MessageType<UpdateHttpsListenerConfig> = new MessageType(
  "UpdateHttpsListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    optional("expect_proxy", 3, "bool"),
    optional("sticky_name", 4, "string"),
    optional("front_timeout", 5, "uint32"),
    optional("back_timeout", 6, "uint32"),
    optional("connect_timeout", 7, "uint32"),
    optional("request_timeout", 8, "uint32"),
    optional("http_answers", 9, CustomHttpAnswers),
    optional("alpn_protocols", 10, AlpnProtocols),
    optional("strict_sni_binding", 11, "bool"),
    optional("disable_http11", 12, "bool"),
    optional("h2_max_rst_stream_per_window", 20, "uint32"),
    optional("h2_max_ping_per_window", 21, "uint32"),
    optional("h2_max_settings_per_window", 22, "uint32"),
    optional("h2_max_empty_data_per_window", 23, "uint32"),
    optional("h2_max_continuation_frames", 24, "uint32"),
    optional("h2_max_glitch_count", 25, "uint32"),
    optional("h2_initial_connection_window", 26, "uint32"),
    optional("h2_max_concurrent_streams", 27, "uint32"),
    optional("h2_stream_shrink_ratio", 28, "uint32"),
    optional("h2_max_rst_stream_lifetime", 29, "uint64"),
    optional("h2_max_rst_stream_abusive_lifetime", 30, "uint64"),
    optional("h2_max_rst_stream_emitted_lifetime", 31, "uint64"),
    optional("h2_max_header_list_size", 32, "uint32"),
    optional("h2_max_header_table_size", 33, "uint32"),
    optional("h2_stream_idle_timeout_seconds", 34, "uint32"),
    optional("h2_graceful_shutdown_deadline_seconds", 35, "uint32"),
    optional("h2_max_window_update_stream0_per_window", 36, "uint32"),
    optional("sozu_id_header", 37, "string"),
    mapOf("answers", 38, "string"),
    optional("elide_x_real_ip", 39, "bool"),
    optional("send_x_real_ip", 40, "bool"),
    optional("hsts", 41, HstsConfig),
    optional("h2_max_header_fields", 42, "uint32"),
    optional("forwarded_headers", 43, "enum"),
    optional("h2_stream_refusal_percent", 44, "uint32"),
    optional("client_auth_policy", 45, ClientAuthPolicy),
    optional("allow_obs_text", 1110, "bool"),
    optional("upload_min_bytes", 1010, "uint32"),
    optional("client_certificate_headers", 1120, ClientCertificateHeaders),
    optional("log_client_certificate", 1121, "bool"),
  ],
);

/** Which certificates clients may or must bring; PEM texts. The whole replaces the whole. */
export interface ClientAuthPolicy {
  client_auth?: ClientAuthMode;
  client_ca_certificates: string[];
  client_ca_crls: string[];
}

export const ClientAuthPolicy: MessageType<ClientAuthPolicy> = new MessageType(
  "ClientAuthPolicy",
  () => [
    optional("client_auth", 1, "enum"),
    repeated("client_ca_certificates", 2, "string"),
    repeated("client_ca_crls", 3, "string"),
  ],
);

/** Names of the headers that tell backends about the certificate of a client; an absent one is not sent. */
export interface ClientCertificateHeaders {
  subject?: string;
  names?: string;
  fingerprint?: string;
  verified?: string;
}

export const ClientCertificateHeaders: MessageType<ClientCertificateHeaders> = new MessageType(
  "ClientCertificateHeaders",
  () => [
    optional("subject", 1, "string"),
    optional("names", 2, "string"),
    optional("fingerprint", 3, "string"),
    optional("verified", 4, "string"),
  ],
);

/** In-place change of a TCP listener; an absent field keeps its value. */
export interface UpdateTcpListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  expect_proxy?: boolean;
  front_timeout?: number;
  back_timeout?: number;
  connect_timeout?: number;
  certificate?: string;
  key?: string;
}

export const UpdateTcpListenerConfig: MessageType<UpdateTcpListenerConfig> = new MessageType(
  "UpdateTcpListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    optional("expect_proxy", 3, "bool"),
    optional("front_timeout", 4, "uint32"),
    optional("back_timeout", 5, "uint32"),
    optional("connect_timeout", 6, "uint32"),
    optional("certificate", 201, "string"),
    optional("key", 202, "string"),
  ],
);

/** In-place change of a UDP listener; an absent field keeps its value. */
export interface UpdateUdpListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  front_timeout?: number;
  back_timeout?: number;
  max_rx_datagram_size?: number;
  max_flows?: number;
}

export const UpdateUdpListenerConfig: MessageType<UpdateUdpListenerConfig> = new MessageType(
  "UpdateUdpListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    optional("front_timeout", 3, "uint32"),
    optional("back_timeout", 4, "uint32"),
    optional("max_rx_datagram_size", 5, "uint32"),
    optional("max_flows", 6, "uint32"),
  ],
);

/** An HTTP listener. Timeouts are in seconds. */
export interface HttpListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  expect_proxy: boolean;
  sticky_name: string;
  front_timeout: number;
  back_timeout: number;
  connect_timeout: number;
  request_timeout: number;
  active: boolean;
  http_answers?: CustomHttpAnswers;
  h2_max_rst_stream_per_window?: number;
  h2_max_ping_per_window?: number;
  h2_max_settings_per_window?: number;
  h2_max_empty_data_per_window?: number;
  h2_max_continuation_frames?: number;
  h2_max_glitch_count?: number;
  h2_initial_connection_window?: number;
  h2_max_concurrent_streams?: number;
  h2_stream_shrink_ratio?: number;
  h2_max_rst_stream_lifetime?: bigint;
  h2_max_rst_stream_abusive_lifetime?: bigint;
  h2_max_rst_stream_emitted_lifetime?: bigint;
  h2_max_header_list_size?: number;
  h2_stream_idle_timeout_seconds?: number;
  h2_max_header_table_size?: number;
  h2_graceful_shutdown_deadline_seconds?: number;
  h2_max_window_update_stream0_per_window?: number;
  sozu_id_header?: string;
  answers: Map<string, string>;
  elide_x_real_ip?: boolean;
  send_x_real_ip?: boolean;
  h2_max_header_fields?: number;
  interface?: string;
  forwarded_headers?: ForwardedHeaders;
  h2_stream_refusal_percent?: number;
  allow_obs_text?: boolean;
  upload_min_bytes?: number;
  h2c_prior_knowledge?: boolean;
  client_certificate_headers?: ClientCertificateHeaders;
}

export const HttpListenerConfig: MessageType<HttpListenerConfig> = new MessageType(
  "HttpListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    required("expect_proxy", 5, "bool", false),
    required("sticky_name", 6, "string"),
    required("front_timeout", 7, "uint32", 60),
    required("back_timeout", 8, "uint32", 30),
    required("connect_timeout", 9, "uint32", 3),
    required("request_timeout", 10, "uint32", 10),
    required("active", 11, "bool", false),
    optional("http_answers", 12, CustomHttpAnswers),
    optional("h2_max_rst_stream_per_window", 13, "uint32"),
    optional("h2_max_ping_per_window", 14, "uint32"),
    optional("h2_max_settings_per_window", 15, "uint32"),
    optional("h2_max_empty_data_per_window", 16, "uint32"),
    optional("h2_max_continuation_frames", 17, "uint32"),
    optional("h2_max_glitch_count", 18, "uint32"),
    optional("h2_initial_connection_window", 19, "uint32"),
    optional("h2_max_concurrent_streams", 20, "uint32"),
    optional("h2_stream_shrink_ratio", 21, "uint32"),
    optional("h2_max_rst_stream_lifetime", 22, "uint64"),
    optional("h2_max_rst_stream_abusive_lifetime", 23, "uint64"),
    optional("h2_max_rst_stream_emitted_lifetime", 27, "uint64"),
    optional("h2_max_header_list_size", 24, "uint32"),
    optional("h2_stream_idle_timeout_seconds", 25, "uint32"),
    optional("h2_max_header_table_size", 26, "uint32"),
    optional("h2_graceful_shutdown_deadline_seconds", 28, "uint32"),
    optional("h2_max_window_update_stream0_per_window", 29, "uint32"),
    optional("sozu_id_header", 30, "string"),
    mapOf("answers", 31, "string"),
    optional("elide_x_real_ip", 32, "bool", false),
    optional("send_x_real_ip", 33, "bool", false),
    optional("h2_max_header_fields", 34, "uint32"),
    optional("interface", 35, "string"),
    optional("forwarded_headers", 36, "enum", 0),
    optional("h2_stream_refusal_percent", 37, "uint32"),
    optional("allow_obs_text", 1110, "bool", true),
    optional("upload_min_bytes", 1010, "uint32"),
    optional("h2c_prior_knowledge", 1111, "bool", false),
    optional("client_certificate_headers", 1120, ClientCertificateHeaders),
  ],
);

/** An HTTPS listener. Timeouts are in seconds. */
export interface HttpsListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  expect_proxy: boolean;
  sticky_name: string;
  front_timeout: number;
  back_timeout: number;
  connect_timeout: number;
  request_timeout: number;
  active: boolean;
  versions: TlsVersion[];
  cipher_list: string[];
  cipher_suites: string[];
  signature_algorithms: string[];
  groups_list: string[];
  certificate?: string;
  certificate_chain: string[];
  key?: string;
  send_tls13_tickets: bigint;
  http_answers?: CustomHttpAnswers;
  alpn_protocols: string[];
  h2_max_rst_stream_per_window?: number;
  h2_max_ping_per_window?: number;
  h2_max_settings_per_window?: number;
  h2_max_empty_data_per_window?: number;
  h2_max_continuation_frames?: number;
  h2_max_glitch_count?: number;
  h2_initial_connection_window?: number;
  h2_max_concurrent_streams?: number;
  h2_stream_shrink_ratio?: number;
  h2_max_rst_stream_lifetime?: bigint;
  h2_max_rst_stream_abusive_lifetime?: bigint;
  h2_max_rst_stream_emitted_lifetime?: bigint;
  h2_max_header_list_size?: number;
  strict_sni_binding?: boolean;
  disable_http11?: boolean;
  h2_stream_idle_timeout_seconds?: number;
  h2_max_header_table_size?: number;
  h2_graceful_shutdown_deadline_seconds?: number;
  h2_max_window_update_stream0_per_window?: number;
  sozu_id_header?: string;
  answers: Map<string, string>;
  elide_x_real_ip?: boolean;
  send_x_real_ip?: boolean;
  hsts?: HstsConfig;
  h2_max_header_fields?: number;
  interface?: string;
  forwarded_headers?: ForwardedHeaders;
  h2_stream_refusal_percent?: number;
  client_auth?: ClientAuthMode;
  client_ca_certificates: string[];
  client_ca_crls: string[];
  allow_obs_text?: boolean;
  upload_min_bytes?: number;
  client_certificate_headers?: ClientCertificateHeaders;
  log_client_certificate?: boolean;
}

export const HttpsListenerConfig: MessageType<HttpsListenerConfig> = new MessageType(
  "HttpsListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    required("expect_proxy", 5, "bool", false),
    required("sticky_name", 6, "string"),
    required("front_timeout", 7, "uint32", 60),
    required("back_timeout", 8, "uint32", 30),
    required("connect_timeout", 9, "uint32", 3),
    required("request_timeout", 10, "uint32", 10),
    required("active", 11, "bool", false),
    repeated("versions", 12, "enum"),
    repeated("cipher_list", 13, "string"),
    repeated("cipher_suites", 14, "string"),
    repeated("signature_algorithms", 15, "string"),
    repeated("groups_list", 16, "string"),
    optional("certificate", 17, "string"),
    repeated("certificate_chain", 18, "string"),
    optional("key", 19, "string"),
    required("send_tls13_tickets", 20, "uint64"),
    optional("http_answers", 21, CustomHttpAnswers),
    repeated("alpn_protocols", 22, "string"),
    optional("h2_max_rst_stream_per_window", 23, "uint32"),
    optional("h2_max_ping_per_window", 24, "uint32"),
    optional("h2_max_settings_per_window", 25, "uint32"),
    optional("h2_max_empty_data_per_window", 26, "uint32"),
    optional("h2_max_continuation_frames", 27, "uint32"),
    optional("h2_max_glitch_count", 28, "uint32"),
    optional("h2_initial_connection_window", 29, "uint32"),
    optional("h2_max_concurrent_streams", 30, "uint32"),
    optional("h2_stream_shrink_ratio", 31, "uint32"),
    optional("h2_max_rst_stream_lifetime", 32, "uint64"),
    optional("h2_max_rst_stream_abusive_lifetime", 33, "uint64"),
    optional("h2_max_rst_stream_emitted_lifetime", 39, "uint64"),
    optional("h2_max_header_list_size", 34, "uint32"),
    optional("strict_sni_binding", 35, "bool"),
    optional("disable_http11", 36, "bool"),
    optional("h2_stream_idle_timeout_seconds", 37, "uint32"),
    optional("h2_max_header_table_size", 38, "uint32"),
    optional("h2_graceful_shutdown_deadline_seconds", 40, "uint32"),
    optional("h2_max_window_update_stream0_per_window", 41, "uint32"),
    optional("sozu_id_header", 42, "string"),
    mapOf("answers", 43, "string"),
    optional("elide_x_real_ip", 44, "bool", false),
    optional("send_x_real_ip", 45, "bool", false),
    optional("hsts", 46, HstsConfig),
    optional("h2_max_header_fields", 47, "uint32"),
    optional("interface", 48, "string"),
    optional("forwarded_headers", 49, "enum", 0),
    optional("h2_stream_refusal_percent", 50, "uint32"),
    optional("client_auth", 51, "enum"),
    repeated("client_ca_certificates", 52, "string"),
    repeated("client_ca_crls", 53, "string"),
    optional("allow_obs_text", 1110, "bool", true),
    optional("upload_min_bytes", 1010, "uint32"),
    optional("client_certificate_headers", 1120, ClientCertificateHeaders),
    optional("log_client_certificate", 1121, "bool"),
  ],
);

/** A TCP listener. Timeouts are in seconds; with certificate (PEM, its chain after it) and key it ends TLS. */
export interface TcpListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  expect_proxy: boolean;
  front_timeout: number;
  back_timeout: number;
  connect_timeout: number;
  active: boolean;
  sni_preread_timeout?: number;
  sni_preread_max_bytes?: number;
  interface?: string;
  certificate?: string;
  key?: string;
}

export const TcpListenerConfig: MessageType<TcpListenerConfig> = new MessageType(
  "TcpListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    required("expect_proxy", 3, "bool", false),
    required("front_timeout", 4, "uint32", 60),
    required("back_timeout", 5, "uint32", 30),
    required("connect_timeout", 6, "uint32", 3),
    required("active", 7, "bool", false),
    optional("sni_preread_timeout", 8, "uint32", 5),
    optional("sni_preread_max_bytes", 9, "uint32", 16384),
    optional("interface", 10, "string"),
    optional("certificate", 201, "string"),
    optional("key", 202, "string"),
  ],
);

/** A UDP listener. Timeouts are in seconds, 0 flows is automatic. */
export interface UdpListenerConfig {
  address: SocketAddress;
  public_address?: SocketAddress;
  front_timeout: number;
  back_timeout: number;
  max_rx_datagram_size: number;
  max_flows: number;
  active: boolean;
  interface?: string;
}

export const UdpListenerConfig: MessageType<UdpListenerConfig> = new MessageType(
  "UdpListenerConfig",
  () => [
    required("address", 1, SocketAddress),
    optional("public_address", 2, SocketAddress),
    required("front_timeout", 3, "uint32", 30),
    required("back_timeout", 4, "uint32", 30),
    required("max_rx_datagram_size", 5, "uint32", 1500),
    required("max_flows", 6, "uint32", 0),
    required("active", 7, "bool", false),
    optional("interface", 8, "string"),
  ],
);

/** Strict-Transport-Security policy; max_age is in seconds. */
export interface HstsConfig {
  enabled?: boolean;
  max_age?: number;
  include_subdomains?: boolean;
  preload?: boolean;
  force_replace_backend?: boolean;
}

export const HstsConfig: MessageType<HstsConfig> = new MessageType(
  "HstsConfig",
  () => [
    optional("enabled", 1, "bool"),
    optional("max_age", 2, "uint32"),
    optional("include_subdomains", 3, "bool"),
    optional("preload", 4, "bool"),
    optional("force_replace_backend", 5, "bool"),
  ],
);

/** Answer templates by status, superseded by the `answers` map. */
export interface CustomHttpAnswers {
  answer_301?: string;
  answer_400?: string;
  answer_401?: string;
  answer_404?: string;
  answer_408?: string;
  answer_413?: string;
  answer_421?: string;
  answer_502?: string;
  answer_503?: string;
  answer_504?: string;
  answer_507?: string;
  answer_429?: string;
}

export const CustomHttpAnswers: MessageType<CustomHttpAnswers> = new MessageType(
  "CustomHttpAnswers",
  () => [
    optional("answer_301", 1, "string"),
    optional("answer_400", 2, "string"),
    optional("answer_401", 3, "string"),
    optional("answer_404", 4, "string"),
    optional("answer_408", 5, "string"),
    optional("answer_413", 6, "string"),
    optional("answer_421", 11, "string"),
    optional("answer_502", 7, "string"),
    optional("answer_503", 8, "string"),
    optional("answer_504", 9, "string"),
    optional("answer_507", 10, "string"),
    optional("answer_429", 12, "string"),
  ],
);

/** Opens the socket of a configured listener. */
export interface ActivateListener {
  address: SocketAddress;
  proxy: ListenerType;
  from_scm: boolean;
  interface?: string;
}

export const ActivateListener: MessageType<ActivateListener> = new MessageType(
  "ActivateListener",
  () => [
    required("address", 1, SocketAddress),
    required("proxy", 2, "enum"),
    required("from_scm", 3, "bool"),
    optional("interface", 4, "string"),
  ],
);

/** Closes the socket of a listener and keeps its configuration. */
export interface DeactivateListener {
  address: SocketAddress;
  proxy: ListenerType;
  to_scm: boolean;
  interface?: string;
}

export const DeactivateListener: MessageType<DeactivateListener> = new MessageType(
  "DeactivateListener",
  () => [
    required("address", 1, SocketAddress),
    required("proxy", 2, "enum"),
    required("to_scm", 3, "bool"),
    optional("interface", 4, "string"),
  ],
);

/** Removes a listener. */
export interface RemoveListener {
  address: SocketAddress;
  proxy: ListenerType;
  interface?: string;
}

export const RemoveListener: MessageType<RemoveListener> = new MessageType(
  "RemoveListener",
  () => [
    required("address", 1, SocketAddress),
    required("proxy", 2, "enum"),
    optional("interface", 3, "string"),
  ],
);

/** Protocol of a listener. */
export const ListenerType = {
  HTTP: 0,
  HTTPS: 1,
  TCP: 2,
  UDP: 3,
} as const;
export type ListenerType = number;

/** Listeners by textual address. */
export interface ListenersList {
  http_listeners: Map<string, HttpListenerConfig>;
  https_listeners: Map<string, HttpsListenerConfig>;
  tcp_listeners: Map<string, TcpListenerConfig>;
  udp_listeners: Map<string, UdpListenerConfig>;
}

export const ListenersList: MessageType<ListenersList> = new MessageType(
  "ListenersList",
  () => [
    mapOf("http_listeners", 1, HttpListenerConfig),
    mapOf("https_listeners", 2, HttpsListenerConfig),
    mapOf("tcp_listeners", 3, TcpListenerConfig),
    mapOf("udp_listeners", 4, UdpListenerConfig),
  ],
);

/** Which headers tell backends about the client. */
export const ForwardedHeaders = {
  FORWARDED_HEADERS_BOTH: 0,
  FORWARDED_HEADERS_X_FORWARDED: 1,
  FORWARDED_HEADERS_RFC7239: 2,
  FORWARDED_HEADERS_NONE: 3,
} as const;
export type ForwardedHeaders = number;

/** Whether clients are asked for a certificate, and refused without. */
export const ClientAuthMode = {
  CLIENT_AUTH_NONE: 0,
  CLIENT_AUTH_OPTIONAL: 1,
  CLIENT_AUTH_REQUIRED: 2,
} as const;
export type ClientAuthMode = number;

/** What a matched frontend does: forward, or answer 301, 401, 302, 308, or close without a byte. */
export const RedirectPolicy = {
  FORWARD: 0,
  PERMANENT: 1,
  UNAUTHORIZED: 2,
  FOUND: 3,
  PERMANENT_REDIRECT: 4,
  SILENT_CLOSE: 5,
} as const;
export type RedirectPolicy = number;

/** Scheme of the Location header of a redirect. */
export const RedirectScheme = {
  USE_SAME: 0,
  USE_HTTP: 1,
  USE_HTTPS: 2,
} as const;
export type RedirectScheme = number;

/** Direction in which a header edit applies. */
export const HeaderPosition = {
  HEADER_POSITION_UNSPECIFIED: 0,
  REQUEST: 1,
  RESPONSE: 2,
  BOTH: 3,
} as const;
export type HeaderPosition = number;

/** A header edit; an empty value deletes the header. */
export interface Header {
  position: HeaderPosition;
  key: string;
  val: string;
}

export const Header: MessageType<Header> = new MessageType(
  "Header",
  () => [
    required("position", 1, "enum"),
    required("key", 2, "string"),
    required("val", 3, "string"),
  ],
);

/** How the value of a header is matched. */
export const HeaderMatchKind = {
  HEADER_MATCH_KIND_EXACT: 0,
  HEADER_MATCH_KIND_REGEX: 1,
  HEADER_MATCH_KIND_PRESENT: 2,
} as const;
export type HeaderMatchKind = number;

/** A header that a request must have for a route to fit. */
export interface HeaderPredicate {
  name: string;
  kind: HeaderMatchKind;
  value?: string;
}

export const HeaderPredicate: MessageType<HeaderPredicate> = new MessageType(
  "HeaderPredicate",
  () => [
    required("name", 1, "string"),
    required("kind", 2, "enum"),
    optional("value", 3, "string"),
  ],
);

/** A route of an HTTP or HTTPS listener; without a cluster it denies. */
export interface RequestHttpFrontend {
  cluster_id?: string;
  address: SocketAddress;
  hostname: string;
  path: PathRule;
  method?: string;
  position: RulePosition;
  tags: Map<string, string>;
  redirect?: RedirectPolicy;
  required_auth?: boolean;
  redirect_scheme?: RedirectScheme;
  redirect_template?: string;
  rewrite_host?: string;
  rewrite_path?: string;
  rewrite_port?: number;
  headers: Header[];
  hsts?: HstsConfig;
  header_predicates: HeaderPredicate[];
}

export const RequestHttpFrontend: MessageType<RequestHttpFrontend> = new MessageType(
  "RequestHttpFrontend",
  () => [
    optional("cluster_id", 1, "string"),
    required("address", 2, SocketAddress),
    required("hostname", 3, "string"),
    required("path", 4, PathRule),
    optional("method", 5, "string"),
    required("position", 6, "enum", 2),
    mapOf("tags", 7, "string"),
    optional("redirect", 8, "enum", 0),
    optional("required_auth", 9, "bool"),
    optional("redirect_scheme", 10, "enum", 0),
    optional("redirect_template", 11, "string"),
    optional("rewrite_host", 12, "string"),
    optional("rewrite_path", 13, "string"),
    optional("rewrite_port", 14, "uint32"),
    repeated("headers", 15, Header),
    optional("hsts", 16, HstsConfig),
    repeated("header_predicates", 17, HeaderPredicate),
  ],
);

/** Ties a TCP listener to a cluster; with sni only connections of TLS clients that ask for this server. */
export interface RequestTcpFrontend {
  cluster_id: string;
  address: SocketAddress;
  tags: Map<string, string>;
  sni?: string;
  alpn: string[];
}

export const RequestTcpFrontend: MessageType<RequestTcpFrontend> = new MessageType(
  "RequestTcpFrontend",
  () => [
    required("cluster_id", 1, "string"),
    required("address", 2, SocketAddress),
    mapOf("tags", 3, "string"),
    optional("sni", 4, "string"),
    repeated("alpn", 5, "string"),
  ],
);

/** Ties a UDP listener to a cluster. */
export interface RequestUdpFrontend {
  cluster_id: string;
  address: SocketAddress;
  tags: Map<string, string>;
}

export const RequestUdpFrontend: MessageType<RequestUdpFrontend> = new MessageType(
  "RequestUdpFrontend",
  () => [
    required("cluster_id", 1, "string"),
    required("address", 2, SocketAddress),
    mapOf("tags", 3, "string"),
  ],
);

/** Which frontends to list; no flag set means all. */
export interface FrontendFilters {
  http: boolean;
  https: boolean;
  tcp: boolean;
  domain?: string;
  cluster_id?: string;
}

export const FrontendFilters: MessageType<FrontendFilters> = new MessageType(
  "FrontendFilters",
  () => [
    required("http", 1, "bool"),
    required("https", 2, "bool"),
    required("tcp", 3, "bool"),
    optional("domain", 4, "string"),
    optional("cluster_id", 5, "string"),
  ],
);

/** How the path of a request is matched. */
export interface PathRule {
  kind: PathRuleKind;
  value: string;
}

export const PathRule: MessageType<PathRule> = new MessageType(
  "PathRule",
  () => [
    required("kind", 1, "enum"),
    required("value", 2, "string"),
  ],
);

/** Kinds of path rules. */
export const PathRuleKind = {
  PREFIX: 0,
  REGEX: 1,
  EQUALS: 2,
} as const;
export type PathRuleKind = number;

/** PRE is tried before the host tree, POST after it. */
export const RulePosition = {
  PRE: 0,
  POST: 1,
  TREE: 2,
} as const;
export type RulePosition = number;

/** Adds a certificate to an HTTPS listener; times are unix seconds. */
export interface AddCertificate {
  address: SocketAddress;
  certificate: CertificateAndKey;
  expired_at?: bigint;
}

export const AddCertificate: MessageType<AddCertificate> = new MessageType(
  "AddCertificate",
  () => [
    required("address", 1, SocketAddress),
    required("certificate", 2, CertificateAndKey),
    optional("expired_at", 3, "int64"),
  ],
);

/** Removes a certificate by its SHA-256 fingerprint in hexadecimal. */
export interface RemoveCertificate {
  address: SocketAddress;
  fingerprint: string;
}

export const RemoveCertificate: MessageType<RemoveCertificate> = new MessageType(
  "RemoveCertificate",
  () => [
    required("address", 1, SocketAddress),
    required("fingerprint", 2, "string"),
  ],
);

/** Adds a certificate, then removes the one with the old fingerprint. */
export interface ReplaceCertificate {
  address: SocketAddress;
  new_certificate: CertificateAndKey;
  old_fingerprint: string;
  new_expired_at?: bigint;
}

export const ReplaceCertificate: MessageType<ReplaceCertificate> = new MessageType(
  "ReplaceCertificate",
  () => [
    required("address", 1, SocketAddress),
    required("new_certificate", 2, CertificateAndKey),
    required("old_fingerprint", 3, "string"),
    optional("new_expired_at", 4, "int64"),
  ],
);

/** A certificate, its chain and its private key, in PEM. */
export interface CertificateAndKey {
  certificate: string;
  certificate_chain: string[];
  key: string;
  versions: TlsVersion[];
  names: string[];
}

export const CertificateAndKey: MessageType<CertificateAndKey> = new MessageType(
  "CertificateAndKey",
  () => [
    required("certificate", 1, "string"),
    repeated("certificate_chain", 2, "string"),
    required("key", 3, "string"),
    repeated("versions", 4, "enum"),
    repeated("names", 5, "string"),
  ],
);

/** Which certificates to list; the domain wins over the fingerprint. */
export interface QueryCertificatesFilters {
  domain?: string;
  fingerprint?: string;
}

export const QueryCertificatesFilters: MessageType<QueryCertificatesFilters> = new MessageType(
  "QueryCertificatesFilters",
  () => [
    optional("domain", 1, "string"),
    optional("fingerprint", 2, "string"),
  ],
);

/** One name served with one certificate. */
export interface CertificateSummary {
  domain: string;
  fingerprint: string;
}

export const CertificateSummary: MessageType<CertificateSummary> = new MessageType(
  "CertificateSummary",
  () => [
    required("domain", 1, "string"),
    required("fingerprint", 2, "string"),
  ],
);

/** Certificates in service, by listener. */
export interface ListOfCertificatesByAddress {
  certificates: CertificatesByAddress[];
}

export const ListOfCertificatesByAddress: MessageType<ListOfCertificatesByAddress> =
  new MessageType(
    "ListOfCertificatesByAddress",
    () => [
      repeated("certificates", 1, CertificatesByAddress),
    ],
  );

/** Certificates in service on one listener. */
export interface CertificatesByAddress {
  address: SocketAddress;
  certificate_summaries: CertificateSummary[];
}

export const CertificatesByAddress: MessageType<CertificatesByAddress> = new MessageType(
  "CertificatesByAddress",
  () => [
    required("address", 1, SocketAddress),
    repeated("certificate_summaries", 2, CertificateSummary),
  ],
);

/** Certificates by fingerprint. */
export interface CertificatesWithFingerprints {
  certs: Map<string, CertificateAndKey>;
}

export const CertificatesWithFingerprints: MessageType<CertificatesWithFingerprints> =
  new MessageType(
    "CertificatesWithFingerprints",
    () => [
      mapOf("certs", 1, CertificateAndKey),
    ],
  );

/** TLS protocol versions. */
export const TlsVersion = {
  SSL_V2: 0,
  SSL_V3: 1,
  TLS_V1_0: 2,
  TLS_V1_1: 3,
  TLS_V1_2: 4,
  TLS_V1_3: 5,
} as const;
export type TlsVersion = number;

/** What ties datagrams to one flow. */
export const UdpAffinityKey = {
  SOURCE_IP: 0,
  SOURCE_IP_PORT: 1,
} as const;
export type UdpAffinityKey = number;

/** How UDP backends are probed. */
export const UdpHealthMode = {
  HEALTH_OFF: 0,
  TCP_PROBE: 1,
  UDP_PROBE: 2,
} as const;
export type UdpHealthMode = number;

/** Health probe of UDP backends; intervals are in seconds. */
export interface UdpHealthConfig {
  mode?: UdpHealthMode;
  tcp_port?: number;
  rise?: number;
  fall?: number;
  fail_open?: boolean;
  udp_probe_payload?: Uint8Array;
  probe_interval_seconds?: number;
  probe_timeout_seconds?: number;
}

export const UdpHealthConfig: MessageType<UdpHealthConfig> = new MessageType(
  "UdpHealthConfig",
  () => [
    optional("mode", 1, "enum"),
    optional("tcp_port", 2, "uint32"),
    optional("rise", 3, "uint32", 2),
    optional("fall", 4, "uint32", 3),
    optional("fail_open", 5, "bool", true),
    optional("udp_probe_payload", 6, "bytes"),
    optional("probe_interval_seconds", 7, "uint32", 5),
    optional("probe_timeout_seconds", 8, "uint32", 2),
  ],
);

/** UDP settings of a cluster; 0 responses or requests is unlimited. */
export interface UdpClusterConfig {
  affinity_key?: UdpAffinityKey;
  responses?: number;
  requests?: number;
  send_proxy_protocol?: boolean;
  proxy_protocol_every_datagram?: boolean;
  health?: UdpHealthConfig;
}

export const UdpClusterConfig: MessageType<UdpClusterConfig> = new MessageType(
  "UdpClusterConfig",
  () => [
    optional("affinity_key", 1, "enum"),
    optional("responses", 2, "uint32"),
    optional("requests", 3, "uint32"),
    optional("send_proxy_protocol", 4, "bool"),
    optional("proxy_protocol_every_datagram", 5, "bool"),
    optional("health", 6, UdpHealthConfig),
  ],
);

/** A group of backends and the policy in front of them. */
export interface Cluster {
  cluster_id: string;
  sticky_session: boolean;
  https_redirect: boolean;
  proxy_protocol?: ProxyProtocolConfig;
  load_balancing: LoadBalancingAlgorithms;
  answer_503?: string;
  load_metric?: LoadMetric;
  http2?: boolean;
  answers: Map<string, string>;
  https_redirect_port?: number;
  authorized_hashes: string[];
  www_authenticate?: string;
  max_connections_per_ip?: bigint;
  retry_after?: number;
  health_check?: HealthCheckConfig;
  udp?: UdpClusterConfig;
  max_connections_per_subnet?: bigint;
  affinity_header?: string;
  affinity_cookie?: string;
  shard_percent?: number;
  shard_min_backends?: number;
  shard_mode?: ShardMode;
  max_connection_attempts?: number;
  allow_connect?: boolean;
}

export const Cluster: MessageType<Cluster> = new MessageType(
  "Cluster",
  () => [
    required("cluster_id", 1, "string"),
    required("sticky_session", 2, "bool"),
    required("https_redirect", 3, "bool"),
    optional("proxy_protocol", 4, "enum"),
    required("load_balancing", 5, "enum", 0),
    optional("answer_503", 6, "string"),
    optional("load_metric", 7, "enum"),
    optional("http2", 8, "bool"),
    mapOf("answers", 9, "string"),
    optional("https_redirect_port", 10, "uint32"),
    repeated("authorized_hashes", 11, "string"),
    optional("www_authenticate", 12, "string"),
    optional("max_connections_per_ip", 13, "uint64"),
    optional("retry_after", 14, "uint32"),
    optional("health_check", 15, HealthCheckConfig),
    optional("udp", 16, UdpClusterConfig),
    optional("max_connections_per_subnet", 17, "uint64"),
    optional("affinity_header", 18, "string"),
    optional("affinity_cookie", 19, "string"),
    optional("shard_percent", 20, "uint32"),
    optional("shard_min_backends", 21, "uint32"),
    optional("shard_mode", 22, "enum"),
    optional("max_connection_attempts", 23, "uint32"),
    optional("allow_connect", 1000, "bool"),
  ],
);

/** Whether a client whose own backends are gone is given others. */
export const ShardMode = {
  FALLBACK: 0,
  STRICT: 1,
} as const;
export type ShardMode = number;

/** What a health check speaks. */
export const HealthCheckMode = {
  HEALTH_CHECK_MODE_HTTP: 0,
  HEALTH_CHECK_MODE_TCP: 1,
} as const;
export type HealthCheckMode = number;

/** Statuses from one to another, both included. */
export interface HttpStatusRange {
  start: number;
  end: number;
}

export const HttpStatusRange: MessageType<HttpStatusRange> = new MessageType(
  "HttpStatusRange",
  () => [
    required("start", 1, "uint32"),
    required("end", 2, "uint32"),
  ],
);

/** A header of health checks: its name, and a keyed fingerprint of its value. */
export interface HealthCheckHeader {
  name: string;
  fingerprint: string;
}

export const HealthCheckHeader: MessageType<HealthCheckHeader> = new MessageType(
  "HealthCheckHeader",
  () => [
    required("name", 1, "string"),
    required("fingerprint", 3, "string"),
  ],
);

/** The value of a header of health checks. It has no JSON form. */
export interface HealthCheckHeaderValue {
  name: string;
  value: Uint8Array;
}

export const HealthCheckHeaderValue: MessageType<HealthCheckHeaderValue> = new MessageType(
  "HealthCheckHeaderValue",
  () => [
    required("name", 1, "string"),
    required("value", 2, "bytes"),
  ],
);

/** Health check; times in seconds, status 0 accepts any 2xx. */
export interface HealthCheckConfig {
  uri: string;
  interval: number;
  timeout: number;
  healthy_threshold: number;
  unhealthy_threshold: number;
  expected_status: number;
  mode: HealthCheckMode;
  accepted_statuses: HttpStatusRange[];
  port?: number;
  headers: HealthCheckHeader[];
}

export const HealthCheckConfig: MessageType<HealthCheckConfig> = new MessageType(
  "HealthCheckConfig",
  () => [
    required("uri", 1, "string"),
    required("interval", 2, "uint32", 10),
    required("timeout", 3, "uint32", 5),
    required("healthy_threshold", 4, "uint32", 3),
    required("unhealthy_threshold", 5, "uint32", 3),
    required("expected_status", 6, "uint32", 0),
    required("mode", 7, "enum", 0),
    repeated("accepted_statuses", 8, HttpStatusRange),
    optional("port", 9, "uint32"),
    repeated("headers", 10, HealthCheckHeader),
  ],
);

/** How a backend is picked. */
export const LoadBalancingAlgorithms = {
  ROUND_ROBIN: 0,
  RANDOM: 1,
  LEAST_LOADED: 2,
  POWER_OF_TWO: 3,
  HRW: 4,
  MAGLEV: 5,
} as const;
export type LoadBalancingAlgorithms = number;

/** What is done with PROXY protocol headers of a TCP cluster. */
export const ProxyProtocolConfig = {
  EXPECT_HEADER: 0,
  SEND_HEADER: 1,
  RELAY_HEADER: 2,
} as const;
export type ProxyProtocolConfig = number;

/** What least-loaded compares. */
export const LoadMetric = {
  CONNECTIONS: 0,
  REQUESTS: 1,
  CONNECTION_TIME: 2,
} as const;
export type LoadMetric = number;

/** A server of a cluster. */
export interface AddBackend {
  cluster_id: string;
  backend_id: string;
  address: SocketAddress;
  sticky_id?: string;
  load_balancing_parameters?: LoadBalancingParams;
  backup?: boolean;
  unix_path?: string;
}

export const AddBackend: MessageType<AddBackend> = new MessageType(
  "AddBackend",
  () => [
    required("cluster_id", 1, "string"),
    required("backend_id", 2, "string"),
    required("address", 3, SocketAddress),
    optional("sticky_id", 4, "string"),
    optional("load_balancing_parameters", 5, LoadBalancingParams),
    optional("backup", 6, "bool"),
    optional("unix_path", 7, "string"),
  ],
);

/** Removes a server of a cluster. */
export interface RemoveBackend {
  cluster_id: string;
  backend_id: string;
  address: SocketAddress;
}

export const RemoveBackend: MessageType<RemoveBackend> = new MessageType(
  "RemoveBackend",
  () => [
    required("cluster_id", 1, "string"),
    required("backend_id", 2, "string"),
    required("address", 3, SocketAddress),
  ],
);

/** Relative share of a backend. */
export interface LoadBalancingParams {
  weight: number;
}

export const LoadBalancingParams: MessageType<LoadBalancingParams> = new MessageType(
  "LoadBalancingParams",
  () => [
    required("weight", 1, "int32"),
  ],
);

/** Asks for the clusters behind a host name, and a path if given. */
export interface QueryClusterByDomain {
  hostname: string;
  path?: string;
}

export const QueryClusterByDomain: MessageType<QueryClusterByDomain> = new MessageType(
  "QueryClusterByDomain",
  () => [
    required("hostname", 1, "string"),
    optional("path", 2, "string"),
  ],
);

/** Which metrics to report. */
export interface QueryMetricsOptions {
  list: boolean;
  cluster_ids: string[];
  backend_ids: string[];
  metric_names: string[];
  no_clusters: boolean;
  workers: boolean;
  durations?: boolean;
}

export const QueryMetricsOptions: MessageType<QueryMetricsOptions> = new MessageType(
  "QueryMetricsOptions",
  () => [
    required("list", 1, "bool"),
    repeated("cluster_ids", 2, "string"),
    repeated("backend_ids", 3, "string"),
    repeated("metric_names", 4, "string"),
    required("no_clusters", 5, "bool"),
    required("workers", 6, "bool"),
    optional("durations", 1001, "bool"),
  ],
);

/** Switches metrics on or off, or clears them. */
export const MetricsConfiguration = {
  ENABLED: 0,
  DISABLED: 1,
  CLEAR: 2,
} as const;
export type MetricsConfiguration = number;

/** Answer to a request: any number of PROCESSING, then OK or FAILURE. */
export interface Response {
  status: ResponseStatus;
  message: string;
  content?: ResponseContent;
}

export const Response: MessageType<Response> = new MessageType(
  "Response",
  () => [
    required("status", 1, "enum", 2),
    required("message", 2, "string"),
    optional("content", 3, ResponseContent),
  ],
);

/** Payload of an answer. */
export interface ResponseContent {
  content_type:
    | null
    | { kind: "workers"; value: WorkerInfos }
    | { kind: "metrics"; value: AggregatedMetrics }
    | { kind: "worker_responses"; value: WorkerResponses }
    | { kind: "event"; value: Event }
    | { kind: "frontend_list"; value: ListedFrontends }
    | { kind: "listeners_list"; value: ListenersList }
    | { kind: "worker_metrics"; value: WorkerMetrics }
    | { kind: "available_metrics"; value: AvailableMetrics }
    | { kind: "clusters"; value: ClusterInformations }
    | { kind: "cluster_hashes"; value: ClusterHashes }
    | { kind: "certificates_by_address"; value: ListOfCertificatesByAddress }
    | { kind: "certificates_with_fingerprints"; value: CertificatesWithFingerprints }
    | { kind: "request_counts"; value: RequestCounts }
    | { kind: "max_connections_per_ip_limit"; value: MaxConnectionsPerIpLimit }
    | { kind: "health_checks_list"; value: HealthChecksList }
    | { kind: "metric_detail_status"; value: MetricDetailStatus }
    | { kind: "worker_metric_detail_status"; value: WorkerMetricDetailStatus }
    | { kind: "max_connections_per_subnet_limit"; value: MaxConnectionsPerSubnetLimit }
    | { kind: "closed_sessions"; value: ClosedSessions }
    | { kind: "protected_health_check_reply"; value: ProtectedHealthCheckReply }
    | { kind: "listener_socket_name"; value: ListenerSocketName }
    | { kind: "unopened_listeners"; value: UnopenedListeners };
}

export const ResponseContent: MessageType<ResponseContent> = new MessageType(
  "ResponseContent",
  () => [
    member("content_type", "workers", 1, WorkerInfos),
    member("content_type", "metrics", 2, AggregatedMetrics),
    member("content_type", "worker_responses", 3, WorkerResponses),
    member("content_type", "event", 4, Event),
    member("content_type", "frontend_list", 5, ListedFrontends),
    member("content_type", "listeners_list", 6, ListenersList),
    member("content_type", "worker_metrics", 7, WorkerMetrics),
    member("content_type", "available_metrics", 8, AvailableMetrics),
    member("content_type", "clusters", 9, ClusterInformations),
    member("content_type", "cluster_hashes", 10, ClusterHashes),
    member("content_type", "certificates_by_address", 11, ListOfCertificatesByAddress),
    member("content_type", "certificates_with_fingerprints", 12, CertificatesWithFingerprints),
    member("content_type", "request_counts", 13, RequestCounts),
    member("content_type", "max_connections_per_ip_limit", 14, MaxConnectionsPerIpLimit),
    member("content_type", "health_checks_list", 15, HealthChecksList),
    member("content_type", "metric_detail_status", 16, MetricDetailStatus),
    member("content_type", "worker_metric_detail_status", 17, WorkerMetricDetailStatus),
    member("content_type", "max_connections_per_subnet_limit", 18, MaxConnectionsPerSubnetLimit),
    member("content_type", "closed_sessions", 19, ClosedSessions),
    member("content_type", "protected_health_check_reply", 20, ProtectedHealthCheckReply),
    member("content_type", "listener_socket_name", 1000, ListenerSocketName),
    member("content_type", "unopened_listeners", 1001, UnopenedListeners),
  ],
);

/** The active listeners for which a worker has no socket. */
export interface UnopenedListeners {
  listeners: UnopenedListener[];
}

export const UnopenedListeners: MessageType<UnopenedListeners> = new MessageType(
  "UnopenedListeners",
  () => [
    repeated("listeners", 1, UnopenedListener),
  ],
);

/** One of them, and why. */
export interface UnopenedListener {
  address: SocketAddress;
  proxy: ListenerType;
  reason: string;
}

export const UnopenedListener: MessageType<UnopenedListener> = new MessageType(
  "UnopenedListener",
  () => [
    required("address", 1, SocketAddress),
    required("proxy", 2, "enum"),
    required("reason", 3, "string"),
  ],
);

/** What the kernel calls a listening socket. */
export interface ListenerSocketName {
  inode: bigint;
}

export const ListenerSocketName: MessageType<ListenerSocketName> = new MessageType(
  "ListenerSocketName",
  () => [
    required("inode", 1, "uint64"),
  ],
);

/** Health checks by cluster. */
export interface HealthChecksList {
  map: Map<string, HealthCheckConfig>;
}

export const HealthChecksList: MessageType<HealthChecksList> = new MessageType(
  "HealthChecksList",
  () => [
    mapOf("map", 1, HealthCheckConfig),
  ],
);

/** Answers by worker id; `main` is the main process. */
export interface WorkerResponses {
  map: Map<string, ResponseContent>;
}

export const WorkerResponses: MessageType<WorkerResponses> = new MessageType(
  "WorkerResponses",
  () => [
    mapOf("map", 1, ResponseContent),
  ],
);

/** Frontends by protocol. */
export interface ListedFrontends {
  http_frontends: RequestHttpFrontend[];
  https_frontends: RequestHttpFrontend[];
  tcp_frontends: RequestTcpFrontend[];
  udp_frontends: RequestUdpFrontend[];
}

export const ListedFrontends: MessageType<ListedFrontends> = new MessageType(
  "ListedFrontends",
  () => [
    repeated("http_frontends", 1, RequestHttpFrontend),
    repeated("https_frontends", 2, RequestHttpFrontend),
    repeated("tcp_frontends", 3, RequestTcpFrontend),
    repeated("udp_frontends", 4, RequestUdpFrontend),
  ],
);

/** A list of clusters with what belongs to them. */
export interface ClusterInformations {
  vec: ClusterInformation[];
}

export const ClusterInformations: MessageType<ClusterInformations> = new MessageType(
  "ClusterInformations",
  () => [
    repeated("vec", 1, ClusterInformation),
  ],
);

/** One cluster with its frontends and backends. */
export interface ClusterInformation {
  configuration?: Cluster;
  http_frontends: RequestHttpFrontend[];
  https_frontends: RequestHttpFrontend[];
  tcp_frontends: RequestTcpFrontend[];
  backends: AddBackend[];
  udp_frontends: RequestUdpFrontend[];
}

export const ClusterInformation: MessageType<ClusterInformation> = new MessageType(
  "ClusterInformation",
  () => [
    optional("configuration", 1, Cluster),
    repeated("http_frontends", 2, RequestHttpFrontend),
    repeated("https_frontends", 3, RequestHttpFrontend),
    repeated("tcp_frontends", 4, RequestTcpFrontend),
    repeated("backends", 5, AddBackend),
    repeated("udp_frontends", 6, RequestUdpFrontend),
  ],
);

/** Something that happened in the main process or in a worker. */
export interface Event {
  kind: EventKind;
  cluster_id?: string;
  backend_id?: string;
  address?: SocketAddress;
  metric_detail?: MetricDetailTransition;
  unix_ms?: bigint;
}

export const Event: MessageType<Event> = new MessageType(
  "Event",
  () => [
    required("kind", 1, "enum"),
    optional("cluster_id", 2, "string"),
    optional("backend_id", 3, "string"),
    optional("address", 4, SocketAddress),
    optional("metric_detail", 5, MetricDetailTransition),
    optional("unix_ms", 1001, "uint64"),
  ],
);

/** A change of the effective metric detail. */
export interface MetricDetailTransition {
  previous_effective: MetricDetail;
  effective: MetricDetail;
  transition_kind: string;
  client_id?: string;
}

export const MetricDetailTransition: MessageType<MetricDetailTransition> = new MessageType(
  "MetricDetailTransition",
  () => [
    required("previous_effective", 1, "enum"),
    required("effective", 2, "enum"),
    required("transition_kind", 3, "string"),
    optional("client_id", 4, "string"),
  ],
);

/** Kinds of events. */
export const EventKind = {
  BACKEND_DOWN: 0,
  BACKEND_UP: 1,
  NO_AVAILABLE_BACKENDS: 2,
  REMOVED_BACKEND_HAS_NO_CONNECTIONS: 3,
  CLUSTER_ADDED: 4,
  CLUSTER_REMOVED: 5,
  FRONTEND_ADDED: 6,
  FRONTEND_REMOVED: 7,
  CERTIFICATE_ADDED: 8,
  CERTIFICATE_REMOVED: 9,
  CERTIFICATE_REPLACED: 10,
  LISTENER_ACTIVATED: 11,
  LISTENER_DEACTIVATED: 12,
  CONFIGURATION_RELOADED: 13,
  WORKER_KILLED: 14,
  WORKER_RELAUNCHED: 15,
  LOGGING_LEVEL_CHANGED: 16,
  METRICS_CONFIGURED: 17,
  LISTENER_UPDATED: 18,
  STATE_LOADED: 19,
  STATE_SAVED: 20,
  LISTENER_ADDED: 21,
  LISTENER_REMOVED: 22,
  SOZU_STOP_REQUESTED: 23,
  MAIN_UPGRADED: 24,
  WORKER_UPGRADED: 25,
  EVENTS_SUBSCRIBED: 26,
  HEALTH_CHECK_HEALTHY: 27,
  HEALTH_CHECK_UNHEALTHY: 28,
  CLUSTER_RECOVERED: 29,
  METRIC_DETAIL_CHANGED: 30,
} as const;
export type EventKind = number;

/** One 64-bit hash a cluster. */
export interface ClusterHashes {
  map: Map<string, bigint>;
}

export const ClusterHashes: MessageType<ClusterHashes> = new MessageType(
  "ClusterHashes",
  () => [
    mapOf("map", 1, "uint64"),
  ],
);

/** Outcome of a request. */
export const ResponseStatus = {
  OK: 0,
  PROCESSING: 1,
  FAILURE: 2,
} as const;
export type ResponseStatus = number;

/** A list of workers. */
export interface WorkerInfos {
  vec: WorkerInfo[];
}

export const WorkerInfos: MessageType<WorkerInfos> = new MessageType(
  "WorkerInfos",
  () => [
    repeated("vec", 1, WorkerInfo),
  ],
);

/** One worker. */
export interface WorkerInfo {
  id: number;
  pid: number;
  run_state: RunState;
}

export const WorkerInfo: MessageType<WorkerInfo> = new MessageType(
  "WorkerInfo",
  () => [
    required("id", 1, "uint32"),
    required("pid", 2, "int32"),
    required("run_state", 3, "enum"),
  ],
);

/** Run state of a worker. */
export const RunState = {
  RUNNING: 0,
  STOPPING: 1,
  STOPPED: 2,
  NOT_ANSWERING: 3,
} as const;
export type RunState = number;

/** Names of the metrics that can be asked for. */
export interface AvailableMetrics {
  proxy_metrics: string[];
  cluster_metrics: string[];
}

export const AvailableMetrics: MessageType<AvailableMetrics> = new MessageType(
  "AvailableMetrics",
  () => [
    repeated("proxy_metrics", 1, "string"),
    repeated("cluster_metrics", 2, "string"),
  ],
);

/** Metrics of the main process and of the workers. */
export interface AggregatedMetrics {
  main: Map<string, FilteredMetrics>;
  workers: Map<string, WorkerMetrics>;
  clusters: Map<string, ClusterMetrics>;
  proxying: Map<string, FilteredMetrics>;
}

export const AggregatedMetrics: MessageType<AggregatedMetrics> = new MessageType(
  "AggregatedMetrics",
  () => [
    mapOf("main", 1, FilteredMetrics),
    mapOf("workers", 2, WorkerMetrics),
    mapOf("clusters", 3, ClusterMetrics),
    mapOf("proxying", 4, FilteredMetrics),
  ],
);

/** Metrics of one worker. */
export interface WorkerMetrics {
  proxy: Map<string, FilteredMetrics>;
  clusters: Map<string, ClusterMetrics>;
}

export const WorkerMetrics: MessageType<WorkerMetrics> = new MessageType(
  "WorkerMetrics",
  () => [
    mapOf("proxy", 1, FilteredMetrics),
    mapOf("clusters", 2, ClusterMetrics),
  ],
);

/** Metrics of one cluster. */
export interface ClusterMetrics {
  cluster: Map<string, FilteredMetrics>;
  backends: BackendMetrics[];
}

export const ClusterMetrics: MessageType<ClusterMetrics> = new MessageType(
  "ClusterMetrics",
  () => [
    mapOf("cluster", 1, FilteredMetrics),
    repeated("backends", 2, BackendMetrics),
  ],
);

/** Metrics of one backend. */
export interface BackendMetrics {
  backend_id: string;
  metrics: Map<string, FilteredMetrics>;
}

export const BackendMetrics: MessageType<BackendMetrics> = new MessageType(
  "BackendMetrics",
  () => [
    required("backend_id", 1, "string"),
    mapOf("metrics", 2, FilteredMetrics),
  ],
);

/** The value of one metric. */
export interface FilteredMetrics {
  inner:
    | null
    | { kind: "gauge"; value: bigint }
    | { kind: "count"; value: bigint }
    | { kind: "time"; value: bigint }
    | { kind: "percentiles"; value: Percentiles }
    | { kind: "time_serie"; value: FilteredTimeSerie }
    | { kind: "histogram"; value: FilteredHistogram };
}

export const FilteredMetrics: MessageType<FilteredMetrics> = new MessageType(
  "FilteredMetrics",
  () => [
    member("inner", "gauge", 1, "uint64"),
    member("inner", "count", 2, "int64"),
    member("inner", "time", 3, "uint64"),
    member("inner", "percentiles", 4, Percentiles),
    member("inner", "time_serie", 5, FilteredTimeSerie),
    member("inner", "histogram", 6, FilteredHistogram),
  ],
);

/** A counter over time. */
export interface FilteredTimeSerie {
  last_second: number;
  last_minute: number[];
  last_hour: number[];
}

export const FilteredTimeSerie: MessageType<FilteredTimeSerie> = new MessageType(
  "FilteredTimeSerie",
  () => [
    required("last_second", 1, "uint32"),
    repeated("last_minute", 2, "uint32"),
    repeated("last_hour", 3, "uint32"),
  ],
);

/** Quantiles of a time metric, in milliseconds. */
export interface Percentiles {
  samples: bigint;
  p_50: bigint;
  p_90: bigint;
  p_99: bigint;
  p_99_9: bigint;
  p_99_99: bigint;
  p_99_999: bigint;
  p_100: bigint;
  sum: bigint;
}

export const Percentiles: MessageType<Percentiles> = new MessageType(
  "Percentiles",
  () => [
    required("samples", 1, "uint64"),
    required("p_50", 2, "uint64"),
    required("p_90", 3, "uint64"),
    required("p_99", 4, "uint64"),
    required("p_99_9", 5, "uint64"),
    required("p_99_99", 6, "uint64"),
    required("p_99_999", 7, "uint64"),
    required("p_100", 8, "uint64"),
    required("sum", 9, "uint64"),
  ],
);

/** Cumulative buckets of a time metric. */
export interface FilteredHistogram {
  sum: bigint;
  count: bigint;
  buckets: Bucket[];
}

export const FilteredHistogram: MessageType<FilteredHistogram> = new MessageType(
  "FilteredHistogram",
  () => [
    required("sum", 1, "uint64"),
    required("count", 2, "uint64"),
    repeated("buckets", 3, Bucket),
  ],
);

/** How many samples were at most `le`. */
export interface Bucket {
  count: bigint;
  le: bigint;
}

export const Bucket: MessageType<Bucket> = new MessageType(
  "Bucket",
  () => [
    required("count", 1, "uint64"),
    required("le", 2, "uint64"),
  ],
);

/** How often each verb was seen. */
export interface RequestCounts {
  map: Map<string, number>;
}

export const RequestCounts: MessageType<RequestCounts> = new MessageType(
  "RequestCounts",
  () => [
    mapOf("map", 1, "int32"),
  ],
);

/** The live connection limit; 0 is unlimited. */
export interface MaxConnectionsPerIpLimit {
  limit: bigint;
}

export const MaxConnectionsPerIpLimit: MessageType<MaxConnectionsPerIpLimit> = new MessageType(
  "MaxConnectionsPerIpLimit",
  () => [
    required("limit", 1, "uint64"),
  ],
);

/** The live connection limit a cluster and subnet, and how long the prefixes of subnets are. */
export interface MaxConnectionsPerSubnetLimit {
  limit: bigint;
  ipv4_prefix: number;
  ipv6_prefix: number;
}

export const MaxConnectionsPerSubnetLimit: MessageType<MaxConnectionsPerSubnetLimit> =
  new MessageType(
    "MaxConnectionsPerSubnetLimit",
    () => [
      required("limit", 1, "uint64"),
      required("ipv4_prefix", 2, "uint32"),
      required("ipv6_prefix", 3, "uint32"),
    ],
  );

/** An IP address and a port. */
export interface SocketAddress {
  ip: IpAddress;
  port: number;
}

export const SocketAddress: MessageType<SocketAddress> = new MessageType(
  "SocketAddress",
  () => [
    required("ip", 1, IpAddress),
    required("port", 2, "uint32"),
  ],
);

/** v4 holds the address as a big-endian number. */
export interface IpAddress {
  inner:
    | null
    | { kind: "v4"; value: number }
    | { kind: "v6"; value: Uint128 };
}

export const IpAddress: MessageType<IpAddress> = new MessageType(
  "IpAddress",
  () => [
    member("inner", "v4", 1, "fixed32"),
    member("inner", "v6", 2, Uint128),
  ],
);

/** An IPv6 address has its last 8 bytes in `low`, its first 8 in `high`. */
export interface Uint128 {
  low: bigint;
  high: bigint;
}

export const Uint128: MessageType<Uint128> = new MessageType(
  "Uint128",
  () => [
    required("low", 1, "uint64"),
    required("high", 2, "uint64"),
  ],
);

/** A request with the id its answer will carry. */
export interface WorkerRequest {
  id: string;
  content: Request;
}

export const WorkerRequest: MessageType<WorkerRequest> = new MessageType(
  "WorkerRequest",
  () => [
    required("id", 1, "string"),
    required("content", 2, Request),
  ],
);

/** Answer of a worker; events carry the id EVENT. */
export interface WorkerResponse {
  id: string;
  status: ResponseStatus;
  message: string;
  content?: ResponseContent;
}

export const WorkerResponse: MessageType<WorkerResponse> = new MessageType(
  "WorkerResponse",
  () => [
    required("id", 1, "string"),
    required("status", 2, "enum"),
    required("message", 3, "string"),
    optional("content", 4, ResponseContent),
  ],
);

/** Granularity of metrics; each level includes the ones before it. */
export const MetricDetail = {
  DETAIL_PROCESS: 0,
  DETAIL_FRONTEND: 1,
  DETAIL_CLUSTER: 2,
  DETAIL_BACKEND: 3,
} as const;
export type MetricDetail = number;

/** Takes, renews or clears a lease on a metric detail. */
export interface SetMetricDetail {
  client_id: string;
  detail?: MetricDetail;
  ttl_seconds?: number;
  clear?: boolean;
  reason?: string;
  peer_pid?: number;
  peer_session_ulid?: string;
}

export const SetMetricDetail: MessageType<SetMetricDetail> = new MessageType(
  "SetMetricDetail",
  () => [
    required("client_id", 1, "string"),
    optional("detail", 2, "enum"),
    optional("ttl_seconds", 3, "uint32"),
    optional("clear", 4, "bool"),
    optional("reason", 5, "string"),
    optional("peer_pid", 6, "int32"),
    optional("peer_session_ulid", 7, "string"),
  ],
);

/** Metric detail of one worker. */
export interface WorkerMetricDetailStatus {
  configured: MetricDetail;
  effective: MetricDetail;
  previous_effective: MetricDetail;
  active_lease_count: number;
}

export const WorkerMetricDetailStatus: MessageType<WorkerMetricDetailStatus> = new MessageType(
  "WorkerMetricDetailStatus",
  () => [
    required("configured", 1, "enum"),
    required("effective", 2, "enum"),
    required("previous_effective", 3, "enum"),
    required("active_lease_count", 4, "uint32"),
  ],
);

/** Metric detail of the main process and of the workers. */
export interface MetricDetailStatus {
  configured: MetricDetail;
  effective: MetricDetail;
  previous_effective: MetricDetail;
  workers: Map<string, WorkerMetricDetailStatus>;
}

export const MetricDetailStatus: MessageType<MetricDetailStatus> = new MessageType(
  "MetricDetailStatus",
  () => [
    required("configured", 1, "enum"),
    required("effective", 2, "enum"),
    required("previous_effective", 3, "enum"),
    mapOf("workers", 4, WorkerMetricDetailStatus),
  ],
);

/** Where metrics are sent. */
export interface ServerMetricsConfig {
  address: string;
  tagged_metrics: boolean;
  prefix?: string;
  detail?: MetricDetail;
}

export const ServerMetricsConfig: MessageType<ServerMetricsConfig> = new MessageType(
  "ServerMetricsConfig",
  () => [
    required("address", 1, "string"),
    required("tagged_metrics", 2, "bool"),
    optional("prefix", 3, "string"),
    optional("detail", 4, "enum"),
  ],
);

/** Global settings a worker starts with. Times in seconds, sizes in bytes. */
export interface ServerConfig {
  max_connections: bigint;
  front_timeout: number;
  back_timeout: number;
  connect_timeout: number;
  zombie_check_interval: number;
  accept_queue_timeout: number;
  min_buffers: bigint;
  max_buffers: bigint;
  buffer_size: bigint;
  log_level: string;
  log_target: string;
  access_logs_target?: string;
  command_buffer_size: bigint;
  max_command_buffer_size: bigint;
  metrics?: ServerMetricsConfig;
  access_log_format: ProtobufAccessLogFormat;
  log_colored: boolean;
  audit_logs_target?: string;
  audit_logs_json_target?: string;
  slab_entries_per_connection?: bigint;
  basic_auth_max_credential_bytes?: bigint;
  evict_on_queue_full?: boolean;
  max_connections_per_ip?: bigint;
  retry_after?: number;
  splice_pipe_capacity_bytes?: bigint;
  max_connections_per_subnet?: bigint;
  subnet_ipv4_prefix?: number;
  subnet_ipv6_prefix?: number;
  max_connection_attempts?: number;
  log_format?: ProtobufAccessLogFormat;
  access_logs_colored?: boolean;
  tracing?: ServerTracingConfig;
}

export const ServerConfig: MessageType<ServerConfig> = new MessageType(
  "ServerConfig",
  () => [
    required("max_connections", 1, "uint64", 10000n),
    required("front_timeout", 2, "uint32", 60),
    required("back_timeout", 3, "uint32", 30),
    required("connect_timeout", 4, "uint32", 3),
    required("zombie_check_interval", 5, "uint32", 1800),
    required("accept_queue_timeout", 6, "uint32", 60),
    required("min_buffers", 7, "uint64", 1n),
    required("max_buffers", 8, "uint64", 1000n),
    required("buffer_size", 9, "uint64", 16393n),
    required("log_level", 10, "string", "info"),
    required("log_target", 11, "string", "stdout"),
    optional("access_logs_target", 12, "string"),
    required("command_buffer_size", 13, "uint64", 1000000n),
    required("max_command_buffer_size", 14, "uint64", 2000000n),
    optional("metrics", 15, ServerMetricsConfig),
    required("access_log_format", 16, "enum"),
    required("log_colored", 17, "bool"),
    optional("audit_logs_target", 18, "string"),
    optional("audit_logs_json_target", 19, "string"),
    optional("slab_entries_per_connection", 20, "uint64"),
    optional("basic_auth_max_credential_bytes", 21, "uint64"),
    optional("evict_on_queue_full", 22, "bool", false),
    optional("max_connections_per_ip", 23, "uint64", 0n),
    optional("retry_after", 24, "uint32", 60),
    optional("splice_pipe_capacity_bytes", 25, "uint64"),
    optional("max_connections_per_subnet", 26, "uint64", 0n),
    optional("subnet_ipv4_prefix", 27, "uint32", 32),
    optional("subnet_ipv6_prefix", 28, "uint32", 128),
    optional("max_connection_attempts", 29, "uint32", 5),
    optional("log_format", 1001, "enum"),
    optional("access_logs_colored", 1002, "bool"),
    optional("tracing", 1003, ServerTracingConfig),
  ],
);

/** Format of access logs. */
export const ProtobufAccessLogFormat = {
  Ascii: 1,
  Protobuf: 2,
  Json: 1001,
} as const;
export type ProtobufAccessLogFormat = number;

/** How requests are traced. */
export interface ServerTracingConfig {
  otlp_endpoint?: string;
  sampled_per_million: number;
  service_name: string;
}

export const ServerTracingConfig: MessageType<ServerTracingConfig> = new MessageType(
  "ServerTracingConfig",
  () => [
    optional("otlp_endpoint", 1, "string"),
    required("sampled_per_million", 2, "uint32", 1000000),
    required("service_name", 3, "string", "sozu"),
  ],
);

/** Textual addresses of handed-over sockets. */
export interface ListenersCount {
  http: string[];
  tls: string[];
  tcp: string[];
  udp: string[];
}

export const ListenersCount: MessageType<ListenersCount> = new MessageType(
  "ListenersCount",
  () => [
    repeated("http", 1, "string"),
    repeated("tls", 2, "string"),
    repeated("tcp", 3, "string"),
    repeated("udp", 4, "string"),
  ],
);

/** Everything a main process leaves to the one that takes its place; private to this program. */
export interface Inheritance {
  format: number;
  configuration: string;
  configuration_requests: InitialState;
  state: InitialState;
  file_state: InitialState;
  runtime: InitialState;
  next_worker_id: number;
  next_client_id: number;
  boot_generation: number;
  log_filter: string;
  protected_health_checks: SetProtectedHealthCheck[];
}

export const Inheritance: MessageType<Inheritance> = new MessageType(
  "Inheritance",
  () => [
    required("format", 1, "uint32"),
    required("configuration", 2, "string"),
    required("configuration_requests", 3, InitialState),
    required("state", 4, InitialState),
    required("file_state", 5, InitialState),
    required("runtime", 6, InitialState),
    required("next_worker_id", 7, "uint32"),
    required("next_client_id", 8, "uint32"),
    required("boot_generation", 9, "uint32"),
    required("log_filter", 10, "string"),
    repeated("protected_health_checks", 11, SetProtectedHealthCheck),
  ],
);

/** What two main processes say to each other while one takes the place of the other. */
export interface Succession {
  step:
    | null
    | { kind: "progress"; value: string }
    | { kind: "refused"; value: string }
    | { kind: "healthy"; value: Healthy }
    | { kind: "take_over"; value: TakeOver }
    | { kind: "serving"; value: number }
    | { kind: "settled"; value: ListenerOrders }
    | { kind: "counted"; value: AggregatedMetrics };
}

export const Succession: MessageType<Succession> = new MessageType(
  "Succession",
  () => [
    member("step", "progress", 1, "string"),
    member("step", "refused", 2, "string"),
    member("step", "healthy", 3, Healthy),
    member("step", "take_over", 4, TakeOver),
    member("step", "serving", 5, "uint32"),
    member("step", "settled", 6, ListenerOrders),
    member("step", "counted", 7, AggregatedMetrics),
  ],
);

export type Healthy = Record<string, never>;

export const Healthy: MessageType<Healthy> = new MessageType(
  "Healthy",
  () => [],
);

export type TakeOver = Record<string, never>;

export const TakeOver: MessageType<TakeOver> = new MessageType(
  "TakeOver",
  () => [],
);

/** The sockets of each address by place. */
export interface ListenerOrders {
  orders: ListenerOrder[];
}

export const ListenerOrders: MessageType<ListenerOrders> = new MessageType(
  "ListenerOrders",
  () => [
    repeated("orders", 1, ListenerOrder),
  ],
);

/** The sockets of one address by place. */
export interface ListenerOrder {
  address: SocketAddress;
  sockets: bigint[];
}

export const ListenerOrder: MessageType<ListenerOrder> = new MessageType(
  "ListenerOrder",
  () => [
    required("address", 1, SocketAddress),
    repeated("sockets", 2, "uint64"),
  ],
);

/** The configuration a worker starts with. */
export interface InitialState {
  requests: WorkerRequest[];
}

export const InitialState: MessageType<InitialState> = new MessageType(
  "InitialState",
  () => [
    repeated("requests", 1, WorkerRequest),
  ],
);

/** Trace context of a request. */
export interface OpenTelemetry {
  trace_id: string;
  span_id: string;
  parent_span_id?: string;
}

export const OpenTelemetry: MessageType<OpenTelemetry> = new MessageType(
  "OpenTelemetry",
  () => [
    required("trace_id", 1, "string"),
    required("span_id", 2, "string"),
    optional("parent_span_id", 3, "string"),
  ],
);

/** One access log record; durations in microseconds, timestamps in nanoseconds. */
export interface ProtobufAccessLog {
  message?: string;
  request_id: Uint128;
  cluster_id?: string;
  backend_id?: string;
  session_address?: SocketAddress;
  backend_address?: SocketAddress;
  protocol: string;
  endpoint: ProtobufEndpoint;
  client_rtt?: bigint;
  server_rtt?: bigint;
  service_time: bigint;
  bytes_in: bigint;
  bytes_out: bigint;
  user_agent?: string;
  tags: Map<string, string>;
  tag: string;
  time: Uint128;
  request_time?: bigint;
  response_time?: bigint;
  otel?: OpenTelemetry;
  session_id?: Uint128;
  x_request_id?: string;
  tls_version?: string;
  tls_cipher?: string;
  tls_sni?: string;
  tls_alpn?: string;
  xff_chain?: string;
  start_time?: Uint128;
  client_certificate_subject?: string;
  client_certificate_fingerprint?: string;
}

export const ProtobufAccessLog: MessageType<ProtobufAccessLog> = new MessageType(
  "ProtobufAccessLog",
  () => [
    optional("message", 1, "string"),
    required("request_id", 2, Uint128),
    optional("cluster_id", 3, "string"),
    optional("backend_id", 4, "string"),
    optional("session_address", 5, SocketAddress),
    optional("backend_address", 6, SocketAddress),
    required("protocol", 7, "string"),
    required("endpoint", 8, ProtobufEndpoint),
    optional("client_rtt", 9, "uint64"),
    optional("server_rtt", 10, "uint64"),
    required("service_time", 13, "uint64"),
    required("bytes_in", 14, "uint64"),
    required("bytes_out", 15, "uint64"),
    optional("user_agent", 16, "string"),
    mapOf("tags", 17, "string"),
    required("tag", 18, "string"),
    required("time", 19, Uint128),
    optional("request_time", 20, "uint64"),
    optional("response_time", 21, "uint64"),
    optional("otel", 22, OpenTelemetry),
    optional("session_id", 23, Uint128),
    optional("x_request_id", 24, "string"),
    optional("tls_version", 25, "string"),
    optional("tls_cipher", 26, "string"),
    optional("tls_sni", 27, "string"),
    optional("tls_alpn", 28, "string"),
    optional("xff_chain", 29, "string"),
    optional("start_time", 30, Uint128),
    optional("client_certificate_subject", 1120, "string"),
    optional("client_certificate_fingerprint", 1121, "string"),
  ],
);

/** What was asked for. */
export interface ProtobufEndpoint {
  inner:
    | null
    | { kind: "http"; value: HttpEndpoint }
    | { kind: "tcp"; value: TcpEndpoint };
}

export const ProtobufEndpoint: MessageType<ProtobufEndpoint> = new MessageType(
  "ProtobufEndpoint",
  () => [
    member("inner", "http", 1, HttpEndpoint),
    member("inner", "tcp", 2, TcpEndpoint),
  ],
);

/** Request line and status of an HTTP exchange. */
export interface HttpEndpoint {
  method?: string;
  authority?: string;
  path?: string;
  status?: number;
  reason?: string;
}

export const HttpEndpoint: MessageType<HttpEndpoint> = new MessageType(
  "HttpEndpoint",
  () => [
    optional("method", 1, "string"),
    optional("authority", 2, "string"),
    optional("path", 3, "string"),
    optional("status", 4, "uint32"),
    optional("reason", 5, "string"),
  ],
);

/** A TCP session has no endpoint details. */
export type TcpEndpoint = Record<string, never>;

export const TcpEndpoint: MessageType<TcpEndpoint> = new MessageType(
  "TcpEndpoint",
  () => [],
);
