// The end of a relay towards a client that speaks HTTP/1.1.

import { BodyFraming } from "../../../../protocol/http/message_head.ts";
import { BodyEnd, type BodySink, type BodySource } from "../../body.ts";
import type { Downstream } from "../../downstream.ts";
import { type Exchange, ExchangePhase, Interruption } from "../../exchange.ts";
import { H1BodySink, type Outgoing } from "./body_sink.ts";
import { type Arriving, H1BodySource } from "./body_source.ts";
import type { H1Exchange } from "../exchange.ts";
import { mustDechunk, writeInterim, writeResponse } from "../heads.ts";
import { rearm, receiveBody } from "../request_body.ts";
import { releaseHead } from "../release_head.ts";
import type { HttpSession } from "../session.ts";

/** The client's end of one exchange on a session of HTTP/1.1. */
export class H1Downstream implements Downstream, Arriving, Outgoing {
  readonly body: BodySource;
  sink: BodySink;
  readonly #exchange: H1Exchange;
  readonly #session: HttpSession;
  /** Body bytes since the deadline was last put off for them. */
  #progress = 0;

  /** The head of the request has been taken in. */
  constructor(exchange: H1Exchange, session: HttpSession) {
    this.#exchange = exchange;
    this.#session = session;
    this.body = new H1BodySource(exchange.requestBody, this);
    this.sink = new H1BodySink(this, false);
  }

  arm(delay: number): void {
    this.#session.arm(delay);
  }

  get received() {
    return this.#session.input;
  }

  async more(): Promise<boolean> {
    const { input } = this.#session;
    releaseHead(this.#exchange.record, input);
    if (await receiveBody(this.#session)) return !this.#exchange.over;
    this.#exchange.clientFailed();
    return false;
  }

  used(count: number): void {
    const exchange = this.#exchange;
    const { account, client } = exchange.record;
    account.clientIn += count;
    this.#progress += count;
    const { done } = exchange.requestBody;
    if (this.#progress < client.listener.uploadMinBytes && !done) return;
    rearm(exchange, this.#session);
    this.#progress = 0;
  }

  failed(how: BodyEnd): void {
    if (how === BodyEnd.MALFORMED) this.#exchange.interrupt(Interruption.CLIENT_ERROR);
  }

  uploading(running: Promise<boolean>): void {
    const exchange = this.#exchange;
    exchange.pumping = true;
    this.#session.watchSoon();
    exchange.pump = running.then((sent) => {
      exchange.pumping = false;
      return exchange.sentWhole = sent && !exchange.discarding;
    });
  }

  uploadRefused(): void {
    this.#exchange.refuseBody();
  }

  async interim(exchange: Exchange): Promise<void> {
    // RFC 9110 section 15.2: an HTTP/1.0 client must not be sent an interim response.
    const { out } = this.#exchange;
    if (exchange.request.version === 10 || out === null) return;
    const end = writeInterim(exchange, out);
    if (end > 0) await this.#session.write(out.subarray(0, end));
  }

  async head(record: Exchange, _ends: boolean): Promise<boolean> {
    const exchange = this.#exchange;
    const { framing, status } = record.response;
    const out = exchange.out;
    if (out === null) return false;
    exchange.dechunks = mustDechunk(record);
    if (exchange.dechunks || framing === BodyFraming.UNTIL_CLOSE) exchange.persists = false;
    // An early answer: when the rest of the body will have come, nobody knows.
    if (!exchange.requestBody.done) exchange.persists = false;
    const end = writeResponse(record, exchange, out);
    if (end < 0) return false;
    record.enter(ExchangePhase.RELAYING);
    record.account.status = status;
    const chunks = framing === BodyFraming.CHUNKED && !exchange.dechunks;
    this.sink = new H1BodySink(this, chunks);
    await this.#session.write(out.subarray(0, end));
    return true;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    await this.#session.write(bytes);
    return true;
  }

  trailersDropped(): void {
    const { client, response } = this.#exchange.record;
    const { h2Counters } = client.worker;
    if (response.framing === BodyFraming.NONE) h2Counters.trailersWithoutBody++;
    else if (response.framing === BodyFraming.LENGTH) h2Counters.trailersBehindLength++;
  }

  /** Nothing but the end of the connection tells a client of HTTP/1.1 that a response is not complete. */
  abort(): void {
    this.#session.close();
  }
}
