// How one stream of HTTP/2 ended, in the words that access logs have for it.

/** Why a stream ended before its messages did; NONE when they ended it, or its connection did. */
export const StreamEnd = {
  NONE: 0,
  /** We reset it. */
  RESET: 1,
  /** The client reset it. */
  PEER_RESET: 2,
  /** Nothing happened on it for too long. */
  IDLE_TIMEOUT: 3,
  /** The client did not let us send for too long. */
  WINDOW_STALL: 4,
} as const;
export type StreamEnd = typeof StreamEnd[keyof typeof StreamEnd];

/** What a client speaks. */
export type WireProtocol = "h1" | "h2";
