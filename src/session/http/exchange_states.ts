// The states of an exchange, and what ends it from outside.

export { Interruption } from "../interruption.ts";

/** Where an exchange is; decides what a deadline means. */
export const ExchangePhase = {
  ROUTING: 0,
  CONNECTING: 1,
  /** The request is going out or the response has not begun. */
  AWAITING: 2,
  /** Part of the response may have reached the client. */
  RELAYING: 3,
  TUNNEL: 4,
  DONE: 5,
} as const;
export type ExchangePhase = 0 | 1 | 2 | 3 | 4 | 5;

/** How an exchange goes on after the first bytes from its backend; positive numbers see its method. */
export const Answered = {
  /** There is more to come, or something unusual: `Exchange.receive` it. */
  PARTLY: 0,
  /** The connection was lost, and the request is sent again on another. */
  AGAIN: -1,
  /** The connection was lost, and the request with it. */
  LOST: -2,
} as const;
export type Answered = number;
