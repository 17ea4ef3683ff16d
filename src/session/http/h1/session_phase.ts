// Where the session of an HTTP client is, and where it may go from there.

import { transitions } from "../../transitions.ts";

/** Where a session is. `EXCHANGE` has phases of its own, see `ExchangePhase`. */
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

/** A connection may be closed anywhere; a request that was sent early begins as soon as it is waited for. */
export const SESSION_TRANSITIONS = transitions(SessionPhase, {
  WAITING: ["HEAD", "LINGERING", "CLOSED"],
  HEAD: ["EXCHANGE", "LINGERING", "CLOSED"],
  EXCHANGE: ["WAITING", "LINGERING", "CLOSED"],
  // An answer to a late head is followed by the goodbye.
  LINGERING: ["LINGERING", "CLOSED"],
  CLOSED: [],
});

/** The read of the next request while one is served. */
export const EarlyRead = { NONE: 0, HANGS: 1, SETTLED: 2 } as const;
export type EarlyRead = 0 | 1 | 2;
