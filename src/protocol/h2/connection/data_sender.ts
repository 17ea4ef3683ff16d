// Sends DATA: the frames of all streams that have something to send, in the order of their priorities, as
// far as the windows of the peer and the room in the output allow. What a stream offers stays where its
// owner has it until it is copied behind a frame header.

import { copyBytes } from "../../../bytes/ascii.ts";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "../frames/frame.ts";
import { writeFrameHeader } from "../frames/frame_writer.ts";
import { SendWindow } from "../streams/flow_window.ts";
import type { Priority } from "../streams/priority.ts";
import { SendOrder } from "../streams/send_order.ts";
import { maySend, nextState, StreamEvent, StreamState } from "../streams/stream_state.ts";
import { type Link, Role, type StreamWatcher } from "./link.ts";
import { type H2Stream, NOT_STALLED } from "./stream.ts";

/** So many bytes in a row show that a peer with an exhausted window goes on reading. */
const PROGRESS_BYTES = 16_384;
/** A frame is not cut smaller than this only because the output is nearly full. */
const LEAST_CUT = 1_024;

/** The sending side of one connection. */
export class DataSender<O> implements StreamWatcher<O> {
  /** What the peer lets us send on all streams together. */
  readonly window = new SendWindow();
  readonly #link: Link<O>;
  readonly #order = new SendOrder<H2Stream<O>>();

  constructor(link: Link<O>) {
    this.#link = link;
    link.watch(this);
  }

  /** Streams that could send and take turns, for a gauge. */
  get incrementalCount(): number {
    return this.#order.incrementalCount;
  }

  /** Whether a stream could send if there were room in the output. */
  get hasWork(): boolean {
    return this.#order.size > 0 && this.window.available > 0;
  }

  /**
   * `bytes[start, end)` is to be sent, and with `ends` the end of the body. False when the stream cannot send
   * any more.
   */
  offer(
    stream: H2Stream<O>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): boolean {
    if (!maySend(stream.state)) return false;
    if (stream.offered || !stream.headSent) {
      throw new Error("DATA is offered piece by piece, behind a head");
    }
    if (start === end) {
      if (ends) this.#writeFrame(stream, 0, true);
      return true;
    }
    stream.bytes = bytes;
    stream.at = start;
    stream.end = end;
    stream.endsAfter = ends;
    stream.offered = true;
    this.#enqueue(stream);
    this.#link.wake();
    return true;
  }

  /**
   * Writes `bytes[start, end)` and the end of the body at once, when nothing stands in its way: no other stream
   * waits, the windows allow all of it, and it is one frame. False when it has to be offered.
   */
  writeLast(stream: H2Stream<O>, bytes: Uint8Array, start: number, end: number): boolean {
    const count = end - start;
    const { output, peer } = this.#link;
    if (!maySend(stream.state) || this.#order.size > 0) return false;
    const allowed = Math.min(
      this.window.available,
      stream.sendWindow.available,
      peer.maxFrameSize,
      output.room - FRAME_HEADER_BYTES,
    );
    if (count > allowed) return false;
    stream.bytes = bytes;
    stream.at = start;
    stream.end = end;
    this.#writeFrame(stream, count, true);
    stream.withdraw();
    return true;
  }

  /** The stream has another priority. */
  prioritise(stream: H2Stream<O>, priority: Priority): void {
    const { queued } = stream;
    if (queued) this.#order.remove(stream);
    stream.priority = priority;
    if (queued) this.#order.add(stream);
  }

  /** The window of a stream may be open again. */
  opened(stream: H2Stream<O>): void {
    if (!stream.offered || stream.queued || stream.sendWindow.available <= 0) return;
    this.#enqueue(stream);
    this.#link.wake();
  }

  /** The window of the connection may be open again. */
  connectionOpened(): void {
    if (this.hasWork) this.#link.wake();
  }

  removed(stream: H2Stream<O>): void {
    if (stream.queued) this.#order.remove(stream);
    stream.queued = false;
    stream.withdraw();
  }

  /** Fills the output. */
  fill(): void {
    const { output } = this.#link;
    for (;;) {
      const stream = this.#order.next();
      if (stream === null) return;
      if (this.window.available <= 0) return this.#stallAll();
      if (stream.sendWindow.available <= 0) {
        this.#block(stream);
        continue;
      }
      const room = output.room - FRAME_HEADER_BYTES;
      const allowed = Math.min(
        stream.left,
        this.window.available,
        stream.sendWindow.available,
        this.#link.peer.maxFrameSize,
      );
      // Rather a whole frame in the next write than a scrap in this one.
      if (room < allowed && room < LEAST_CUT) return;
      this.#send(stream, Math.min(allowed, room));
    }
  }

  #send(stream: H2Stream<O>, count: number): void {
    const isLast = count === stream.left;
    this.#writeFrame(stream, count, isLast && stream.endsAfter);
    this.#noteProgress(stream, count);
    if (!isLast) {
      this.#order.sent(stream);
      return;
    }
    if (stream.queued) this.#order.remove(stream);
    stream.queued = false;
    stream.withdraw();
    this.#link.events.sent(stream);
  }

  /** Writes a frame with the next `count` bytes of what the stream offers. */
  #writeFrame(stream: H2Stream<O>, count: number, ends: boolean): void {
    const link = this.#link;
    const { output } = link;
    output.reserve(FRAME_HEADER_BYTES + count);
    const flags = ends ? FrameFlag.END_STREAM : 0;
    const out = output.bytes;
    const at = writeFrameHeader(out, output.length, count, FrameType.DATA, flags, stream.id);
    output.length = copyBytes(stream.bytes, stream.at, stream.at + count, out, at);
    stream.at += count;
    stream.sendWindow.take(count);
    this.window.take(count);
    stream.activeMs = link.nowMs;
    link.counters.frame(true, FrameType.DATA);
    link.flood.dataSent();
    link.wake();
    if (ends) endSent(link, stream);
  }

  #noteProgress(stream: H2Stream<O>, count: number): void {
    if (stream.stalledMs === NOT_STALLED) return;
    stream.drained += count;
    const open = Math.min(stream.sendWindow.available, this.window.available) > 0;
    if (open || stream.drained >= PROGRESS_BYTES) stream.stalledMs = NOT_STALLED;
  }

  #enqueue(stream: H2Stream<O>): void {
    stream.queued = true;
    this.#order.add(stream);
  }

  #block(stream: H2Stream<O>): void {
    this.#order.remove(stream);
    stream.queued = false;
    this.#stall(stream);
  }

  #stall(stream: H2Stream<O>): void {
    if (stream.stalledMs !== NOT_STALLED) return;
    stream.stalledMs = this.#link.nowMs;
    stream.drained = 0;
    const { counters, role } = this.#link;
    counters.flowControlStalls++;
    if (role === Role.CLIENT) counters.uploadsStalled++;
  }

  /** The window of the connection is exhausted: every stream that could send waits for it. */
  #stallAll(): void {
    this.#order.forEach((stream) => this.#stall(stream));
  }
}

/** We have said everything on a stream. */
export function endSent<O>(link: Link<O>, stream: H2Stream<O>): void {
  const next = nextState(stream.state, StreamEvent.END_SENT);
  if (next === StreamState.CLOSED) link.remove(stream, false);
  else if (next >= 0) stream.state = next as StreamState;
}
