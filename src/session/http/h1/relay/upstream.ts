// The end of a relay towards a backend that speaks HTTP/1.1.

import type { AnswerStatus } from "../../../../answers/answer_set.ts";
import type { Backend } from "../../../../balancing/backend.ts";
import { Counter } from "../../../../observe/metrics/counters.ts";
import { BodyReader } from "../../../../protocol/h1/body_reader.ts";
import { ReadStatus } from "../../../../protocol/h1/field_reader.ts";
import { responseHeadReader } from "../../../../protocol/h1/head_reader.ts";
import { responsePersists } from "../../../../protocol/h1/response_rules.ts";
import { payloadRoom } from "../../../../protocol/h2/frames/frame.ts";
import { BodyFraming } from "../../../../protocol/http/message_head.ts";
import { offeredUpgrade } from "../../../../protocol/http/upgrade.ts";
import { isDefect } from "../../../defect.ts";
import { Reason } from "../../../reason.ts";
import type { Upstream } from "../../../upstream/upstream.ts";
import { writeRest } from "../../../write_rest.ts";
import { BodyEnd, type BodySink, type BodySource } from "../../body.ts";
import type { Exchange } from "../../exchange.ts";
import type { Timer } from "../../../upstream/connect.ts";
import { blame } from "../../phases/failure.ts";
import { Fate, HeadEnd, type TunnelEnd, type UpstreamSide } from "../../upstream.ts";
import { H1BodySink, type Outgoing } from "./body_sink.ts";
import { type Arriving, H1BodySource, type Received } from "./body_source.ts";
import { writeRequest } from "../heads.ts";

/** The backend's end of one exchange on a connection of HTTP/1.1. */
export class H1Upstream implements UpstreamSide, Arriving, Outgoing {
  readonly fate = Fate.UNKNOWN;
  sink: BodySink;
  readonly body: BodySource;
  readonly received: ReceivedFromBackend;
  readonly #exchange: Exchange;
  readonly #connection: Upstream;
  readonly #timer: Timer;
  readonly #reader;
  readonly #response = new BodyReader();
  /** Where the head is assembled, until it has been sent. */
  #out: Uint8Array | null;
  #outEnd = 0;
  /** `out` is not ours. */
  readonly #lent: boolean;
  /** The head of the request could not be sent. */
  #lost = false;
  /** A read has brought something. */
  #heard = false;
  /** A read has failed: the backend has not ended its side, but broken the connection. */
  broken = false;
  /** The backend has been sent all of the request. */
  #sent = false;

  /**
   * `timer` has the deadline for each read; `out` is lent for the head of the request, without it a buffer
   * is taken while one is needed.
   */
  constructor(
    exchange: Exchange,
    connection: Upstream,
    timer: Timer,
    out: Uint8Array | null = null,
  ) {
    this.#out = out;
    this.#lent = out !== null;
    this.#exchange = exchange;
    this.#connection = connection;
    this.#timer = timer;
    this.#reader = responseHeadReader(exchange.response);
    this.received = new ReceivedFromBackend(connection);
    this.sink = new H1BodySink(this, false);
    this.body = new H1BodySource(this.#response, this);
  }

  /**
   * All of the request has been sent on another way, and the first `count` bytes of what came back lie in the
   * buffer of the connection.
   */
  resume(count: number): void {
    this.#sent = this.#heard = true;
    this.received.end = count;
  }

  get backend(): Backend {
    return this.#connection.backend;
  }

  get reused(): boolean {
    return this.#connection.reused;
  }

  prepare(exchange: Exchange): AnswerStatus | 0 {
    const { worker } = exchange.client;
    const out = this.#out ??= worker.outBuffers.take();
    if (out === null) {
      worker.counters.add(Counter.NO_BUFFER, 1);
      return blame(exchange, Reason.OUT_OF_BUFFERS, 503);
    }
    const { request } = exchange;
    const upgrade = exchange.connects ? null : offeredUpgrade(request);
    this.#outEnd = writeRequest(exchange, upgrade, out);
    if (this.#outEnd < 0) return blame(exchange, Reason.HEAD_TOO_LARGE, 413);
    this.sink = new H1BodySink(this, request.framing === BodyFraming.CHUNKED);
    return 0;
  }

  async send(ends: boolean): Promise<boolean> {
    const out = this.#out;
    if (out === null || !(await this.write(out.subarray(0, this.#outEnd)))) this.#lost = true;
    else if (ends) this.ended();
    // Requests that wait for their answers would each pin a buffer.
    this.#giveOut();
    return true;
  }

  async receiveHead(): Promise<HeadEnd> {
    if (this.#lost) return HeadEnd.LOST;
    const { received } = this;
    const { response, toHead } = this.#exchange;
    const reader = this.#reader;
    received.moveToFront();
    response.toHead = toHead;
    reader.begin(received.bytes, 0);
    let status: ReadStatus = received.end > 0 ? reader.read(received.end) : ReadStatus.MORE;
    while (status === ReadStatus.MORE) {
      const { end } = received;
      if (end === received.bytes.length) return HeadEnd.CUT;
      if (this.#heard) this.#timer.arm(this.#silence());
      if (!(await this.#read(end))) return this.#heard ? HeadEnd.CUT : HeadEnd.LOST;
      status = reader.read(received.end);
    }
    if (status === ReadStatus.BAD) return HeadEnd.MALFORMED;
    received.start = response.end;
    this.#response.begin(response);
    return HeadEnd.READ;
  }

  async more(): Promise<boolean> {
    const { received } = this;
    const full = received.end >= payloadRoom(received.bytes.length);
    received.start = received.end = 0;
    if (full) {
      this.#connection.growForBody();
      const turn = this.#exchange.client.worker.bulkTurns.take();
      if (turn !== null) await turn;
    }
    // As much as an output of HTTP/2 of the same size holds: of more than that a scrap would be left, which is a
    // write of its own.
    return await this.#read(0, payloadRoom(received.bytes.length));
  }

  tunnel(): TunnelEnd {
    return { connection: this.#connection, end: this.received.end };
  }

  get reusable(): boolean {
    const { request, response, connects } = this.#exchange;
    const { received } = this;
    return request.version === 11 && !connects && this.body.ended === BodyEnd.COMPLETE &&
      responsePersists(response) && received.start === received.end;
  }

  release(clean: boolean): void {
    this.#giveOut();
    if (clean && this.reusable && this.#sent) {
      this.#exchange.client.worker.upstreams.give(this.#connection);
    } else this.#connection.discard();
  }

  abort(): void {
    this.#connection.close();
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    const { stream } = this.#connection;
    try {
      const written = await stream.write(bytes);
      if (written < bytes.length) await writeRest(stream, bytes, written, bytes.length);
    } catch (error) {
      if (isDefect(error)) throw error;
      return false;
    }
    const { account, client } = this.#exchange;
    client.worker.counters.add(Counter.BACKEND_BYTES_OUT, bytes.length);
    account.backendOut += bytes.length;
    return true;
  }

  ended(): void {
    this.#sent = true;
  }

  trailersDropped(): void {
    this.#exchange.client.worker.h2Counters.trailersBehindLength++;
  }

  async #read(at: number, end?: number): Promise<boolean> {
    const connection = this.#connection;
    let count: number;
    try {
      count = connection.accept(await connection.read(at, end));
    } catch (error) {
      if (isDefect(error)) throw error;
      this.broken = true;
      return false;
    }
    if (count === 0) return false;
    const { account, client } = this.#exchange;
    account.backendIn += count;
    client.worker.counters.add(Counter.BACKEND_BYTES_IN, count);
    this.#heard = true;
    this.received.end = at + count;
    return true;
  }

  /** Whichever side is silent for too long, in milliseconds. */
  #silence(): number {
    const { front, back } = this.#exchange.client.listener.timeouts;
    return Math.min(front, back);
  }

  #giveOut(): void {
    if (this.#out === null) return;
    if (!this.#lent) this.#exchange.client.worker.outBuffers.give(this.#out);
    this.#out = null;
  }
}

/** What lies in the buffer of a backend connection. */
class ReceivedFromBackend implements Received {
  start = 0;
  end = 0;
  readonly #connection: Upstream;

  constructor(connection: Upstream) {
    this.#connection = connection;
  }

  get bytes(): Uint8Array {
    return this.#connection.bytes;
  }

  moveToFront(): void {
    if (this.start > 0) this.bytes.copyWithin(0, this.start, this.end);
    this.end -= this.start;
    this.start = 0;
  }
}
