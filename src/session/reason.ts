// Why this proxy answered a request itself. Numbers for the hot path, names for logs.

/** A reason for an answer of our own. */
export const Reason = {
  NONE: 0,
  MALFORMED_REQUEST: 1,
  HEAD_TOO_LARGE: 2,
  CLIENT_TIMEOUT: 3,
  NO_ROUTE: 4,
  DENIED: 5,
  UNAUTHENTICATED: 6,
  REDIRECTED: 7,
  CLIENT_LIMITED: 8,
  OUT_OF_BUFFERS: 9,
  NO_BACKEND: 10,
  CONNECT_FAILED: 11,
  CONNECT_TIMEOUT: 12,
  BACKEND_TIMEOUT: 13,
  BACKEND_CLOSED: 14,
  MALFORMED_RESPONSE: 15,
  MALFORMED_BODY: 16,
  MISDIRECTED: 17,
  PROXY_HEADER: 18,
  INVALID_REWRITE: 19,
  UNASKED_UPGRADE: 20,
  METHOD_REFUSED: 21,
  SILENT_CLOSE: 22,
} as const;
export type Reason = typeof Reason[keyof typeof Reason];

const NAMES: readonly string[] = Object.keys(Reason).map((name) => name.toLowerCase());

/** The reason as logs show it, such as `no_route`; `null` for NONE. */
export function reasonName(reason: Reason): string | null {
  return reason === Reason.NONE ? null : NAMES[reason] ?? null;
}

/** What is told of a backend to which no connection was made within `connect_timeout`. */
export const NO_CONNECTION_IN_TIME = "no connection within connect_timeout";
