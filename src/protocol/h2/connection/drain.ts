// How a connection comes to an end without losing a request. First GOAWAY with the highest id there is: the
// client opens no more streams once it has read that, and those it opened meanwhile are served. A PING goes
// with it; when its answer is back, the client knows. Then GOAWAY says which stream was the last, and when
// that one and all before it are done, the connection ends (RFC 9113 section 6.8).

import { ErrorCode } from "../frames/error_code.ts";
import { FrameType } from "../frames/frame.ts";
import { FrameBytes, writePing } from "../frames/frame_writer.ts";
import { MAX_STREAM_ID } from "../streams/stream_state.ts";
import { EndReason } from "./events.ts";
import { type Link, Phase, Role, type StreamWatcher } from "./link.ts";

/** A client that does not answer the PING has had its notice after this. */
const NOTICE_MS = 3_000;
/** Whoever looks this much too late was held up, and may have requests and the answer waiting to be read. */
const LATE_MS = 500;
const GRACE_MS = 1_000;

const MARK = new TextEncoder().encode("sozudone");

const State = {
  NONE: 0,
  /** The first GOAWAY was sent; streams are still accepted. */
  NOTICE: 1,
  /** New streams are refused. */
  CLOSING: 2,
} as const;
type State = 0 | 1 | 2;

/** The end of one connection. */
export class Drain<O> implements StreamWatcher<O> {
  /** When {@link expire} has something to do, in milliseconds. */
  deadlineMs = Infinity;
  readonly #link: Link<O>;
  #state: State = State.NONE;
  #noticeMs = Infinity;
  #hardMs = Infinity;
  /** The last stream that the last GOAWAY named. */
  #announced = -1;

  constructor(link: Link<O>) {
    this.#link = link;
    link.watch(this);
  }

  /** New streams are refused, and none is opened. */
  get isClosing(): boolean {
    return this.#state === State.CLOSING;
  }

  /** The connection will end as soon as its streams have. */
  get isUnderWay(): boolean {
    return this.#state !== State.NONE;
  }

  /** We want the connection to end. */
  begin(): void {
    const link = this.#link;
    if (link.phase >= Phase.ENDING || this.#hardMs !== Infinity) return;
    const { gracefulShutdownMs } = link.limits;
    if (gracefulShutdownMs > 0) this.#hardMs = link.nowMs + gracefulShutdownMs;
    if (this.#state === State.NONE) {
      if (link.role === Role.SERVER && link.phase === Phase.OPEN) this.#giveNotice();
      else this.#close();
    }
    this.#setDeadline();
    link.wake();
  }

  /** The peer wants the connection to end. */
  byPeer(): void {
    this.#state = State.CLOSING;
    this.#noticeMs = Infinity;
    this.#setDeadline();
    this.#link.wake();
  }

  /** No ids are left for streams of ours. */
  outOfIds(): void {
    this.byPeer();
  }

  /** A PING of ours was answered; the eight bytes at `start` are its mark. */
  pingAnswered(bytes: Uint8Array, start: number): void {
    if (this.#state !== State.NOTICE) return;
    for (let i = 0; i < MARK.length; i++) if (bytes[start + i] !== MARK[i]) return;
    this.#close();
  }

  removed(): void {
    if (this.#state === State.CLOSING && this.#link.streams.size === 0) this.#link.wake();
  }

  /** Ends the connection if there is no stream left to wait for; one whose head is on its way is one. */
  finish(): void {
    const link = this.#link;
    if (this.#state !== State.CLOSING || link.phase >= Phase.ENDING) return;
    if (link.streams.size > 0) return;
    this.#announce(this.#last);
    link.finish(EndReason.DRAIN_DEADLINE, ErrorCode.NO_ERROR);
  }

  /** Time has passed. `openBlock`: the stream of a new header block that is not complete, or 0. */
  expire(openBlock: number): void {
    const link = this.#link;
    if (this.#noticeMs <= link.nowMs) this.#noticeOver();
    if (this.#hardMs > link.nowMs || link.phase >= Phase.ENDING) return;
    // That request was never complete, so that it can be sent again elsewhere.
    const last = link.role === Role.SERVER && openBlock > 0
      ? Math.max(0, openBlock - 2)
      : this.#last;
    this.#announce(last);
    link.finish(EndReason.DRAIN_DEADLINE, ErrorCode.NO_ERROR);
    this.#setDeadline();
  }

  #noticeOver(): void {
    const { nowMs } = this.#link;
    if (nowMs - this.#noticeMs <= LATE_MS) return this.#close();
    this.#noticeMs = nowMs + GRACE_MS;
    this.#setDeadline();
  }

  get #last(): number {
    return this.#link.role === Role.SERVER ? this.#link.highestSeen : 0;
  }

  #giveNotice(): void {
    const link = this.#link;
    this.#state = State.NOTICE;
    this.#noticeMs = link.nowMs + NOTICE_MS;
    this.#announce(MAX_STREAM_ID);
    const out = link.control(FrameBytes.PING, FrameType.PING);
    link.output.length = writePing(out, link.output.length, 0, MARK, 0);
  }

  #close(): void {
    this.#state = State.CLOSING;
    this.#noticeMs = Infinity;
    if (this.#link.phase === Phase.OPEN) this.#announce(this.#last);
    this.#setDeadline();
    this.#link.wake();
  }

  #announce(last: number): void {
    if (this.#announced === last) return;
    this.#announced = last;
    this.#link.writeGoaway(last, ErrorCode.NO_ERROR);
  }

  #setDeadline(): void {
    const over = this.#link.phase >= Phase.ENDING;
    this.deadlineMs = over ? Infinity : Math.min(this.#noticeMs, this.#hardMs);
  }
}
