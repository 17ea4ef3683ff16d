// The backend's end of one exchange as the relay sees it, whatever HTTP version the backend speaks.

import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { Upstream } from "../upstream/upstream.ts";
import type { BodySink, BodySource } from "./body.ts";
import type { Exchange } from "./exchange.ts";

/** What waiting for a response head has brought.  */
export const HeadEnd = {
  READ: 1,
  /** The connection was lost before any byte. */
  LOST: 0,
  /** It was lost within the head, or the head outgrew its buffer. */
  CUT: -1,
  MALFORMED: -2,
} as const;
export type HeadEnd = 1 | 0 | -1 | -2;

/** How far a request that was lost had come. */
export const Fate = {
  /** Nothing of it was sent, nor taken from its body. */
  UNSENT: 0,
  /** The backend ended its connection and has not looked at it, nor will (RFC 9113 section 8.7). */
  UNPROCESSED: 1,
  /** The backend has refused to look at it. */
  REFUSED: 2,
  /** It may have had its effect. */
  UNKNOWN: 3,
} as const;
export type Fate = 0 | 1 | 2 | 3;

/** The backend's end of an exchange that has become a tunnel. */
export interface TunnelEnd {
  readonly connection: Upstream;
  /** From the end of the response head to here, bytes of the tunnel have come in the buffer of `connection`. */
  readonly end: number;
}

/** The backend's end of one exchange. Rejects only for defects: a connection that breaks is an end. */
export interface UpstreamSide {
  readonly backend: Backend;
  /** The connection has carried exchanges before this one. */
  readonly reused: boolean;
  /** How far the request has come, for when it is lost. */
  readonly fate: Fate;
  /** Takes the request body. */
  readonly sink: BodySink;
  /** The response body, once its head has been read. */
  readonly body: BodySource;
  /** Edits and encodes the head of the request. 0, or the status to answer when that is not possible. */
  prepare(exchange: Exchange): AnswerStatus | 0;
  /**
   * Sends that head; `ends` when no body follows. False when nothing of it could be sent. A connection that is
   * lost meanwhile shows in the next head.
   */
  send(ends: boolean): Promise<boolean>;
  /** Reads the next head, interim or final, into the response of the exchange. */
  receiveHead(): Promise<HeadEnd>;
  /**
   * The backend has agreed to another protocol: what follows is bytes. `null` when no buffer is free for them.
   * {@link release} ends the tunnel, too.
   */
  tunnel(): TunnelEnd | null;
  /** The exchange is over: true when nothing of it is left behind, and another may follow. */
  readonly reusable: boolean;
  /** Gives back what was borrowed for the exchange, and the connection, kept when `clean`. */
  release(clean: boolean): void;
  /** Ends what is under way at once. */
  abort(): void;
}
