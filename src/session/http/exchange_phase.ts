// The states of an exchange, and which may follow which.

import { transitions } from "../transitions.ts";

export { Interruption } from "../interruption.ts";

/** Where an exchange is; decides what a deadline means. */
export const ExchangePhase = {
  /** Its head is read, and its cluster looked for. */
  ROUTING: 0,
  CONNECTING: 1,
  /** The request is going out or the response has not begun. */
  AWAITING: 2,
  /** Part of the backend's response may have reached the client. */
  RELAYING: 3,
  /** An answer of our own is written. */
  ANSWERING: 4,
  TUNNEL: 5,
  DONE: 6,
} as const;
export type ExchangePhase = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** An exchange may be given up anywhere: everything may be DONE next. */
export const EXCHANGE_TRANSITIONS = transitions(ExchangePhase, {
  ROUTING: ["CONNECTING", "AWAITING", "ANSWERING", "DONE"],
  // Another backend is tried.
  CONNECTING: ["CONNECTING", "AWAITING", "ANSWERING", "DONE"],
  // Back to CONNECTING: an idle connection was stale, and the request is sent again on a fresh one.
  AWAITING: ["CONNECTING", "RELAYING", "ANSWERING", "TUNNEL", "DONE"],
  RELAYING: ["DONE"],
  ANSWERING: ["DONE"],
  TUNNEL: ["DONE"],
  DONE: ["ROUTING"],
});
