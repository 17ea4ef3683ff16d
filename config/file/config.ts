// The result of loading a configuration file: global settings with every default filled in, paths
// resolved, and the requests that build the routing state. A type only; file.ts makes it.

import type { PrometheusSettings } from "./keys/prometheus.ts";
import type { Request, ServerMetricsConfig, ServerTracingConfig } from "../schema/messages.ts";

/** How access log lines are written. */
export type AccessLogFormat = "ascii" | "protobuf" | "json";

/** How lines of the application log are written. */
export type LogFormat = "ascii" | "json";

/** Settings that do not belong to a listener or a cluster. Names are those of the file. */
export interface GlobalSettings {
  /** Unix socket of the control plane, absolute. */
  readonly command_socket: string;
  /** First size of a command channel buffer, bytes. */
  readonly command_buffer_size: number;
  /** Largest command message, bytes. */
  readonly max_command_buffer_size: number;
  /** Saved state loaded after this configuration, absolute path; absent = none. */
  readonly saved_state?: string;
  /** Whether the state is to be written to `saved_state` after every accepted change. */
  readonly automatic_state_save: boolean;
  /** Log filter; the caller lets RUST_LOG win over it. */
  readonly log_level: string;
  /** Log sink: `stdout`, `udp://`, `tcp://`, `unix://`, `unix-stream://` or `file://`. */
  readonly log_target: string;
  /** Encoding of log lines. */
  readonly log_format: LogFormat;
  /** Colours in log lines, stdout only. */
  readonly log_colored: boolean;
  /** Access log sink; absent = with the other logs. */
  readonly access_logs_target?: string;
  /** Access log encoding. */
  readonly access_logs_format: AccessLogFormat;
  /** Colours in access log lines, stdout only; defaults to `log_colored`. */
  readonly access_logs_colored: boolean;
  /** Audit log in text form, absolute path. */
  readonly audit_logs_target?: string;
  /** Audit log as JSON lines, absolute path. */
  readonly audit_logs_json_target?: string;
  /** Workers launched at start. */
  readonly worker_count: number;
  /** Whether a crashed worker is replaced. */
  readonly worker_automatic_restart: boolean;
  /** How long main waits for the workers' answers to one command, seconds. */
  readonly worker_timeout: number;
  readonly soft_stop_timeout: number;
  /** Whether each worker is to be pinned to a core. */
  readonly handle_process_affinity: boolean;
  /** How long the command line waits for one answer, milliseconds. */
  readonly ctl_command_timeout: number;
  /** File that receives the process id of main, absolute path. */
  readonly pid_file_path?: string;
  /** Whether declared listeners start listening at once. */
  readonly activate_listeners: boolean;
  /** Client sessions a worker holds at once. */
  readonly max_connections: number;
  /** Buffer pool ceiling, buffers. */
  readonly max_buffers: number;
  /** Buffer pool floor, buffers; never above `max_buffers`. */
  readonly min_buffers: number;
  /** Session buffer size, bytes. */
  readonly buffer_size: number;
  /** Session table entries for each connection, 2 to 32; absent = the worker's default. */
  readonly slab_entries_per_connection?: number;
  /** Decoded Basic credentials accepted, bytes; absent or 0 = the worker's default. */
  readonly basic_auth_max_credential_bytes?: number;
  /** Connections from one address to one cluster; 0 = unlimited. */
  readonly max_connections_per_ip: number;
  /** Retry-After of a 429 answer, seconds; 0 = header left out. */
  readonly retry_after: number;
  /** Capacity of splice pipes, bytes; absent or 0 = the kernel's default. */
  readonly splice_pipe_capacity_bytes?: number;
  /** Users allowed on the command socket; absent = no check, empty = nobody. */
  readonly command_allowed_uids?: readonly number[];
  /** Whether per-cluster metrics are switched off at start. */
  readonly disable_cluster_metrics: boolean;
  /** Idle client connection, seconds. */
  readonly front_timeout: number;
  /** Idle backend connection, seconds. */
  readonly back_timeout: number;
  /** Connecting to a backend, seconds. */
  readonly connect_timeout: number;
  /** Receiving a full request head, seconds. */
  readonly request_timeout: number;
  /** Time between two sweeps for stuck sessions, seconds. */
  readonly zombie_check_interval: number;
  /** Longest stay in the accept queue, seconds. */
  readonly accept_queue_timeout: number;
  /** Whether idle sessions make room for new ones at the connection limit. */
  readonly evict_on_queue_full: boolean;
  /** Statsd drain; absent = metrics are not sent. */
  readonly metrics?: ServerMetricsConfig;
  /** Where measurements are served for Prometheus; absent = nowhere. */
  readonly prometheus?: PrometheusSettings;
  /** Trace context and spans; absent = trace headers pass untouched. */
  readonly tracing?: ServerTracingConfig;
}

/** A loaded configuration file. */
export interface Config extends GlobalSettings {
  /** Path of the file as it was given. */
  readonly config_path: string;
  /** What builds the routing state, in the order in which it must be applied. */
  readonly requests: readonly Request[];
}
