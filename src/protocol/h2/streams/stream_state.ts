// The states of a stream (RFC 9113 section 5.1) and what leads from one to another, as a table. Push is
// never used, so the two reserved states are not there.

/** The highest id a stream may have. */
export const MAX_STREAM_ID = 0x7fff_ffff;

/** Where a stream is. */
export const StreamState = {
  IDLE: 0,
  OPEN: 1,
  /** We have said everything. */
  HALF_CLOSED_LOCAL: 2,
  /** The peer has said everything. */
  HALF_CLOSED_REMOTE: 3,
  CLOSED: 4,
} as const;
export type StreamState = 0 | 1 | 2 | 3 | 4;

/** What happens to a stream. */
export const StreamEvent = {
  /** HEADERS came or were sent; for trailers the next event says that they end the stream. */
  HEADERS: 0,
  /** The peer ended its side with END_STREAM. */
  END_RECEIVED: 1,
  /** We ended ours. */
  END_SENT: 2,
  /** RST_STREAM, from either side. */
  RESET: 3,
} as const;
export type StreamEvent = 0 | 1 | 2 | 3;

/** An event that has no place in a state. */
export const NO_TRANSITION = -1;

const { OPEN, HALF_CLOSED_LOCAL, HALF_CLOSED_REMOTE, CLOSED } = StreamState;

/** By state, then by event. */
const TRANSITIONS: readonly (readonly number[])[] = [
  // HEADERS, END_RECEIVED, END_SENT, RESET
  [OPEN, NO_TRANSITION, NO_TRANSITION, NO_TRANSITION],
  [OPEN, HALF_CLOSED_REMOTE, HALF_CLOSED_LOCAL, CLOSED],
  [HALF_CLOSED_LOCAL, CLOSED, NO_TRANSITION, CLOSED],
  [HALF_CLOSED_REMOTE, NO_TRANSITION, CLOSED, CLOSED],
  [NO_TRANSITION, NO_TRANSITION, NO_TRANSITION, CLOSED],
];

/** Where `event` leads from `state`; {@link NO_TRANSITION} when it must not happen there. */
export function nextState(state: StreamState, event: StreamEvent): StreamState | -1 {
  return (TRANSITIONS[state] as readonly number[])[event] as StreamState | -1;
}

/** Whether the peer may still send DATA and trailers. */
export function mayReceive(state: StreamState): boolean {
  return state === OPEN || state === HALF_CLOSED_LOCAL;
}

/** Whether we may still send. */
export function maySend(state: StreamState): boolean {
  return state === OPEN || state === HALF_CLOSED_REMOTE;
}
