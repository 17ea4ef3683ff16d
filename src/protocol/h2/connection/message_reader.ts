// Makes heads and trailers of HEADERS and CONTINUATION: which stream they are for, whether they may come there,
// and what their header blocks say.

import { HeaderKind } from "../../http/header_kind.ts";
import { Field, type MessageHead } from "../../http/message_head.ts";
import { ErrorCode } from "../frames/error_code.ts";
import { FrameFlag, type FrameReader } from "../frames/frame.ts";
import { HEADER_TABLE_BYTES } from "../frames/settings.ts";
import { HpackDecoder } from "../hpack/hpack_decoder.ts";
import { HeadProblem, isExcess } from "../heads/head_problem.ts";
import type { FieldSection } from "../heads/field_section.ts";
import type { RequestHeadBuilder } from "../heads/request_head_builder.ts";
import { hasNoContent } from "../heads/response_head_builder.ts";
import { readPriority } from "../streams/priority.ts";
import { mayReceive, StreamState } from "../streams/stream_state.ts";
import { Admission, Verdict } from "./admission.ts";
import type { Drain } from "./drain.ts";
import { EarlyPriorities } from "./early_priorities.ts";
import { type HeadSpace, Part } from "./events.ts";
import { BlockKind, HeaderBlock } from "./header_block.ts";
import type { HeadTools } from "./head_tools.ts";
import { type Link, Phase, Role } from "./link.ts";
import { endReceived } from "./body_reader.ts";
import { H2Stream } from "./stream.ts";
import type { StreamGuards } from "./stream_guards.ts";

/** The heads and trailers of the peer on one connection. */
export class MessageReader<O> {
  readonly early = new EarlyPriorities();
  readonly admission: Admission<O>;
  /** Whether `:protocol` is known here. */
  allowsConnectProtocol = false;
  readonly #link: Link<O>;
  readonly #tools: HeadTools;
  readonly #drain: Drain<O>;
  readonly #guards: StreamGuards<O>;
  readonly #decoder = new HpackDecoder(HEADER_TABLE_BYTES);
  readonly #block = new HeaderBlock<O>();

  constructor(
    link: Link<O>,
    tools: HeadTools,
    drain: Drain<O>,
    guards: StreamGuards<O>,
  ) {
    this.#link = link;
    this.#tools = tools;
    this.#drain = drain;
    this.#guards = guards;
    this.admission = new Admission(link);
  }

  /** The stream of a header block that is not complete; 0 for none. */
  get openBlock(): number {
    return this.#block.id;
  }

  /** The stream of an incomplete block that would open it; 0 for none. */
  get openRequest(): number {
    return this.#block.kind === BlockKind.REQUEST ? this.#block.id : 0;
  }

  /** The rest of an open block will never come. */
  abandonBlock(): void {
    this.#block.end();
  }

  /** HEADERS came. */
  headers(frame: FrameReader, bytes: Uint8Array): void {
    const link = this.#link;
    const id = frame.stream;
    let stream = link.streams.get(id);
    let kind: BlockKind = BlockKind.DISCARDED;
    if (stream === null) {
      if (this.#opens(id)) {
        stream = this.#open(id);
        kind = BlockKind.REQUEST;
      }
    } else kind = this.#kindFor(stream, frame);
    if (link.phase !== Phase.OPEN) return;
    if (kind !== BlockKind.DISCARDED && stream !== null && frame.dependency === id) {
      // Its block is decoded all the same.
      if (link.resetByFault(stream, ErrorCode.PROTOCOL_ERROR)) return;
    }
    this.#block.begin(id, kind, stream, frame.has(FrameFlag.END_STREAM));
    if (frame.has(FrameFlag.END_HEADERS)) {
      this.#complete(bytes, frame.start, frame.end);
    } else this.#keep(frame, bytes);
  }

  /** CONTINUATION came on the stream of the open block. */
  continuation(frame: FrameReader, bytes: Uint8Array): void {
    const block = this.#block;
    block.continuations++;
    if (!this.#keep(frame, bytes)) return;
    if (frame.has(FrameFlag.END_HEADERS)) this.#complete(block.bytes, 0, block.length);
  }

  /** Whether HEADERS on stream `id`, which is not live, open it; otherwise they are ignored or an error. */
  #opens(id: number): boolean {
    const link = this.#link;
    switch (this.admission.judge(id, this.#drain.isClosing)) {
      case Verdict.OPEN:
        return true;
      case Verdict.IGNORE:
        if (!link.ended.takeBlock(id)) link.tooMuch(link.flood.glitch(1, link.nowMs));
        return false;
      case Verdict.REFUSE:
        return false;
      case Verdict.BAD_ID:
        link.fail(ErrorCode.PROTOCOL_ERROR);
        return false;
      case Verdict.CLOSED:
        link.fail(ErrorCode.STREAM_CLOSED);
        return false;
    }
  }

  #open(id: number): H2Stream<O> {
    const link = this.#link;
    const stream = new H2Stream<O>(id, link.peer.initialWindow, link.nowMs);
    const priority = this.early.take(id);
    if (priority >= 0) stream.priority = priority;
    link.streams.add(stream);
    this.#guards.opened();
    return stream;
  }

  /** What HEADERS on a live stream are. */
  #kindFor(stream: H2Stream<O>, frame: FrameReader): BlockKind {
    const link = this.#link;
    if (!mayReceive(stream.state)) {
      link.resetByFault(stream, ErrorCode.STREAM_CLOSED);
      return BlockKind.DISCARDED;
    }
    if (link.role === Role.CLIENT && !stream.headReceived) return BlockKind.RESPONSE;
    if (frame.has(FrameFlag.END_STREAM)) return BlockKind.TRAILERS;
    link.resetByFault(stream, ErrorCode.PROTOCOL_ERROR);
    return BlockKind.DISCARDED;
  }

  /** Keeps a piece of a block; false when that ended the connection. */
  #keep(frame: FrameReader, bytes: Uint8Array): boolean {
    const link = this.#link;
    const block = this.#block;
    const size = block.length + frame.end - frame.start;
    if (link.tooMuch(link.flood.headerBlock(block.continuations, size))) return false;
    block.add(bytes, frame.start, frame.end);
    return true;
  }

  /** The whole block is `bytes[start, end)`. */
  #complete(bytes: Uint8Array, start: number, end: number): void {
    const { kind, stream, endsStream } = this.#block;
    this.#block.end();
    if (kind === BlockKind.DISCARDED || stream === null || stream.state === StreamState.CLOSED) {
      return this.#discard(bytes, start, end);
    }
    stream.announced = true;
    stream.activeMs = this.#link.nowMs;
    const part = kind === BlockKind.TRAILERS ? Part.TRAILERS : Part.HEAD;
    const space = this.#link.events.space(stream, part);
    if (space === null) this.#refuse(stream, kind);
    if (space === null || (stream.state as StreamState) === StreamState.CLOSED) {
      return this.#discard(bytes, start, end);
    }
    if (kind === BlockKind.REQUEST) this.#request(stream, space, bytes, start, end, endsStream);
    else if (kind === BlockKind.RESPONSE) {
      this.#response(stream, space, bytes, start, end, endsStream);
    } else this.#trailers(stream, space, bytes, start, end);
  }

  #discard(bytes: Uint8Array, start: number, end: number): void {
    const link = this.#link;
    const { discarded } = this.#tools;
    discarded.fieldsCome = 0;
    if (!this.#decoder.decode(bytes, start, end, discarded)) {
      return link.fail(ErrorCode.COMPRESSION_ERROR);
    }
    this.#chargeOversize(discarded.fieldsCome, false);
  }

  /** What a block costs that was larger than it may be, since it is taken apart to its end all the same. */
  #chargeOversize(fields: number, excess: boolean): void {
    const link = this.#link;
    const { maxHeaderFields } = link.limits;
    const times = fields > maxHeaderFields ? Math.floor(fields / maxHeaderFields) : Number(excess);
    if (times > 0 && link.phase === Phase.OPEN) {
      link.tooMuch(link.flood.oversized(times, link.nowMs));
    }
  }

  /** The owner has no room for a message. */
  #refuse(stream: H2Stream<O>, kind: BlockKind): void {
    if (kind === BlockKind.REQUEST) this.admission.takeBack();
    const isNew = kind === BlockKind.REQUEST;
    this.#link.reset(stream, isNew ? ErrorCode.REFUSED_STREAM : ErrorCode.INTERNAL_ERROR);
  }

  #request(
    stream: H2Stream<O>,
    space: HeadSpace,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    const link = this.#link;
    const builder = this.#tools.request;
    builder.connectProtocol = this.allowsConnectProtocol;
    builder.begin(space.head, space.bytes, space.at, link.limits);
    stream.state = StreamState.OPEN;
    if (!this.#decoder.decode(bytes, start, end, builder)) {
      return link.fail(ErrorCode.COMPRESSION_ERROR);
    }
    const isSound = builder.finish(ends);
    if (ends) endReceived(link, stream);
    if (!isSound) return this.#malformed(stream, builder, builder);
    this.#prioritise(stream, space.head);
    stream.expect(space.head, false);
    link.events.head(stream, space.head, ends);
  }

  #response(
    stream: H2Stream<O>,
    space: HeadSpace,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    const link = this.#link;
    const builder = this.#tools.response;
    builder.toHead = stream.toHead;
    builder.begin(space.head, space.bytes, space.at, link.limits);
    if (!this.#decoder.decode(bytes, start, end, builder)) {
      return link.fail(ErrorCode.COMPRESSION_ERROR);
    }
    if (!builder.finish(ends)) return this.#malformed(stream, builder, null);
    const { status } = space.head;
    if (status < 200) return link.events.interim(stream, space.head);
    stream.expect(space.head, stream.toHead || hasNoContent(status));
    if (ends) endReceived(link, stream);
    link.events.head(stream, space.head, ends);
  }

  #trailers(
    stream: H2Stream<O>,
    space: HeadSpace,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const link = this.#link;
    const builder = this.#tools.trailers;
    const ofRequest = link.role === Role.SERVER;
    builder.beginTrailers(space.head, space.bytes, space.at, link.limits, ofRequest);
    if (!this.#decoder.decode(bytes, start, end, builder)) {
      return link.fail(ErrorCode.COMPRESSION_ERROR);
    }
    link.counters.spoofableTrailers += builder.spoofable;
    link.counters.forbiddenTrailers += builder.forbidden;
    if (!builder.finish()) return this.#malformed(stream, builder, null);
    if (!stream.isComplete) return this.#refuseMessage(stream, HeadProblem.BODY_LENGTH, null);
    endReceived(link, stream);
    link.events.trailers(stream, space.head);
  }

  #malformed(
    stream: H2Stream<O>,
    section: FieldSection,
    request: RequestHeadBuilder | null,
  ): void {
    const { problem, fieldsCome } = section;
    this.#refuseMessage(stream, problem, request);
    this.#chargeOversize(fieldsCome, isExcess(problem));
  }

  #refuseMessage(
    stream: H2Stream<O>,
    problem: HeadProblem,
    request: RequestHeadBuilder | null,
  ): void {
    const link = this.#link;
    link.counters.rejectedHeads[problem] = (link.counters.rejectedHeads[problem] as number) + 1;
    link.events.malformed(stream, problem, request);
    if (problem === HeadProblem.AUTHORITY || stream.state === StreamState.CLOSED) return;
    const excess = isExcess(problem);
    link.resetByFault(stream, excess ? ErrorCode.ENHANCE_YOUR_CALM : ErrorCode.PROTOCOL_ERROR);
  }

  /** The priority that the request asks for, which is newer than one that came before it. */
  #prioritise(stream: H2Stream<O>, head: MessageHead): void {
    const field = head.lastOf(HeaderKind.PRIORITY);
    if (field < 0) return;
    const start = head.at(field, Field.VALUE_START);
    stream.priority = readPriority(head.bytes, start, head.at(field, Field.VALUE_END));
  }
}
