// The frames that are about the connection, or about a stream but not its messages: SETTINGS, PING, GOAWAY,
// WINDOW_UPDATE, RST_STREAM, PRIORITY and PRIORITY_UPDATE.

import { ErrorCode } from "../frames/error_code.ts";
import { FrameFlag, type FrameReader, FrameType, readUint31, readUint32 } from "../frames/frame.ts";
import { FrameBytes, writePing, writeSettingsAck } from "../frames/frame_writer.ts";
import { MAX_WINDOW } from "../frames/settings.ts";
import { DEFAULT_PRIORITY, readPriority } from "../streams/priority.ts";
import { mayReceive } from "../streams/stream_state.ts";
import type { DataSender } from "./data_sender.ts";
import type { Drain } from "./drain.ts";
import { isNear } from "./early_priorities.ts";
import { EndReason } from "./events.ts";
import { type Link, Role } from "./link.ts";
import type { MessageReader } from "./message_reader.ts";
import type { MessageWriter } from "./message_writer.ts";

/** The length of a PRIORITY frame. */
const PRIORITY_BYTES = 5;
/** What a PING of the owner carries. */
export const PING_MARK: Uint8Array = new TextEncoder().encode("sozuping");

/** Handles the control frames of one connection. */
export class ControlFrames<O> {
  readonly #link: Link<O>;
  readonly #sender: DataSender<O>;
  readonly #drain: Drain<O>;
  readonly #reader: MessageReader<O>;
  readonly #writer: MessageWriter<O>;

  constructor(
    link: Link<O>,
    sender: DataSender<O>,
    drain: Drain<O>,
    reader: MessageReader<O>,
    writer: MessageWriter<O>,
  ) {
    this.#link = link;
    this.#sender = sender;
    this.#drain = drain;
    this.#reader = reader;
    this.#writer = writer;
  }

  /** SETTINGS without ACK came; false when that ended the connection. */
  settings(frame: FrameReader, bytes: Uint8Array): boolean {
    const link = this.#link;
    if (link.tooMuch(link.flood.settings(link.nowMs))) return false;
    const before = link.peer.initialWindow;
    const problem = link.peer.read(bytes, frame.start, frame.end) ||
      this.#resizeWindows(link.peer.initialWindow - before);
    if (problem !== ErrorCode.NO_ERROR) {
      link.fail(problem);
      return false;
    }
    const { unknown } = link.peer;
    if (unknown > 0 && link.tooMuch(link.flood.glitch(unknown, link.nowMs))) return false;
    this.#writer.tableChanged();
    const out = link.control(FrameBytes.SETTINGS_ACK, FrameType.SETTINGS);
    link.output.length = writeSettingsAck(out, link.output.length);
    link.counters.settingsAcknowledged++;
    link.events.settled();
    return true;
  }

  /** PING came. */
  ping(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    if (frame.has(FrameFlag.ACK)) {
      this.#drain.pingAnswered(bytes, frame.start);
      if (PING_MARK.every((byte, i) => bytes[frame.start + i] === byte)) link.events.pong();
      return;
    }
    if (link.tooMuch(link.flood.ping(link.nowMs))) return;
    const out = link.control(FrameBytes.PING, FrameType.PING);
    link.output.length = writePing(out, link.output.length, FrameFlag.ACK, bytes, frame.start);
    link.counters.pingsAnswered++;
  }

  /** GOAWAY came. */
  goaway(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    const last = readUint31(bytes, frame.start);
    const code = readUint32(bytes, frame.start + 4);
    link.counters.goaway(false, code);
    if (link.tooMuch(link.flood.glitch(1, link.nowMs))) return;
    this.#drain.byPeer();
    link.events.goaway(code);
    if (link.role === Role.SERVER) return;
    for (const stream of link.streams.sorted()) {
      // A response that came all the same is none the worse for it.
      if (stream.id <= last || !mayReceive(stream.state)) continue;
      link.end(stream, EndReason.UNPROCESSED, ErrorCode.REFUSED_STREAM);
    }
  }

  /** WINDOW_UPDATE came. */
  windowUpdate(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    const increment = readUint31(bytes, frame.start);
    if (frame.stream === 0) return this.#connectionWindow(increment);
    const stream = link.streams.get(frame.stream);
    if (stream === null) return this.#stray(frame.stream, 2);
    if (increment === 0) {
      link.resetByFault(stream, ErrorCode.PROTOCOL_ERROR);
    } else if (!stream.sendWindow.add(increment)) {
      link.resetByFault(stream, ErrorCode.FLOW_CONTROL_ERROR);
    } else this.#sender.opened(stream);
  }

  /** RST_STREAM came. */
  reset(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    const id = frame.stream;
    const code = readUint32(bytes, frame.start);
    const stream = link.streams.get(id);
    if (stream === null && link.isIdle(id)) return link.fail(ErrorCode.PROTOCOL_ERROR);
    link.counters.reset(false, code);
    const isServer = link.role === Role.SERVER;
    let early = isServer && stream !== null && !stream.headSent;
    if (stream === null) {
      if (link.tooMuch(link.flood.glitch(1, link.nowMs))) return;
      if (isServer && this.#reader.admission.wasRefusedSoftly(id)) {
        early = true;
        link.flood.refusalIgnored();
      }
    } else link.end(stream, EndReason.PEER_RESET, code);
    if (early) link.counters.resetsBeforeResponse++;
    link.tooMuch(link.flood.reset(early, link.nowMs));
  }

  /** PRIORITY came: of no use but for what it does wrong (RFC 9113 section 5.3.2). */
  priority(frame: FrameReader): void {
    const link = this.#link;
    const stream = link.streams.get(frame.stream);
    if (frame.length !== PRIORITY_BYTES) {
      if (stream !== null) link.resetByFault(stream, ErrorCode.FRAME_SIZE_ERROR);
      else this.#tellOfSize(frame.stream);
    } else if (frame.dependency !== frame.stream) {
      return;
    } else if (stream !== null) {
      link.resetByFault(stream, ErrorCode.PROTOCOL_ERROR);
    } else if (link.role === Role.SERVER && isNear(frame.stream, link.highestSeen)) {
      link.fail(ErrorCode.PROTOCOL_ERROR);
    }
  }

  /** A stream that has ended is told as well: its peer may have sent the frame before it knew (RFC 9113 section 6.3). */
  #tellOfSize(id: number): void {
    const link = this.#link;
    if (!link.isIdle(id)) link.writeReset(id, ErrorCode.FRAME_SIZE_ERROR);
    link.tooMuch(link.flood.glitch(1, link.nowMs));
  }

  /** PRIORITY_UPDATE came (RFC 9218 section 7.1). */
  priorityUpdate(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    if (link.role === Role.CLIENT) return link.fail(ErrorCode.PROTOCOL_ERROR);
    const id = readUint31(bytes, frame.start);
    const priority = readPriority(bytes, frame.start + 4, frame.end, DEFAULT_PRIORITY);
    const stream = link.streams.get(id);
    if (stream !== null) this.#sender.prioritise(stream, priority);
    else this.#reader.early.keep(id, priority, link.highestSeen);
  }

  /** PUSH_PROMISE came, which our settings forbid. */
  pushPromise(frame: FrameReader): void {
    const link = this.#link;
    const stream = link.streams.get(frame.stream);
    const isClosed = stream === null ? !link.isIdle(frame.stream) : !mayReceive(stream.state);
    link.fail(isClosed ? ErrorCode.STREAM_CLOSED : ErrorCode.PROTOCOL_ERROR);
  }

  #connectionWindow(increment: number): void {
    const link = this.#link;
    if (increment === 0) return link.fail(ErrorCode.PROTOCOL_ERROR);
    if (link.tooMuch(link.flood.connectionWindowUpdate(link.nowMs))) return;
    if (!this.#sender.window.add(increment)) return link.fail(ErrorCode.FLOW_CONTROL_ERROR);
    this.#sender.connectionOpened();
  }

  /** Something of no use came on a stream that is not live. */
  #stray(id: number, glitches: number): void {
    const link = this.#link;
    if (link.isIdle(id)) return link.fail(ErrorCode.PROTOCOL_ERROR);
    link.tooMuch(link.flood.glitch(glitches, link.nowMs));
  }

  /** The windows of all streams change by `difference`, or none does. */
  #resizeWindows(difference: number): ErrorCode {
    if (difference === 0) return ErrorCode.NO_ERROR;
    const { streams } = this.#link;
    for (const stream of streams) {
      if (stream.sendWindow.available + difference > MAX_WINDOW) {
        return ErrorCode.FLOW_CONTROL_ERROR;
      }
    }
    for (const stream of streams) {
      stream.sendWindow.add(difference);
      if (difference > 0) this.#sender.opened(stream);
    }
    return ErrorCode.NO_ERROR;
  }
}
