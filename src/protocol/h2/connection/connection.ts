// One HTTP/2 connection as a pure state machine: bytes come in and bytes go out, what the peer says becomes
// calls of the owner's events, and time is a number that every call brings along.

import { ErrorCode } from "../frames/error_code.ts";
import { FrameType } from "../frames/frame.ts";
import { FrameBytes, writePing } from "../frames/frame_writer.ts";
import type { PeerSettings } from "../frames/settings.ts";
import type { H2Limits } from "../limits.ts";
import type { MessageHead } from "../../http/message_head.ts";
import { mayReceive } from "../streams/stream_state.ts";
import { ConnectionInput } from "./connection_input.ts";
import { ControlFrames, PING_MARK } from "./control_frames.ts";
import type { H2Counters } from "./counters.ts";
import { DataSender } from "./data_sender.ts";
import { Drain } from "./drain.ts";
import { type ConnectionEvents, EndReason } from "./events.ts";
import type { HeadTools } from "./head_tools.ts";
import { Link, Phase, Role } from "./link.ts";
import { MessageReader } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";
import type { OutputBuffers } from "./output_queue.ts";
import { ReceiveCredit } from "./receive_credit.ts";
import type { H2Stream } from "./stream.ts";
import { StreamGuards } from "./stream_guards.ts";

/** What a connection is made with. */
export interface ConnectionParts<O> {
  readonly role: Role;
  readonly limits: H2Limits;
  readonly events: ConnectionEvents<O>;
  /** One set may serve all connections of a thread. */
  readonly tools: HeadTools;
  readonly counters: H2Counters;
  /** Buffers for output; their size bounds how much is written at once. */
  readonly buffers: OutputBuffers;
  /** Announce SETTINGS_ENABLE_CONNECT_PROTOCOL (RFC 8441). */
  readonly allowsConnectProtocol: boolean;
}

/**
 * A connection, for a server or for a client. How an owner drives it:
 *
 * - **Input.** It reads into a buffer of at least 16,393 bytes and calls {@link receive}, which takes whole
 *   frames apart in place and tells how far it came. What is left goes to the front of the buffer, before
 *   more is read. {@link isPaused}: it stopped because there were many frames; the owner lets others have
 *   their turn, and calls it again with what is left. {@link isCongested}: it stops at a frame because too many answers wait to be written; the
 *   owner reads nothing until {@link written}, and then calls `receive` again with what is left.
 * - **Output.** `wantsWrite` is called once when there is something to write; the owner then calls
 *   {@link take}, at best once a turn of the event loop, and writes what it returns. Frames of all streams lie
 *   in it one behind the other. When the write is done it calls {@link written}, which calls `wantsWrite`
 *   again when there is more. One write at a time; meanwhile frames go into another buffer.
 * - **Sending.** {@link sendHead} (interim ones first), then {@link sendData} piece by piece, then the end: with
 *   the head, with the last piece or by {@link sendTrailers}. A piece stays where it is until `sent`; only
 *   then may it be changed and the next one be given. All of these return false when the stream is gone,
 *   of which `ended` told or `reset` was the cause: nothing is left to be done then.
 * - **Receiving.** For every stream: `space`, `head` (after any `interim`), `data` any number of times, and the end:
 *   with the head, with a last `data` that may be empty, or by `trailers`. The peer may send as much as its
 *   window allows; what the owner is handed by `data` counts until it calls {@link release}.
 * - **Streams end** when both sides have said everything, which needs no call, or early: by {@link reset}, or with
 *   `ended`. Either way what was offered is forgotten and nothing more is told of the stream. Its object
 *   stays valid, so that late calls do no harm.
 * - **Time.** {@link receive}, {@link take} and {@link expire} bring the time along. `expire` must be called when
 *   {@link deadlineMs} has come; it may move in every call, and calling too early does no harm.
 * - **The end.** {@link isOver}: everything is written; the owner closes, after it has read and dropped what the
 *   peer may still be sending if {@link wasGoaway}. {@link isDead}: it closes at once. When the transport
 *   fails or ends, the owner calls {@link lost} or {@link inputEnded}.
 */
export class H2Connection<O> {
  readonly #link: Link<O>;
  readonly #credit: ReceiveCredit<O>;
  readonly #sender: DataSender<O>;
  readonly #drain: Drain<O>;
  readonly #guards: StreamGuards<O>;
  readonly #reader: MessageReader<O>;
  readonly #writer: MessageWriter<O>;
  readonly #input: ConnectionInput<O>;

  /** A client has its preface to write at once; a server waits for that of its client. */
  constructor(parts: ConnectionParts<O>, nowMs: number) {
    const { role, limits, events, counters, buffers, tools } = parts;
    const link = new Link(role, limits, events, counters, buffers, nowMs);
    this.#link = link;
    this.#credit = new ReceiveCredit(link);
    this.#sender = new DataSender(link);
    this.#drain = new Drain(link);
    this.#guards = new StreamGuards(link);
    this.#reader = new MessageReader(link, tools, this.#drain, this.#guards);
    this.#writer = new MessageWriter(link, tools, this.#sender, this.#drain, this.#guards);
    const control = new ControlFrames(
      link,
      this.#sender,
      this.#drain,
      this.#reader,
      this.#writer,
    );
    this.#input = new ConnectionInput(link, this.#credit, this.#reader, control, buffers.size);
    this.#input.allowsConnectProtocol = parts.allowsConnectProtocol;
    this.#reader.allowsConnectProtocol = parts.allowsConnectProtocol && role === Role.SERVER;
    if (role === Role.CLIENT) this.#input.sendPreface();
  }

  /** Live streams. */
  get streams(): number {
    return this.#link.streams.size;
  }

  /** Those who have the live streams. The connection must not be given anything meanwhile. */
  *owners(): IterableIterator<O> {
    for (const { owner } of this.#link.streams) if (owner !== null) yield owner;
  }

  /** What the peer announced. */
  get peer(): Readonly<PeerSettings> {
    return this.#link.peer;
  }

  /** Whether a client may open one more stream now. */
  get mayOpen(): boolean {
    return this.#writer.mayOpen;
  }

  /** The connection takes no more streams and ends when those that are live have. */
  get isDraining(): boolean {
    return this.#drain.isUnderWay || this.#link.phase >= Phase.ENDING;
  }

  /** Whole frames may be left of what {@link receive} was given. */
  get isPaused(): boolean {
    return this.#input.isPaused;
  }

  /** So many answers wait to be written that nothing more is read. */
  get isCongested(): boolean {
    return this.#input.isCongested;
  }

  /** What the peer does seems to be meant to cost work: the owner may make it wait. */
  get isWasteful(): boolean {
    return this.#link.flood.isWasteful;
  }

  /** All is written and nothing more will be: close. */
  get isOver(): boolean {
    const { phase, output } = this.#link;
    return phase === Phase.DEAD ||
      (phase === Phase.ENDING && output.length === 0 && !output.isWriting);
  }

  /** The peer does not speak HTTP/2, or is gone: close at once, without a word. */
  get isDead(): boolean {
    return this.#link.phase === Phase.DEAD;
  }

  /** The connection ends with GOAWAY, which the peer should be able to read before it is closed. */
  get wasGoaway(): boolean {
    return this.#link.phase === Phase.ENDING;
  }

  /** The code of the GOAWAY that ended it. */
  get error(): ErrorCode {
    return this.#link.error;
  }

  /** What of the peer was too much, of the kinds of {@link Flood}; 0 for nothing. */
  get excess(): number {
    return this.#link.excess;
  }

  /** Bytes we may send on all streams together; for a gauge. */
  get windowBytes(): number {
    return Math.max(0, this.#sender.window.available);
  }

  /** Streams whose peers are owed credit; for a gauge. */
  get pendingWindowUpdates(): number {
    return this.#credit.pending;
  }

  /** Streams that have something to send and take turns; for a gauge. */
  get readyIncremental(): number {
    return this.#sender.incrementalCount;
  }

  /** When {@link expire} must be called, in milliseconds; `Infinity` for never. */
  get deadlineMs(): number {
    if (this.#link.phase >= Phase.ENDING) return Infinity;
    return Math.min(this.#input.ackDeadlineMs, this.#guards.deadlineMs, this.#drain.deadlineMs);
  }

  /**
   * Takes in `bytes[start, end)`; the first byte that is still needed, with what comes behind it. All frames at once,
   * unless told how many at most.
   */
  receive(
    bytes: Uint8Array,
    start: number,
    end: number,
    nowMs: number,
    framesAtOnce = Infinity,
  ): number {
    this.#link.nowMs = nowMs;
    return this.#input.receive(bytes, start, end, framesAtOnce);
  }

  /** The frames to be written now, `null` when there are none or a write is under way. */
  take(nowMs: number): Uint8Array | null {
    const link = this.#link;
    link.nowMs = nowMs;
    if (link.output.isWriting) return null;
    if (link.phase === Phase.OPEN) {
      this.#input.checkAck();
      this.#credit.write();
      this.#sender.fill();
      this.#drain.finish();
    }
    link.asleep();
    return link.output.take();
  }

  /** What {@link take} returned has been written. */
  written(): void {
    const link = this.#link;
    link.output.written();
    const isOpen = link.phase === Phase.OPEN;
    const hasWork = isOpen && (this.#sender.hasWork || this.#credit.pending > 0);
    if (link.output.length > 0 || hasWork) link.wake();
  }

  /** Time has passed. */
  expire(nowMs: number): void {
    const link = this.#link;
    link.nowMs = nowMs;
    if (link.phase >= Phase.ENDING) return;
    this.#input.checkAck();
    this.#guards.expire();
    this.#drain.expire(this.#reader.openRequest);
  }

  /** Every field that is sent from now on may hold a secret: none goes into a table. */
  neverIndex(): void {
    this.#writer.neverIndex();
  }

  /**
   * Opens a stream with a request and lines of HTTP/1.1 that are added to it, `lines[start, end)`. `ends`: it
   * has no body. `tunnels`: its Upgrade becomes an extended CONNECT. `null` when {@link mayOpen} is false or the head
   * is too large.
   */
  open(
    owner: O,
    head: MessageHead,
    scheme: "http" | "https",
    lines: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
    tunnels = false,
  ): H2Stream<O> | null {
    return this.#writer.open(owner, head, scheme, lines, start, end, ends, tunnels);
  }

  /**
   * Sends the head of a response: `status`, the fields of `head` with its marks, and `lines[start, end)`. One
   * below 200 is interim. False when the stream is gone, or now is, because the head was too large.
   */
  sendHead(
    stream: H2Stream<O>,
    status: number,
    head: MessageHead | null,
    lines: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): boolean {
    return this.#writer.response(stream, status, head, lines, start, end, ends);
  }

  /** Sends a piece of a body, which may be empty only when it `ends` it. An empty piece is sent at once. */
  sendData(
    stream: H2Stream<O>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): boolean {
    return this.#sender.offer(stream, bytes, start, end, ends);
  }

  /**
   * Sends the last piece of a body at once, so that it may be changed when this returns. False when something
   * stands in its way, and nothing has been sent: {@link sendData} waits for that.
   */
  sendLast(stream: H2Stream<O>, bytes: Uint8Array, start: number, end: number): boolean {
    return this.#sender.writeLast(stream, bytes, start, end);
  }

  /** Sends trailers, from a section, from lines of HTTP/1.1, or both, and ends the stream. */
  sendTrailers(
    stream: H2Stream<O>,
    head: MessageHead | null,
    lines: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    return this.#writer.trailers(stream, head, lines, start, end);
  }

  /** Resets a stream; without effect when it is gone. */
  reset(stream: H2Stream<O>, code: ErrorCode): void {
    if (this.#link.streams.get(stream.id) === stream) this.#link.reset(stream, code);
  }

  /** Bytes that `data` brought have been passed on. */
  release(stream: H2Stream<O>, count: number): void {
    this.#credit.release(stream, count);
  }

  /** Asks the peer for a sign of life; `pong` tells of it. */
  ping(): void {
    const link = this.#link;
    if (link.phase !== Phase.OPEN) return;
    const out = link.control(FrameBytes.PING, FrameType.PING);
    link.output.length = writePing(out, link.output.length, 0, PING_MARK, 0);
  }

  /** Ends the connection without losing a request: see {@link Drain}. */
  drain(nowMs: number): void {
    this.#link.nowMs = nowMs;
    this.#drain.begin();
    if (this.#link.phase === Phase.PREFACE) this.#link.die();
  }

  /** Ends the connection and all its streams with this code. */
  close(code: ErrorCode): void {
    if (this.#link.phase === Phase.PREFACE) this.#link.die();
    else this.#link.fail(code);
  }

  /** The peer sends no more. Messages that were not complete never will be; the others are answered. */
  inputEnded(nowMs: number): void {
    const link = this.#link;
    link.nowMs = nowMs;
    if (link.phase >= Phase.ENDING) return;
    if (link.phase === Phase.PREFACE) return link.die();
    for (const stream of link.streams.sorted()) {
      if (mayReceive(stream.state) || this.#reader.openBlock === stream.id) {
        link.end(stream, EndReason.LOST, ErrorCode.CANCEL);
      }
    }
    this.#reader.abandonBlock();
    this.#drain.byPeer();
  }

  /** The transport is gone. A write that is under way still ends with {@link written}. */
  lost(): void {
    const link = this.#link;
    if (link.phase === Phase.DEAD) return;
    this.#link.die();
    link.endStreams(EndReason.LOST, ErrorCode.CANCEL);
  }
}
