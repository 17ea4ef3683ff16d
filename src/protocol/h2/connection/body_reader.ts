// Takes in DATA: whether it may come on its stream, whether the peer keeps to its windows, and whether the body
// is as long as its head said.

import { ErrorCode } from "../frames/error_code.ts";
import { FrameFlag, type FrameReader } from "../frames/frame.ts";
import { mayReceive, nextState, StreamEvent, StreamState } from "../streams/stream_state.ts";
import { type Link, Role } from "./link.ts";
import type { ReceiveCredit } from "./receive_credit.ts";
import type { H2Stream } from "./stream.ts";

/** The bodies of the peer on one connection. */
export class BodyReader<O> {
  readonly #link: Link<O>;
  readonly #credit: ReceiveCredit<O>;

  constructor(link: Link<O>, credit: ReceiveCredit<O>) {
    this.#link = link;
    this.#credit = credit;
  }

  /** DATA came. */
  data(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    const { length } = frame;
    if (!this.#credit.receive(length)) return link.fail(ErrorCode.FLOW_CONTROL_ERROR);
    const stream = link.streams.get(frame.stream);
    if (stream === null) return this.#strayData(frame);
    if (!stream.receiveWindow.receive(length)) {
      return this.#refuseData(stream, length, ErrorCode.FLOW_CONTROL_ERROR);
    }
    if (!mayReceive(stream.state)) {
      return this.#refuseData(stream, length, ErrorCode.STREAM_CLOSED);
    }
    const content = frame.end - frame.start;
    const ends = frame.has(FrameFlag.END_STREAM);
    const isLost = link.role === Role.CLIENT && !stream.headReceived ||
      (stream.bodiless && content > 0 && !stream.toHead);
    if (stream.bodiless && content > 0 && !stream.toHead) link.counters.bodilessResponseData++;
    const fits = stream.bodiless || stream.receive(content);
    if (isLost || !fits || (ends && !stream.isComplete)) {
      return this.#refuseData(stream, length, ErrorCode.PROTOCOL_ERROR);
    }
    this.#takeData(stream, frame, bytes, content, ends);
  }

  #takeData(
    stream: H2Stream<O>,
    frame: FrameReader,
    bytes: Uint8Array,
    content: number,
    ends: boolean,
  ): void {
    const link = this.#link;
    if (content > 0) stream.activeMs = link.nowMs;
    else if (!ends && link.tooMuch(link.flood.emptyData(link.nowMs))) return;
    if (ends) endReceived(link, stream);
    // What a HEAD response must not have is dropped.
    const kept = stream.bodiless ? 0 : content;
    this.#credit.skip(stream, frame.length - kept);
    if (kept === 0 && !ends) return;
    stream.held += kept;
    link.events.data(stream, bytes, frame.start, frame.start + kept, ends);
  }

  /** DATA that breaks a rule of its stream. The connection gets credit for it all the same. */
  #refuseData(stream: H2Stream<O>, length: number, code: ErrorCode): void {
    this.#credit.discard(length);
    this.#link.resetByFault(stream, code);
  }

  /** DATA on a stream that is not live. */
  #strayData(frame: FrameReader): void {
    const link = this.#link;
    const id = frame.stream;
    if (link.isIdle(id)) return link.fail(ErrorCode.PROTOCOL_ERROR);
    this.#credit.discard(frame.length);
    if (!link.ended.has(id)) {
      link.writeReset(id, ErrorCode.STREAM_CLOSED);
      link.tooMuch(link.flood.glitch(1, link.nowMs));
      return;
    }
    const isEmpty = frame.end === frame.start && !frame.has(FrameFlag.END_STREAM);
    if (isEmpty && link.tooMuch(link.flood.emptyData(link.nowMs))) return;
    if (!link.ended.takeBytes(id, frame.length)) link.tooMuch(link.flood.glitch(1, link.nowMs));
  }
}

/** The peer has said everything on a stream. */
export function endReceived<O>(link: Link<O>, stream: H2Stream<O>): void {
  const next = nextState(stream.state, StreamEvent.END_RECEIVED);
  if (next === StreamState.CLOSED) link.remove(stream, false);
  else if (next >= 0) stream.state = next as StreamState;
}
