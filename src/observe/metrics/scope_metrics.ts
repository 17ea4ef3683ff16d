// The metrics that a backend, a cluster and the worker have alike: positions in a Series and metric names. A
// request adds to one of the three scopes, by the metric detail in force.

/** Statuses that have a counter of their own. */
const OWN_STATUSES = [
  200,
  201,
  204,
  301,
  302,
  304,
  400,
  401,
  403,
  404,
  408,
  413,
  429,
  500,
  502,
  503,
  504,
  507,
] as const;

/** Statuses of the redirects and of the error answers of this proxy. */
const REDIRECTS = [301, 302, 308] as const;
const REFUSALS = [400, 401, 404, 408, 413, 421, 502, 503, 504, 507] as const;

/** Counts: their names, in order of their positions. */
export const SCOPE_COUNTS: readonly string[] = [
  "http.errors",
  "http.status.1xx",
  "http.status.2xx",
  "http.status.3xx",
  "http.status.4xx",
  "http.status.5xx",
  "http.status.other",
  "http.status.none",
  "requests",
  "bytes_in",
  "bytes_out",
  "access_logs.count",
  "backend.connections.error",
  "backend.up",
  "backend.down",
  "backend.connect.retries_exhausted",
  "cluster.no_available_backends",
  "cluster.available_recovered",
  "connections.rejected_per_cluster_ip",
  "http.other.errors",
  "backend.shard.spillover",
  "backend.shard.exhausted",
  "backend.retry.stale_upstream",
  ...OWN_STATUSES.map((status) => `http.status.${status}`),
  ...REDIRECTS.map((status) => `http.${status}.redirection`),
  ...REFUSALS.map((status) => `http.${status}.errors`),
];

/** Positions of the counts that code refers to. */
export const ScopeCount = {
  ERRORS: 0,
  /** First of five, 1xx to 5xx. */
  STATUS_CLASS: 1,
  STATUS_OTHER: 6,
  STATUS_NONE: 7,
  /** Requests sent to a backend; bytes read from it and written to it. */
  REQUESTS: 8,
  BYTES_IN: 9,
  BYTES_OUT: 10,
  ACCESS_LOGS: 11,
  CONNECT_ERRORS: 12,
  BACKEND_UP: 13,
  BACKEND_DOWN: 14,
  RETRIES_EXHAUSTED: 15,
  NO_AVAILABLE_BACKENDS: 16,
  AVAILABLE_RECOVERED: 17,
  CLIENT_LIMITED: 18,
  OTHER_ANSWERS: 19,
  SHARD_SPILLOVER: 20,
  SHARD_EXHAUSTED: 21,
  STALE_UPSTREAM: 22,
} as const;

/** Times in whole milliseconds: their names, in order of their positions. */
export const SCOPE_TIMES: readonly string[] = [
  "request_time",
  "service_time",
  "backend_response_time",
  "backend_connection_time",
  "tls.handshake_ms",
  "event_loop_time",
  "tcp.sni_preread.duration",
  "backend_header_time",
];

/** Positions of the times. */
export const ScopeTime = {
  /** From the first byte of a request to the end of its response. */
  REQUEST: 0,
  /** The part of it that was not spent waiting for a backend. */
  SERVICE: 1,
  /** From the moment a backend could be sent the request to the end of its response. */
  BACKEND_RESPONSE: 2,
  /** Opening a connection to a backend. */
  BACKEND_CONNECTION: 3,
  /** From the moment a client could begin its TLS handshake to the end of it. */
  TLS_HANDSHAKE: 4,
  /** Delay of the event loop: how late a due timer runs. */
  EVENT_LOOP: 5,
  /** From the accept to the end of waiting for the TLS ClientHello that tells the service. */
  HELLO: 6,
  /** From the moment a backend could be sent the request to the head of its final response. */
  BACKEND_HEADER: 7,
} as const;

const NO_COUNT = 255;
const STATUS_LIMIT = 600;

/** A table from status to the position of a name, NO_COUNT where there is none. */
function positions(statuses: readonly number[], nameOf: (status: number) => string): Uint8Array {
  const table = new Uint8Array(STATUS_LIMIT).fill(NO_COUNT);
  for (const status of statuses) table[status] = SCOPE_COUNTS.indexOf(nameOf(status));
  return table;
}

const BY_STATUS = positions(OWN_STATUSES, (status) => `http.status.${status}`);
const BY_ANSWER = positions([...REDIRECTS, ...REFUSALS, 429], answerName);

function answerName(status: number): string {
  if (status === 429) return SCOPE_COUNTS[ScopeCount.CLIENT_LIMITED] as string;
  return REDIRECTS.some((it) => it === status)
    ? `http.${status}.redirection`
    : `http.${status}.errors`;
}

/** Position of the class of a status; 0 is a request without a response. */
export function classPosition(status: number): number {
  if (status >= 100 && status < STATUS_LIMIT) {
    return ScopeCount.STATUS_CLASS + Math.floor(status / 100) - 1;
  }
  return status === 0 ? ScopeCount.STATUS_NONE : ScopeCount.STATUS_OTHER;
}

/** Position of a single status, or -1. */
export function statusPosition(status: number): number {
  const position = BY_STATUS[status];
  return position === undefined || position === NO_COUNT ? -1 : position;
}

/** Position of an answer of this proxy with this status. */
export function answerPosition(status: number): number {
  const position = BY_ANSWER[status];
  return position === undefined || position === NO_COUNT ? ScopeCount.OTHER_ANSWERS : position;
}
