// What a connection tells its owner, and how streams end otherwise than by their messages.

import type { MessageHead } from "../../http/message_head.ts";
import type { HeadProblem } from "../heads/head_problem.ts";
import type { RequestHeadBuilder } from "../heads/request_head_builder.ts";
import type { H2Stream } from "./stream.ts";

/** Why a stream ended before its messages did. */
export const EndReason = {
  /** The peer reset it; the code is the peer's. */
  PEER_RESET: 0,
  /** We reset it because the peer broke a rule. */
  PROTOCOL: 1,
  /** Nothing happened on it for too long. */
  IDLE_TIMEOUT: 2,
  /** The peer did not let us send for too long. */
  WINDOW_STALL: 3,
  /** The connection ended with an error. */
  CONNECTION_ERROR: 4,
  /** The transport is gone. */
  LOST: 5,
  /** The peer announced by GOAWAY that it did not and will not look at it: it may be tried elsewhere. */
  UNPROCESSED: 6,
  /** The drain took too long. */
  DRAIN_DEADLINE: 7,
} as const;
export type EndReason = typeof EndReason[keyof typeof EndReason];

/** Which part of a message is to be put somewhere. */
export const Part = { HEAD: 0, TRAILERS: 1 } as const;
export type Part = 0 | 1;

/** Where the owner wants a head or trailers: described by `head`, in `bytes` from `at` on. */
export interface HeadSpace {
  readonly head: MessageHead;
  readonly bytes: Uint8Array;
  readonly at: number;
}

/**
 * The owner of a connection. All calls are made from within the methods of the connection, and the owner may
 * call those that send and release from within; it must not call `receive`, `take` or `expire` there.
 */
export interface ConnectionEvents<O> {
  /** There is something to write. Called once until the next `take`. */
  wantsWrite(): void;
  /**
   * A head or trailers are about to be decoded. `null` refuses: a new stream gets REFUSED_STREAM, another one
   * is reset. A server is told of a new stream by this call.
   */
  space(stream: H2Stream<O>, part: Part): HeadSpace | null;
  /** A final head; `ends` when no body follows. Its bytes are those of {@link space} unless it outgrew them. */
  head(stream: H2Stream<O>, head: MessageHead, ends: boolean): void;
  /** An interim response; its space is used again for the next head. */
  interim(stream: H2Stream<O>, head: MessageHead): void;
  /**
   * Part of a body lies in `bytes[start, end)` until this call returns; it is empty only when it `ends` the
   * body. The peer gets credit for it when the owner calls `release` with as many bytes.
   */
  data(stream: H2Stream<O>, bytes: Uint8Array, start: number, end: number, ends: boolean): void;
  /** Trailers, which end the body. */
  trailers(stream: H2Stream<O>, trailers: MessageHead): void;
  /** All that `sendData` was given has been taken: the range may be used again, and more may be given. */
  sent(stream: H2Stream<O>): void;
  /** The stream ended early and is gone; whatever was offered is forgotten. Not called after `reset`. */
  ended(stream: H2Stream<O>, reason: EndReason, code: number): void;
  /**
   * A head or trailers are malformed; for heads of requests `request` knows what was asked for. The stream is
   * reset and {@link ended} follows, but for {@link HeadProblem.AUTHORITY}: such a stream waits for an
   * answer of the owner, who was not told of a head.
   */
  malformed(stream: H2Stream<O>, problem: HeadProblem, request: RequestHeadBuilder | null): void;
  /** The peer's settings have come or changed: a client may open streams, up to as many as they say. */
  settled(): void;
  /** A PING of the owner was answered. */
  pong(): void;
  /** The peer sent GOAWAY: no new streams; those that were not processed end one by one. */
  goaway(code: number): void;
}
