// What all parts of one connection share: its streams, its output, its limits, and the two ways in which
// things go wrong - a stream is reset, or the connection ends.

import { ErrorCode } from "../frames/error_code.ts";
import { FrameType } from "../frames/frame.ts";
import { FrameBytes, writeGoaway, writeReset } from "../frames/frame_writer.ts";
import { PeerSettings } from "../frames/settings.ts";
import { Flood, FloodGuard } from "../flood_guard.ts";
import type { H2Limits } from "../limits.ts";
import { EndedStreams } from "../streams/ended_streams.ts";
import { StreamState } from "../streams/stream_state.ts";
import { StreamTable } from "../streams/stream_table.ts";
import type { H2Counters } from "./counters.ts";
import { type ConnectionEvents, EndReason } from "./events.ts";
import { type OutputBuffers, OutputQueue } from "./output_queue.ts";
import type { H2Stream } from "./stream.ts";

/** Which side of a connection we are. */
export const Role = { SERVER: 0, CLIENT: 1 } as const;
export type Role = 0 | 1;

/** Where a connection is. */
export const Phase = {
  /** The peer's preface has not come. */
  PREFACE: 0,
  OPEN: 1,
  /** The last GOAWAY is in the output; nothing is read any more. Write what is left, then close. */
  ENDING: 2,
  /** Close at once. */
  DEAD: 3,
} as const;
export type Phase = 0 | 1 | 2 | 3;

/** What the parts tell each other about streams that go. */
export interface StreamWatcher<O> {
  /** The stream is not live any more; `early` when its messages did not end. */
  removed(stream: H2Stream<O>, early: boolean): void;
}

/** The shared state of one connection. */
export class Link<O> {
  readonly role: Role;
  readonly limits: H2Limits;
  readonly events: ConnectionEvents<O>;
  readonly counters: H2Counters;
  readonly output: OutputQueue;
  readonly peer = new PeerSettings();
  readonly streams = new StreamTable<H2Stream<O>>();
  readonly ended = new EndedStreams();
  readonly flood: FloodGuard;
  phase: Phase = Phase.PREFACE;
  /** Why the connection ended. */
  error: ErrorCode = ErrorCode.NO_ERROR;
  /** What of the peer was too much. */
  excess: Flood = Flood.NONE;
  /** The time as the last call told it. */
  nowMs: number;
  /** The highest id of the peer that was seen (server), or the next one of ours (client). */
  highestSeen = 0;
  nextId = 1;
  /** The peer has ACKed our settings, so that it can be held to them. */
  settingsAcked = false;
  readonly #watchers: StreamWatcher<O>[] = [];
  #woken = false;

  constructor(
    role: Role,
    limits: H2Limits,
    events: ConnectionEvents<O>,
    counters: H2Counters,
    buffers: OutputBuffers,
    nowMs: number,
  ) {
    this.role = role;
    this.limits = limits;
    this.events = events;
    this.counters = counters;
    this.output = new OutputQueue(buffers);
    this.flood = new FloodGuard(limits, nowMs);
    this.nowMs = nowMs;
  }

  /** A part wants to know which streams go. */
  watch(watcher: StreamWatcher<O>): void {
    this.#watchers.push(watcher);
  }

  /** There is something to write. */
  wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    this.events.wantsWrite();
  }

  /** The owner writes: the next {@link wake} is worth a call again. */
  asleep(): void {
    this.#woken = false;
  }

  /** Room for a control frame of `bytes` bytes; it will be sent. */
  control(bytes: number, type: FrameType): Uint8Array {
    this.output.reserve(bytes);
    this.counters.frame(true, type);
    this.wake();
    return this.output.bytes;
  }

  /** Whether a stream that is not live was never used. */
  isIdle(id: number): boolean {
    if (this.role === Role.SERVER) return id > this.highestSeen;
    return (id & 1) === 0 || id >= this.nextId;
  }

  /** Ends the connection with an error. */
  fail(code: ErrorCode): void {
    if (this.phase >= Phase.ENDING) return;
    this.writeGoaway(this.role === Role.SERVER ? this.highestSeen : 0, code);
    this.error = code;
    this.finish(EndReason.CONNECTION_ERROR, code);
  }

  /** Nothing more is read or written. */
  die(): void {
    this.phase = Phase.DEAD;
    this.output.clear();
  }

  /** Nothing more is read, and the streams that are left end. */
  finish(reason: EndReason, code: ErrorCode): void {
    this.phase = Phase.ENDING;
    this.endStreams(reason, code);
    this.wake();
  }

  /** Every live stream ends. */
  endStreams(reason: EndReason, code: number): void {
    if (this.streams.size === 0) return;
    if (this.role === Role.SERVER) this.counters.endedWithStreams++;
    for (const stream of this.streams.sorted()) this.end(stream, reason, code);
  }

  /** Takes notice of what came too often; true when that ends the connection. */
  tooMuch(flood: Flood): boolean {
    if (flood === Flood.NONE) return false;
    this.excess = flood;
    this.counters.floods[flood] = (this.counters.floods[flood] as number) + 1;
    this.fail(ErrorCode.ENHANCE_YOUR_CALM);
    return true;
  }

  /** GOAWAY. */
  writeGoaway(lastStream: number, code: ErrorCode): void {
    const out = this.control(FrameBytes.GOAWAY, FrameType.GOAWAY);
    this.output.length = writeGoaway(out, this.output.length, lastStream, code);
    this.counters.goaway(true, code);
  }

  /** RST_STREAM, for a stream that is live or not. */
  writeReset(id: number, code: ErrorCode): void {
    const out = this.control(FrameBytes.RST_STREAM, FrameType.RST_STREAM);
    this.output.length = writeReset(out, this.output.length, id, code);
    this.counters.reset(true, code);
  }

  /** Resets a live stream; its owner is not told. */
  reset(stream: H2Stream<O>, code: ErrorCode): void {
    this.writeReset(stream.id, code);
    this.ended.add(stream.id);
    this.remove(stream, true);
  }

  /** Resets a stream because of what the peer did on it; true when that ended the connection. */
  resetByFault(stream: H2Stream<O>, code: ErrorCode): boolean {
    this.reset(stream, code);
    this.#tell(stream, EndReason.PROTOCOL, code);
    return this.tooMuch(this.flood.resetEmitted(this.nowMs));
  }

  /** Resets a stream that makes no progress. */
  cancel(stream: H2Stream<O>, reason: EndReason): void {
    this.reset(stream, ErrorCode.CANCEL);
    this.#tell(stream, reason, ErrorCode.CANCEL);
  }

  /** A live stream is over without a frame of ours. */
  end(stream: H2Stream<O>, reason: EndReason, code: number): void {
    this.remove(stream, true);
    this.#tell(stream, reason, code);
  }

  /** A stream is not live any more. */
  remove(stream: H2Stream<O>, early: boolean): void {
    if (!this.streams.delete(stream.id)) return;
    stream.state = StreamState.CLOSED;
    if (stream.routed && stream.headSent) this.flood.answered();
    for (let i = 0; i < this.#watchers.length; i++) {
      (this.#watchers[i] as StreamWatcher<O>).removed(stream, early);
    }
  }

  #tell(stream: H2Stream<O>, reason: EndReason, code: number): void {
    if (stream.announced) this.events.ended(stream, reason, code);
  }
}
