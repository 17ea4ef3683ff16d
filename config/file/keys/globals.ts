// The keys at the top level of a configuration file: a list, no logic. What they become is decided in
// file_global_settings.ts; listeners and clusters have files of their own.

import * as defaults from "../../defaults.ts";
import {
  arrayOf,
  boolean,
  bufferBytes,
  commandBytes,
  ipv4Prefix,
  ipv6Prefix,
  oneOf,
  path,
  positiveSize,
  positiveTimerSeconds,
  positiveU32,
  positiveU8,
  size,
  socketMode,
  text,
  timerMs,
  timerSeconds,
  u32,
  workerCount,
} from "../fields.ts";
import { logFilter, logTarget } from "./log_target.ts";
import { METRICS_KEYS } from "./metrics.ts";
import { PROMETHEUS_KEYS } from "./prometheus.ts";
import { defaulted, optional, tableOf } from "../table.ts";
import { TRACING_KEYS } from "./tracing.ts";

/** How access log lines are written. */
export type AccessLogFormat = "ascii" | "protobuf" | "json";

/** How lines of the application log are written. */
export type LogFormat = "ascii" | "json";

const ACCESS_LOG_FORMATS: Readonly<Record<string, AccessLogFormat>> = {
  ascii: "ascii",
  protobuf: "protobuf",
  json: "json",
};

const LOG_FORMATS: Readonly<Record<string, LogFormat>> = { ascii: "ascii", json: "json" };

/** Top-level keys; paths are relative to this file for the first two, else to the directory of start. */
export const GLOBAL_KEYS = {
  command_socket: optional(path, "unix socket for commands, relative to this file"),
  command_socket_mode: defaulted(
    socketMode,
    defaults.DEFAULT_COMMAND_SOCKET_MODE,
    "who may open that socket: one to four octal digits, at most 0777, with 0600 for its owner",
  ),
  saved_state: optional(path, "state loaded after this file, relative to this file"),
  command_buffer_size: defaulted(
    size,
    defaults.DEFAULT_COMMAND_BUFFER_BYTES,
    "first size of a command channel buffer, bytes",
  ),
  max_command_buffer_size: defaulted(
    commandBytes,
    defaults.DEFAULT_MAX_COMMAND_BUFFER_BYTES,
    "largest command message, bytes",
  ),
  automatic_state_save: defaulted(
    boolean,
    defaults.DEFAULT_AUTOMATIC_STATE_SAVE,
    "write every change to saved_state",
  ),
  log_level: defaulted(logFilter, defaults.DEFAULT_LOG_LEVEL, "log filter; RUST_LOG wins over it"),
  log_target: defaulted(text, defaults.DEFAULT_LOG_TARGET, "where logs go"),
  log_format: defaulted(oneOf(LOG_FORMATS), "ascii", "log encoding"),
  log_colored: defaulted(boolean, defaults.DEFAULT_LOG_COLORED, "colours on stdout"),
  access_logs_target: optional(logTarget, "where access logs go; absent = with the logs"),
  access_logs_format: defaulted(oneOf(ACCESS_LOG_FORMATS), "ascii", "access log encoding"),
  access_logs_colored: optional(boolean, "colours of access logs; absent = log_colored"),
  audit_logs_target: optional(path, "audit log, text"),
  audit_logs_json_target: optional(path, "audit log, JSON lines"),
  worker_count: defaulted(workerCount, defaults.DEFAULT_WORKER_COUNT, "workers launched at start"),
  worker_automatic_restart: defaulted(
    boolean,
    defaults.DEFAULT_WORKER_AUTOMATIC_RESTART,
    "replace crashed workers",
  ),
  worker_timeout: defaulted(
    positiveTimerSeconds,
    defaults.DEFAULT_WORKER_TIMEOUT_SECONDS,
    "wait for the workers' answers to a command, seconds",
  ),
  soft_stop_timeout: defaulted(
    timerSeconds,
    defaults.DEFAULT_SOFT_STOP_TIMEOUT_SECONDS,
    "wait of a soft stop for what is under way, seconds, 0 = for ever",
  ),
  handle_process_affinity: defaulted(
    boolean,
    defaults.DEFAULT_HANDLE_PROCESS_AFFINITY,
    "pin each worker to a core",
  ),
  ctl_command_timeout: defaulted(
    timerMs,
    defaults.DEFAULT_CTL_COMMAND_TIMEOUT_MS,
    "wait of the command line for an answer, milliseconds",
  ),
  pid_file_path: optional(path, "file for the process id of main"),
  activate_listeners: defaulted(
    boolean,
    defaults.DEFAULT_ACTIVATE_LISTENERS,
    "listeners start listening at once",
  ),
  max_connections: defaulted(
    positiveSize,
    defaults.DEFAULT_MAX_CONNECTIONS,
    "client sessions of a worker at once",
  ),
  max_buffers: defaulted(positiveSize, defaults.DEFAULT_MAX_BUFFERS, "buffer pool ceiling"),
  min_buffers: defaulted(size, defaults.DEFAULT_MIN_BUFFERS, "buffer pool floor"),
  buffer_size: defaulted(bufferBytes, defaults.DEFAULT_BUFFER_BYTES, "session buffer, bytes"),
  slab_entries_per_connection: optional(size, "session table entries a connection, 2 to 32"),
  basic_auth_max_credential_bytes: optional(size, "decoded Basic credentials, bytes"),
  max_connections_per_ip: defaulted(
    size,
    defaults.DEFAULT_MAX_CONNECTIONS_PER_IP,
    "connections from one address to one cluster, 0 = unlimited",
  ),
  max_connections_per_subnet: defaulted(
    size,
    defaults.DEFAULT_MAX_CONNECTIONS_PER_SUBNET,
    "connections from one network to one cluster, 0 = unlimited",
  ),
  subnet_ipv4_prefix: defaulted(
    ipv4Prefix,
    defaults.DEFAULT_SUBNET_IPV4_PREFIX,
    "leading bits of an IPv4 address that tell its network",
  ),
  subnet_ipv6_prefix: defaulted(
    ipv6Prefix,
    defaults.DEFAULT_SUBNET_IPV6_PREFIX,
    "leading bits of an IPv6 address that tell its network",
  ),
  retry_after: defaulted(
    u32,
    defaults.DEFAULT_RETRY_AFTER_SECONDS,
    "Retry-After of a 429 answer, seconds, 0 = left out",
  ),
  max_connection_attempts: defaulted(
    positiveU8,
    defaults.DEFAULT_MAX_CONNECTION_ATTEMPTS,
    "connections to backends that a request may try, the first included, 1 to 255",
  ),
  splice_pipe_capacity_bytes: optional(size, "splice pipe capacity, bytes, 0 = kernel default"),
  command_allowed_uids: optional(arrayOf(u32), "users allowed on the command socket"),
  disable_cluster_metrics: defaulted(
    boolean,
    defaults.DEFAULT_DISABLE_CLUSTER_METRICS,
    "switch per-cluster metrics off",
  ),
  front_timeout: defaulted(
    positiveU32,
    defaults.DEFAULT_FRONT_TIMEOUT_SECONDS,
    "idle client, seconds",
  ),
  back_timeout: defaulted(
    positiveU32,
    defaults.DEFAULT_BACK_TIMEOUT_SECONDS,
    "idle backend, seconds",
  ),
  connect_timeout: defaulted(
    positiveU32,
    defaults.DEFAULT_CONNECT_TIMEOUT_SECONDS,
    "connecting to a backend, seconds",
  ),
  request_timeout: defaulted(
    positiveU32,
    defaults.DEFAULT_REQUEST_TIMEOUT_SECONDS,
    "receiving a full request, seconds",
  ),
  zombie_check_interval: defaulted(
    u32,
    defaults.DEFAULT_ZOMBIE_CHECK_INTERVAL_SECONDS,
    "between sweeps for stuck sessions, seconds",
  ),
  accept_queue_timeout: defaulted(
    u32,
    defaults.DEFAULT_ACCEPT_QUEUE_TIMEOUT_SECONDS,
    "longest stay in the accept queue, seconds",
  ),
  evict_on_queue_full: defaulted(
    boolean,
    defaults.DEFAULT_EVICT_ON_QUEUE_FULL,
    "drop idle sessions for new ones at max_connections",
  ),
  metrics: optional(
    tableOf(METRICS_KEYS, { elsewhere: new Map([["disable_cluster_metrics", "the top level"]]) }),
    "statsd drain",
  ),
  prometheus: optional(tableOf(PROMETHEUS_KEYS), "measurements for Prometheus"),
  tracing: optional(tableOf(TRACING_KEYS), "trace context of requests"),
};
