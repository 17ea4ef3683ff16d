// Where the connection of an HTTP/2 client is, and where it may go from there.

import { transitions } from "../../transitions.ts";

/** Where a session is. Its streams and its protocol have states of their own. */
export const SessionPhase = {
  /** Requests are served, be it the last ones. */
  OPEN: 0,
  /** Everything has been said; what the client still sends is thrown away. */
  LINGERING: 1,
  CLOSED: 2,
} as const;
export type SessionPhase = 0 | 1 | 2;

/** A connection may be closed anywhere. */
export const SESSION_TRANSITIONS = transitions<keyof typeof SessionPhase>(SessionPhase, {
  OPEN: ["LINGERING", "CLOSED"],
  LINGERING: ["CLOSED"],
  CLOSED: [],
});
