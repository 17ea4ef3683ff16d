// The input of one connection: its preface, then one frame after the other, each given to the part that it
// is for.

import { ErrorCode } from "../frames/error_code.ts";
import { FrameFlag, FrameReader, FrameStatus, FrameType } from "../frames/frame.ts";
import { FrameBytes, writeSettings } from "../frames/frame_writer.ts";
import { ownSettings } from "../frames/settings.ts";
import { BodyReader } from "./body_reader.ts";
import type { ControlFrames } from "./control_frames.ts";
import { EndReason } from "./events.ts";
import { type Link, Phase, Role } from "./link.ts";
import type { MessageReader } from "./message_reader.ts";
import { MAGIC, PrefaceStatus, readPreface } from "./preface.ts";
import type { ReceiveCredit } from "./receive_credit.ts";

/** The peer must have ACKed our settings after this (RFC 9113 section 6.5.3). */
const SETTINGS_ACK_MS = 5_000;
/** Whoever looks this much too late was held up, and may have the ACK waiting to be read. */
const LATE_MS = 500;
const GRACE_MS = 1_000;

/** What the peer sends on one connection. */
export class ConnectionInput<O> {
  /** Announce SETTINGS_ENABLE_CONNECT_PROTOCOL. */
  allowsConnectProtocol = false;
  /** The last call stopped because there were so many. */
  isPaused = false;
  /** When the peer must have ACKed our settings, in milliseconds. */
  ackDeadlineMs = Infinity;
  readonly #link: Link<O>;
  readonly #credit: ReceiveCredit<O>;
  readonly #bodies: BodyReader<O>;
  readonly #reader: MessageReader<O>;
  readonly #control: ControlFrames<O>;
  readonly #congestedAt: number;
  readonly #frame = new FrameReader();
  #hadGrace = false;

  constructor(
    link: Link<O>,
    credit: ReceiveCredit<O>,
    reader: MessageReader<O>,
    control: ControlFrames<O>,
    congestedAt: number,
  ) {
    this.#link = link;
    this.#credit = credit;
    this.#bodies = new BodyReader(link, credit);
    this.#reader = reader;
    this.#control = control;
    this.#congestedAt = congestedAt;
  }

  /** So many answers wait to be written that nothing more is read. */
  get isCongested(): boolean {
    return this.#link.output.length >= this.#congestedAt;
  }

  /** Takes in `bytes[start, end)`, so many frames at most; the first byte that is still needed. */
  receive(bytes: Uint8Array, start: number, end: number, framesAtOnce: number): number {
    const link = this.#link;
    let at = start;
    if (link.phase === Phase.PREFACE) {
      at = this.#receivePreface(bytes, at, end);
      if (link.phase === Phase.PREFACE) return at;
    }
    const frame = this.#frame;
    this.isPaused = false;
    for (let frames = 0; link.phase === Phase.OPEN && !this.isCongested; frames++) {
      if (frames >= framesAtOnce) {
        this.isPaused = true;
        break;
      }
      const status = frame.read(bytes, at, end);
      if (status === FrameStatus.MORE) break;
      if (status === FrameStatus.BAD) {
        link.fail(frame.problem);
        break;
      }
      at = frame.next;
      this.#handle(frame, bytes);
    }
    this.checkAck();
    return link.phase >= Phase.ENDING ? end : at;
  }

  /** Ends the connection when the peer has not ACKed our settings in time. */
  checkAck(): void {
    const { nowMs } = this.#link;
    if (nowMs < this.ackDeadlineMs) return;
    if (nowMs - this.ackDeadlineMs > LATE_MS && !this.#hadGrace) {
      this.#hadGrace = true;
      this.ackDeadlineMs = nowMs + GRACE_MS;
      return;
    }
    this.ackDeadlineMs = Infinity;
    this.#link.fail(ErrorCode.SETTINGS_TIMEOUT);
  }

  /** Sends what we begin with. */
  sendPreface(): void {
    const link = this.#link;
    const { output } = link;
    const settings = ownSettings(link.limits.maxConcurrentStreams, this.allowsConnectProtocol);
    const isClient = link.role === Role.CLIENT;
    const bytes = FrameBytes.SETTINGS_ACK + settings.length * 6;
    link.control(bytes + (isClient ? MAGIC.length : 0), FrameType.SETTINGS);
    if (isClient) {
      output.bytes.set(MAGIC, output.length);
      output.length += MAGIC.length;
    }
    output.length = writeSettings(output.bytes, output.length, settings);
    this.ackDeadlineMs = link.nowMs + SETTINGS_ACK_MS;
    // A client's window is enlarged once the server has shown that it speaks HTTP/2.
    if (!isClient) this.#credit.write(true);
  }

  #receivePreface(bytes: Uint8Array, start: number, end: number): number {
    const link = this.#link;
    const frame = this.#frame;
    const isServer = link.role === Role.SERVER;
    const status = readPreface(frame, bytes, start, end, isServer);
    if (status === PrefaceStatus.MORE) return start;
    if (status === PrefaceStatus.BAD) {
      link.die();
      link.endStreams(EndReason.LOST, ErrorCode.PROTOCOL_ERROR);
      return end;
    }
    link.phase = Phase.OPEN;
    if (isServer) this.sendPreface();
    link.counters.frame(false, FrameType.SETTINGS);
    if (this.#control.settings(frame, bytes) && !isServer) this.#credit.write(true);
    return frame.next;
  }

  #handle(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    const reader = this.#reader;
    link.counters.frame(false, frame.type);
    const isContinuation = frame.type === FrameType.CONTINUATION;
    const belongs = isContinuation && frame.stream === reader.openBlock;
    // RFC 9113 section 6.10: nothing comes between the frames of a block, and none comes without one.
    if (reader.openBlock > 0 ? !belongs : isContinuation) {
      return link.fail(ErrorCode.PROTOCOL_ERROR);
    }
    switch (frame.type) {
      case FrameType.DATA:
        return this.#bodies.data(frame, bytes);
      case FrameType.HEADERS:
        return reader.headers(frame, bytes);
      case FrameType.CONTINUATION:
        return reader.continuation(frame, bytes);
      case FrameType.SETTINGS:
        if (!frame.has(FrameFlag.ACK)) this.#control.settings(frame, bytes);
        else this.#acked();
        return;
      case FrameType.PING:
        return this.#control.ping(frame, bytes);
      case FrameType.GOAWAY:
        return this.#control.goaway(frame, bytes);
      case FrameType.WINDOW_UPDATE:
        return this.#control.windowUpdate(frame, bytes);
      case FrameType.RST_STREAM:
        return this.#control.reset(frame, bytes);
      case FrameType.PRIORITY:
        return this.#control.priority(frame);
      case FrameType.PRIORITY_UPDATE:
        return this.#control.priorityUpdate(frame, bytes);
      case FrameType.PUSH_PROMISE:
        return this.#control.pushPromise(frame);
    }
  }

  #acked(): void {
    this.ackDeadlineMs = Infinity;
    this.#link.settingsAcked = true;
  }
}
