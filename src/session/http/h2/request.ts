// One request of an HTTP/2 client on its stream: the client's end of the exchange. Takes in what the
// connection tells of the stream, keeps the deadline of the exchange, and ends it. The order in which
// requests are served is not known here.

import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import type { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import { EndReason } from "../../../protocol/h2/connection/events.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { dropHopByHop } from "../../../protocol/http/hop_by_hop.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import { Reason } from "../../reason.ts";
import type { Timed } from "../../timing/deadline_wheel.ts";
import { endLateAttempt } from "../../upstream/connect.ts";
import { Outcome } from "../account.ts";
import { BodyEnd, type BodySource } from "../body.ts";
import type { ClientConnection } from "../client_connection.ts";
import { closeAccount, openAccount } from "../close_account.ts";
import type { Downstream } from "../downstream.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { endServing } from "../phases/serve.ts";
import { StreamEnd } from "../stream_end.ts";
import type { UpstreamSide } from "../upstream.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { H2Exchange } from "./exchange_pool.ts";
import { sendOwnHead, sendResponseHead } from "./heads.ts";
import { StreamBody } from "./stream_body.ts";
import { type SendingStream, StreamSink } from "./stream_sink.ts";
import type { StreamRoom } from "./stream_room.ts";

const NO_BYTES = new Uint8Array(0);
const TUNNEL_STATUS = 200;

/** The connection that requests came on. */
export interface RequestOwner {
  readonly connection: H2Connection<H2Request>;
  readonly client: ClientConnection;
  readonly room: StreamRoom;
  /** The connection was closed by us. */
  readonly closed: boolean;
  /** Resolves when a write is over, or the connection is. */
  written(): Promise<void>;
  /** A request is over; what it was lent is given back. */
  over(exchange: H2Exchange): void;
}

/** A request whose content has arrived with its head, because there is none. */
const NO_CONTENT: BodySource = {
  ended: BodyEnd.COMPLETE,
  next: () => Promise.resolve(null),
  taken: () => {},
  trailers: null,
};

/** One request and the client's end of its exchange. */
export class H2Request implements Downstream, SendingStream, Timed {
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly record: Exchange;
  readonly exchange: H2Exchange;
  body: BodySource = NO_CONTENT;
  /** The backend's end, while there is one. */
  side: UpstreamSide | null = null;
  /** The backend connection in use, while there is no such end. */
  upstream: Upstream | null = null;
  /** Resolves when the request body is no longer sent: with true when all of it has been. */
  pump: Promise<boolean> | null = null;
  readonly #owner: RequestOwner;
  readonly #stream: H2Stream<H2Request>;
  #upload: StreamBody | null = null;
  #sink: StreamSink | null = null;
  #out: Uint8Array | null = null;
  #begun = false;
  #gone = false;
  #over = false;
  /** Bytes of the request body since the deadline was last put off for them. */
  #progress = 0;

  /** `exchange` is lent by the owner. */
  constructor(
    owner: RequestOwner,
    stream: H2Stream<H2Request>,
    exchange: H2Exchange,
  ) {
    this.#owner = owner;
    this.#stream = stream;
    this.exchange = exchange;
    this.record = exchange.record;
    this.record.begin(owner.client);
  }

  /** Takes the response body. */
  get sink(): StreamSink {
    return this.#sink ??= new StreamSink(this);
  }

  sendPiece(bytes: Uint8Array, ends: boolean): boolean {
    return this.#owner.connection.sendData(this.#stream, bytes, 0, bytes.length, ends);
  }

  sendTrailers(trailers: MessageHead): boolean {
    return this.#owner.connection.sendTrailers(this.#stream, trailers, NO_BYTES, 0, 0);
  }

  noteSent(count: number): void {
    this.record.account.clientOut += count;
  }

  /** A response that has begun breaks off. */
  abort(): void {
    this.reset(ErrorCode.INTERNAL_ERROR);
  }

  /** The piece of the response body that was offered has been taken. */
  sent(): void {
    this.#sink?.sent();
  }

  /** The stream is gone: nothing can be sent any more. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Its head has come, and somebody serves it. */
  get begun(): boolean {
    return this.#begun;
  }

  /** The head breaks a rule; of what is refused without an answer the log tells all the same. */
  refused(): void {
    const { record } = this;
    record.legible = false;
    record.account.counts = true;
    record.account.reason = Reason.MALFORMED_REQUEST;
  }

  /** There is no room for its body. */
  overwhelmed(): void {
    this.record.account.reason = Reason.OUT_OF_BUFFERS;
    this.reset(ErrorCode.ENHANCE_YOUR_CALM);
    this.interrupt(Interruption.CLOSED);
  }

  /** An answer of our own is all that it gets. */
  beginRefusal(): void {
    this.#begun = true;
  }

  /** The head is complete and in order; `ends`: without content. */
  begin(ends: boolean): void {
    this.#begun = true;
    openAccount(this.record);
    if (ends) return;
    const { bodies, bodyBuffers } = this.#owner.room;
    this.#upload = new StreamBody(bodies, bodyBuffers, (count) => this.#release(count));
    this.body = this.#upload;
  }

  /** Part of the body has come; false when there is no room for it. */
  received(bytes: Uint8Array, start: number, end: number, ends: boolean): boolean {
    const { connection } = this.#owner;
    const upload = this.#upload;
    if (upload === null || upload.isCut) connection.release(this.#stream, end - start);
    else if (end > start && !upload.add(bytes, start, end)) return false;
    this.record.account.clientIn += end - start;
    if (ends) upload?.finish(BodyEnd.COMPLETE);
    return true;
  }

  /** The trailer section of the body has come. */
  trailersCame(trailers: MessageHead): void {
    this.record.account.clientIn += trailers.end - trailers.start;
    const { clientHeaders } = this.record.client.listener;
    // Backends may take trailers for header fields.
    const pass = trailers.count > 0 && clientHeaders?.areIn(trailers) !== true;
    this.#upload?.finish(BodyEnd.COMPLETE, pass ? trailers : null);
  }

  /** The stream has ended early. */
  ended(reason: EndReason): void {
    const { account } = this.record;
    this.#gone = true;
    this.#upload?.cut();
    this.#sink?.stop();
    const { outcome } = account;
    if (outcome === Outcome.CUT || outcome === Outcome.SWITCHED) {
      account.streamEnd = streamEndBy(reason);
      this.interrupt(this.#interruptionBy(reason));
    }
  }

  #interruptionBy(reason: EndReason): Interruption {
    switch (reason) {
      case EndReason.IDLE_TIMEOUT:
      case EndReason.WINDOW_STALL:
        return Interruption.TIMEOUT;
      case EndReason.PROTOCOL:
      case EndReason.CONNECTION_ERROR:
        return Interruption.CLIENT_ERROR;
      default:
        return this.#owner.closed || reason === EndReason.DRAIN_DEADLINE
          ? Interruption.CLOSED
          : Interruption.CLIENT_GONE;
    }
  }

  /** Wakes whatever the exchange waits for on the backend's side. */
  interrupt(reason: Interruption): void {
    const { record } = this;
    if (record.interruption === Interruption.NONE) record.interruption = reason;
    record.connecting?.abort();
    this.upstream?.close();
    this.side?.abort();
  }

  arm(delay: number): void {
    this.record.client.worker.wheel.arm(this, delay);
  }

  /** A side has been silent for too long. */
  onDeadline(): void {
    const { record } = this;
    const { listener, worker } = record.client;
    const silence = Math.min(listener.timeouts.front, listener.timeouts.back);
    if (endLateAttempt(record)) return this.arm(silence);
    worker.counters.add(Counter.TIMEOUTS, 1);
    const tooLate = record.interruption !== Interruption.NONE || record.responding;
    // The listener asks for so much of a body in time, and it is the client that has not sent it.
    const slow = listener.uploadMinBytes > 0 && this.#upload?.isAwaited === true;
    this.interrupt(slow ? Interruption.SLOW_CLIENT : Interruption.TIMEOUT);
    if (tooLate) this.reset(ErrorCode.INTERNAL_ERROR);
    else this.arm(silence);
  }

  uploading(running: Promise<boolean>): void {
    this.pump = running;
  }

  /** What still comes is thrown away, so that its credit does not stop other streams. */
  uploadRefused(): void {}

  interim(exchange: Exchange): Promise<void> {
    const { response } = exchange;
    dropHopByHop(response, false);
    const { connection } = this.#owner;
    connection.sendHead(this.#stream, response.status, response, NO_BYTES, 0, 0, false);
    // Heads always find room in the output, and of interim ones there may be any number.
    return connection.isCongested ? this.#owner.written() : DONE;
  }

  head(exchange: Exchange, ends: boolean): Promise<boolean> {
    return Promise.resolve(this.sendHead(exchange, ends));
  }

  /** {@link head} at once. */
  sendHead(exchange: Exchange, ends: boolean): boolean {
    exchange.enter(ExchangePhase.RELAYING);
    const { status } = exchange.response;
    return sendResponseHead(this.#owner, this.#stream, exchange, status, ends);
  }

  /** The backend has agreed to a tunnel; false when the client cannot be told. */
  sendTunnelHead(exchange: Exchange): boolean {
    exchange.enter(ExchangePhase.TUNNEL);
    this.#stream.keepsIdle = true;
    // RFC 8441 section 4: HTTP/2 has no 101.
    return sendResponseHead(this.#owner, this.#stream, exchange, TUNNEL_STATUS, false);
  }

  /**
   * Writes a response that is all here, `bytes[start, end)` being its content, and ends the stream. Resolves
   * when the bytes are no longer needed; false when the client cannot be told.
   */
  respond(bytes: Uint8Array, start: number, end: number): boolean | Promise<boolean> {
    const { record } = this;
    const ends = start === end;
    if (!this.sendHead(record, ends)) return false;
    if (ends) return true;
    if (!this.#owner.connection.sendLast(this.#stream, bytes, start, end)) {
      return this.sink.writeLast(bytes.subarray(start, end));
    }
    record.account.clientOut += end - start;
    return true;
  }

  /** Writes an answer of our own; false when the client cannot be told. */
  async answer(status: AnswerStatus): Promise<boolean> {
    const { record } = this;
    this.arm(record.client.listener.timeouts.front);
    const body = sendOwnHead(this.#owner, this.#stream, record, status);
    if (body === null) return false;
    return body.length === 0 || await this.sink.writeLast(body);
  }

  /** A buffer for the head of the request to a backend, in place of the one before; `null` for none. */
  takeOut(large: boolean): Uint8Array | null {
    this.giveOut();
    this.#out = large ? this.record.client.worker.outBuffers.take() : this.#owner.room.takeOut();
    return this.#out;
  }

  /** The head has been sent, or never will be. */
  giveOut(): void {
    const out = this.#out;
    if (out === null) return;
    this.#out = null;
    if (!this.#owner.room.giveOut(out)) this.record.client.worker.outBuffers.give(out);
  }

  /** Nothing more is read or written for the request. */
  reset(code: ErrorCode): void {
    if (!this.#gone) this.record.account.streamEnd = StreamEnd.RESET;
    this.#gone = true;
    this.#owner.connection.reset(this.#stream, code);
    this.#upload?.cut();
    this.#sink?.stop();
  }

  /** It gets no answer, as its route wants: the stream ends and nothing is wrong with it. */
  dismiss(): void {
    if (this.#gone) return;
    this.reset(ErrorCode.CANCEL);
    this.record.account.streamEnd = StreamEnd.NONE;
  }

  /** Bytes of its tunnel have moved: both sides may be silent for as long as they may again. */
  armTunnel(): void {
    const { front, back } = this.record.client.listener.timeouts;
    this.arm(Math.min(front, back));
  }

  /** Its tunnel has broken: both directions end. */
  cutTunnel(): void {
    this.side?.abort();
    this.#upload?.cut();
    this.#sink?.stop();
  }

  /** The client has its response; whatever more it sends is for nobody. */
  refuseRest(): void {
    this.#upload?.cut();
  }

  /** Hands the account over and gives back everything borrowed. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    const { record } = this;
    const { connection } = this.#owner;
    record.client.worker.wheel.disarm(this);
    const complete = record.account.outcome === Outcome.COMPLETE;
    // RFC 9113 section 8.1: a client that has its response need not send the rest of its request.
    if (complete) connection.reset(this.#stream, ErrorCode.NO_ERROR);
    else if (!this.#gone) this.reset(ErrorCode.INTERNAL_ERROR);
    record.enter(ExchangePhase.DONE);
    closeAccount(record);
    endServing(record);
    this.upstream?.discard();
    this.side?.release(false);
    this.upstream = this.side = null;
    this.giveOut();
    this.#upload?.dispose();
    this.#stream.owner = null;
    this.#owner.over(this.exchange);
  }

  /** So many bytes of the body have been passed on. */
  #release(count: number): void {
    this.#owner.connection.release(this.#stream, count);
    const { listener, worker } = this.record.client;
    this.#progress += count;
    if (this.#progress < listener.uploadMinBytes || this.#over) return;
    this.#progress = 0;
    const { front, back } = listener.timeouts;
    if (this.record.phase >= ExchangePhase.AWAITING) {
      worker.wheel.arm(this, Math.min(front, back));
    }
  }
}

function streamEndBy(reason: EndReason): StreamEnd {
  switch (reason) {
    case EndReason.PEER_RESET:
      return StreamEnd.PEER_RESET;
    case EndReason.PROTOCOL:
      return StreamEnd.RESET;
    case EndReason.IDLE_TIMEOUT:
      return StreamEnd.IDLE_TIMEOUT;
    case EndReason.WINDOW_STALL:
      return StreamEnd.WINDOW_STALL;
    default:
      return StreamEnd.NONE;
  }
}

const DONE = Promise.resolve();
