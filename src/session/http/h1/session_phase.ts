// Where the session of an HTTP client is.

/** Where a session is. `EXCHANGE` has states of its own, see `Exchange`. */
export const SessionPhase = {
  /** No byte of the next request has arrived. */
  WAITING: 0,
  /** A head has begun. */
  HEAD: 1,
  /** A request is being served. */
  EXCHANGE: 2,
  /** The last answer has been written; what the client still sends is thrown away. */
  LINGERING: 3,
  CLOSED: 4,
} as const;
export type SessionPhase = 0 | 1 | 2 | 3 | 4;

/** The read of the next request while one is served. */
export const EarlyRead = { NONE: 0, HANGS: 1, SETTLED: 2 } as const;
export type EarlyRead = 0 | 1 | 2;
