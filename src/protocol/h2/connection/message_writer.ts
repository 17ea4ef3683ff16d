// Sends heads and trailers: header blocks in HEADERS and CONTINUATION frames, in the order in which they were
// encoded, for that is the order in which the peer's table changes.

import { copyBytes } from "../../../bytes/ascii.ts";
import { isHead } from "../../http/method.ts";
import type { MessageHead } from "../../http/message_head.ts";
import { ErrorCode } from "../frames/error_code.ts";
import { FRAME_HEADER_BYTES, FrameFlag, FrameType } from "../frames/frame.ts";
import { writeFrameHeader } from "../frames/frame_writer.ts";
import { BLOCK_TOO_LARGE, HeadEncoder } from "../heads/head_encoder.ts";
import { MAX_STREAM_ID, maySend, StreamState } from "../streams/stream_state.ts";
import { type DataSender, endSent } from "./data_sender.ts";
import type { Drain } from "./drain.ts";
import type { HeadTools } from "./head_tools.ts";
import { type Link, Phase } from "./link.ts";
import { H2Stream } from "./stream.ts";
import type { StreamGuards } from "./stream_guards.ts";

/** RFC 9113 section 8.6: no such response exists here. */
const SWITCHING_PROTOCOLS = 101;

const NO_BYTES = new Uint8Array(0);

/** The messages of ours on one connection. */
export class MessageWriter<O> {
  readonly #link: Link<O>;
  readonly #sender: DataSender<O>;
  readonly #drain: Drain<O>;
  readonly #guards: StreamGuards<O>;
  readonly #encoder: HeadEncoder;

  constructor(
    link: Link<O>,
    tools: HeadTools,
    sender: DataSender<O>,
    drain: Drain<O>,
    guards: StreamGuards<O>,
  ) {
    this.#link = link;
    this.#sender = sender;
    this.#drain = drain;
    this.#guards = guards;
    this.#encoder = new HeadEncoder(tools.room);
  }

  /** The peer's table has another size. */
  tableChanged(): void {
    const { peer, limits } = this.#link;
    this.#encoder.allowTable(Math.min(peer.smallestTableSize, limits.maxHeaderTableSize));
    this.#encoder.allowTable(Math.min(peer.headerTableSize, limits.maxHeaderTableSize));
  }

  /** Every field that is sent from now on may hold a secret. */
  neverIndex(): void {
    this.#encoder.neverIndex();
  }

  /** Whether a client may open one more stream. */
  get mayOpen(): boolean {
    const link = this.#link;
    return link.phase === Phase.OPEN && !this.#drain.isUnderWay &&
      link.streams.size < link.peer.maxConcurrentStreams;
  }

  /** Opens a stream; `null` when none may be opened, or when the head is too large. */
  open(
    owner: O,
    head: MessageHead,
    scheme: "http" | "https",
    lines: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
    tunnels: boolean,
  ): H2Stream<O> | null {
    const link = this.#link;
    if (!this.mayOpen) return null;
    const length = this.#encoder.request(head, scheme, lines, start, end, tunnels);
    if (length === BLOCK_TOO_LARGE) {
      link.counters.headsOverBudget++;
      return null;
    }
    const stream = new H2Stream<O>(link.nextId, link.peer.initialWindow, link.nowMs);
    link.nextId += 2;
    stream.owner = owner;
    stream.announced = stream.headSent = true;
    stream.toHead = isHead(head);
    stream.state = StreamState.OPEN;
    stream.keepsIdle = tunnels;
    link.streams.add(stream);
    link.flood.answered();
    this.#guards.opened();
    this.#write(stream, length, ends);
    if (link.nextId > MAX_STREAM_ID) this.#drain.outOfIds();
    return stream;
  }

  /** Sends a head. False when the stream cannot send one, or was reset because the head is too large. */
  response(
    stream: H2Stream<O>,
    status: number,
    head: MessageHead | null,
    lines: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): boolean {
    if (!maySend(stream.state)) return false;
    if (stream.headSent) throw new Error("A stream has one final head");
    if (status === SWITCHING_PROTOCOLS) return this.#giveUp(stream);
    const length = this.#encoder.response(status, head, lines, start, end);
    if (length === BLOCK_TOO_LARGE) return this.#overBudget(stream);
    stream.headSent = status >= 200;
    this.#write(stream, length, ends && stream.headSent);
    return true;
  }

  /** Sends trailers, which end the stream; without any field, an empty frame does. */
  trailers(
    stream: H2Stream<O>,
    head: MessageHead | null,
    lines: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    if (!maySend(stream.state)) return false;
    if (stream.offered || !stream.headSent) {
      throw new Error("Trailers come behind a head and all DATA");
    }
    const length = this.#encoder.trailers(head, lines, start, end);
    if (length === BLOCK_TOO_LARGE) return this.#overBudget(stream);
    if (this.#encoder.isEmpty) {
      // The block may hold changes of the table's size, which are told again by the next one.
      this.#encoder.forget();
      return this.#sender.offer(stream, NO_BYTES, 0, 0, true);
    }
    this.#write(stream, length, true);
    return true;
  }

  #overBudget(stream: H2Stream<O>): boolean {
    this.#link.counters.headsOverBudget++;
    return this.#giveUp(stream);
  }

  #giveUp(stream: H2Stream<O>): boolean {
    this.#link.reset(stream, ErrorCode.INTERNAL_ERROR);
    return false;
  }

  /** Writes the block of `length` bytes that was encoded last. */
  #write(stream: H2Stream<O>, length: number, ends: boolean): void {
    const link = this.#link;
    const { output } = link;
    const most = link.peer.maxFrameSize;
    output.reserve(length + FRAME_HEADER_BYTES * (1 + Math.floor(length / most)));
    let type: number = FrameType.HEADERS;
    let flags: number = ends ? FrameFlag.END_STREAM : 0;
    for (let from = 0; from < length || type === FrameType.HEADERS;) {
      const to = Math.min(length, from + most);
      if (to === length) flags |= FrameFlag.END_HEADERS;
      const out = output.bytes;
      const at = writeFrameHeader(out, output.length, to - from, type, flags, stream.id);
      output.length = copyBytes(this.#encoder.block, from, to, out, at);
      link.counters.frame(true, type);
      from = to;
      type = FrameType.CONTINUATION;
      flags = 0;
    }
    stream.activeMs = link.nowMs;
    link.wake();
    if (ends) endSent(link, stream);
  }
}
