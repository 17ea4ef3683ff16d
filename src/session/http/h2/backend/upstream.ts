// The end of a relay towards a backend that speaks HTTP/2: one stream on a connection that carries others.

import type { AnswerStatus } from "../../../../answers/answer_set.ts";
import type { Backend } from "../../../../balancing/backend.ts";
import { Counter } from "../../../../observe/metrics/counters.ts";
import { writtenHeadBound } from "../../../../protocol/h1/head_writer.ts";
import { EndReason, type HeadSpace, Part } from "../../../../protocol/h2/connection/events.ts";
import type { H2Stream } from "../../../../protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../../protocol/h2/frames/error_code.ts";
import { MAX_BLOCK_BYTES } from "../../../../protocol/h2/heads/head_encoder.ts";
import { HeaderKind } from "../../../../protocol/http/header_kind.ts";
import { MessageHead } from "../../../../protocol/http/message_head.ts";
import { Reason } from "../../../reason.ts";
import type { SharedUpstreamPool } from "../../../upstream/h2/pool.ts";
import type { SharedUpstream } from "../../../upstream/h2/shared_upstream.ts";
import type { StreamOwner } from "../../../upstream/h2/stream_owner.ts";
import type { StreamSlot } from "../../../upstream/h2/stream_slot.ts";
import { Upstream, type UpstreamOwner } from "../../../upstream/upstream.ts";
import { BodyEnd } from "../../body.ts";
import { type Exchange, Interruption } from "../../exchange.ts";
import { editRequest, requestLinesBound, writeRequestLines } from "../../phases/edit.ts";
import { blame } from "../../phases/failure.ts";
import { Fate, HeadEnd, type TunnelEnd, type UpstreamSide } from "../../upstream.ts";
import { ReceivedHeads } from "./received_heads.ts";
import { StreamBody } from "../stream_body.ts";
import { type SendingStream, StreamSink } from "../stream_sink.ts";
import { StreamBytes } from "./stream_bytes.ts";
import type { StreamRoom } from "../stream_room.ts";
import { switchTo, wantedProtocol } from "./extended_connect.ts";

/** What the backends' ends of a worker share. */
export interface H2UpstreamParts {
  readonly upstreams: SharedUpstreamPool;
  readonly room: StreamRoom;
}

/** The backend's end of one exchange on a stream of HTTP/2. */
export class H2Upstream implements UpstreamSide, StreamOwner, SendingStream {
  readonly body: StreamBody;
  readonly sink = new StreamSink(this);
  readonly reused: boolean;
  /** How far the request came, should it be lost. */
  fate: Fate = Fate.UNSENT;
  readonly #exchange: Exchange;
  readonly #slot: StreamSlot;
  readonly #connection: SharedUpstream;
  readonly #pool: SharedUpstreamPool;
  readonly #heads: ReceivedHeads;
  #stream: H2Stream<StreamOwner> | null = null;
  /** The final head has come. */
  #answered = false;
  /** What came last is no message. */
  #malformed = false;
  /** What the request asks for by extended CONNECT. */
  #protocol: string | null = null;
  /** The stream as a connection, once it is a tunnel. */
  #tunnel: Upstream | null = null;

  constructor(exchange: Exchange, slot: StreamSlot, { upstreams, room }: H2UpstreamParts) {
    this.#exchange = exchange;
    this.#slot = slot;
    this.#connection = slot.connection;
    this.reused = slot.reused;
    this.#heads = new ReceivedHeads(exchange.response);
    this.#pool = upstreams;
    const { bodies, bodyBuffers } = room;
    this.body = new StreamBody(bodies, bodyBuffers, (count) => this.#credit(count));
  }

  get backend(): Backend {
    return this.#connection.backend;
  }

  /** What is left of a stream is reset: its connection goes on. */
  get reusable(): boolean {
    return true;
  }

  prepare(exchange: Exchange): AnswerStatus | 0 {
    const { request } = exchange;
    const protocol = wantedProtocol(request, exchange.tunnels);
    this.#protocol = this.#connection.connectsProtocols ? protocol : null;
    if (exchange.tunnels && this.#protocol === null) {
      return blame(exchange, Reason.UNASKED_UPGRADE, 502);
    }
    editRequest(exchange, this.#protocol !== null);
    const bound = writtenHeadBound(request) + requestLinesBound(exchange);
    // A field takes no more as a literal than as a line; only a cookie is written in crumbs.
    const growth = request.has(HeaderKind.COOKIE) ? 2 : 1.1;
    if (bound * growth > MAX_BLOCK_BYTES) return blame(exchange, Reason.HEAD_TOO_LARGE, 413);
    return 0;
  }

  send(ends: boolean): Promise<boolean> {
    const exchange = this.#exchange;
    const { client, request } = exchange;
    const pool = this.#pool;
    const bound = requestLinesBound(exchange);
    if (pool.lines.length < bound) pool.lines = new Uint8Array(2 * bound);
    const end = writeRequestLines(exchange, pool.lines, 0);
    const tunnels = this.#protocol !== null || exchange.connects;
    const stream = this.#slot.open(
      this,
      request,
      client.listener.protocol,
      pool.lines,
      end,
      ends && !tunnels,
      this.#protocol !== null,
    );
    if (stream === null) {
      this.#heads.fail(HeadEnd.LOST);
      return UNSENT;
    }
    this.#stream = stream;
    this.fate = Fate.UNKNOWN;
    stream.keepsIdle = tunnels;
    this.noteSent(request.end - request.start + end);
    return SENT;
  }

  receiveHead(): Promise<HeadEnd> {
    const protocol = this.#protocol;
    return protocol === null ? this.#heads.next() : this.#receiveSwitch(protocol);
  }

  tunnel(): TunnelEnd | null {
    const { response, client } = this.#exchange;
    const { tunnelBuffers, counters } = client.worker;
    const first = tunnelBuffers.head.take();
    if (first === null) {
      counters.add(Counter.NO_BUFFER, 1);
      return null;
    }
    const { cluster, backend } = this.#connection;
    const stream = new StreamBytes(this.body, this.sink);
    this.#tunnel = new Upstream(stream, cluster, backend, tunnelBuffers, first, NO_OWNER);
    return { connection: this.#tunnel, end: response.end };
  }

  release(_clean: boolean): void {
    this.#reset(ErrorCode.CANCEL);
    this.#lose(HeadEnd.LOST);
    this.#tunnel?.discard();
    this.body.dispose();
  }

  abort(): void {
    const gaveUp = this.#exchange.interruption === Interruption.TIMEOUT && !this.body.arrived;
    this.#reset(ErrorCode.CANCEL);
    this.#lose(HeadEnd.LOST);
    if (gaveUp) this.#connection.doubt();
  }

  space(part: Part): HeadSpace | null {
    if (part === Part.TRAILERS) {
      return { head: new MessageHead(NO_BYTES), bytes: NO_BYTES, at: 0 };
    }
    const space = this.#heads.space();
    // The stream is reset, of which nobody is told.
    if (space === null) this.#lose(HeadEnd.MALFORMED);
    return space;
  }

  interim(head: MessageHead): void {
    this.#noteReceived(head.end - head.start);
    this.#heads.push(head);
  }

  head(head: MessageHead, ends: boolean): void {
    this.#noteReceived(head.end - head.start);
    this.#answered = true;
    if (ends) this.body.finish(BodyEnd.COMPLETE);
    this.#heads.push(head);
  }

  data(bytes: Uint8Array, start: number, end: number, ends: boolean): void {
    this.#noteReceived(end - start);
    if (!this.body.add(bytes, start, end)) return this.#overwhelmed(end - start);
    if (ends) this.body.finish(BodyEnd.COMPLETE);
  }

  trailers(trailers: MessageHead): void {
    this.#noteReceived(trailers.end - trailers.start);
    this.body.finish(BodyEnd.COMPLETE, trailers.count > 0 ? trailers : null);
  }

  sent(): void {
    this.sink.sent();
  }

  malformed(): void {
    this.#malformed = true;
  }

  ended(reason: EndReason, code: number): void {
    const refused = reason === EndReason.PEER_RESET && code === ErrorCode.REFUSED_STREAM;
    const unprocessed = refused || reason === EndReason.UNPROCESSED;
    if (unprocessed && !this.#answered) this.fate = refused ? Fate.REFUSED : Fate.UNPROCESSED;
    const broke = reason === EndReason.LOST || reason === EndReason.CONNECTION_ERROR;
    const wrong = this.#malformed || reason === EndReason.PROTOCOL;
    if (broke || unprocessed) this.#lose(HeadEnd.LOST);
    else this.#lose(wrong ? HeadEnd.MALFORMED : HeadEnd.CUT);
  }

  /** There is no room for what has come of the body, `count` bytes: the response breaks off. */
  #overwhelmed(count: number): void {
    this.#exchange.client.worker.counters.add(Counter.NO_BUFFER, 1);
    // A stream that is over can no longer be reset, which would give them back.
    this.#credit(count);
    this.#reset(ErrorCode.CANCEL);
    this.#lose(HeadEnd.CUT);
    this.body.cut();
  }

  /** What a client of HTTP/1.1 waits for is 101. */
  async #receiveSwitch(protocol: string): Promise<HeadEnd> {
    const end = await this.#heads.next();
    const { request, response } = this.#exchange;
    if (end !== HeadEnd.READ || response.status < 200) return end;
    if (response.status < 300) {
      const switches = await switchTo(protocol, request, response);
      return switches ? HeadEnd.READ : HeadEnd.MALFORMED;
    }
    this.#protocol = null;
    await this.sink.end(null);
    return HeadEnd.READ;
  }

  sendPiece(bytes: Uint8Array, ends: boolean): boolean {
    return this.#stream !== null && this.#connection.send(this.#stream, bytes, ends);
  }

  sendTrailers(trailers: MessageHead): boolean {
    return this.#stream !== null && this.#connection.sendTrailers(this.#stream, trailers);
  }

  /** Nothing more is sent or comes. A response that is complete stays so. */
  #lose(how: HeadEnd): void {
    this.sink.stop();
    this.body.finish(how === HeadEnd.MALFORMED ? BodyEnd.MALFORMED : BodyEnd.CUT);
    this.#heads.fail(how);
  }

  #reset(code: ErrorCode): void {
    if (this.#stream === null) this.#slot.discard();
    else this.#connection.reset(this.#stream, code);
  }

  #credit(count: number): void {
    if (this.#stream !== null) this.#connection.release(this.#stream, count);
  }

  noteSent(count: number): void {
    // A tunnel counts what it moves.
    if (this.#tunnel !== null) return;
    const { account, client } = this.#exchange;
    account.backendOut += count;
    client.worker.counters.add(Counter.BACKEND_BYTES_OUT, count);
  }

  #noteReceived(count: number): void {
    if (this.#tunnel !== null) return;
    const { account, client } = this.#exchange;
    account.backendIn += count;
    client.worker.counters.add(Counter.BACKEND_BYTES_IN, count);
  }
}

/** The tunnel is told of by its exchange. */
const NO_OWNER: UpstreamOwner = { idleEnded: () => {}, closed: () => {} };
const NO_BYTES = new Uint8Array(0);
const SENT = Promise.resolve(true);
const UNSENT = Promise.resolve(false);
