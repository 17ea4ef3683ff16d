// Both ends of a relay without streams: what a client sends and a backend answers is scripted, what reaches
// them is kept.

import { asciiBytes, asciiText } from "../../../src/bytes/ascii.ts";
import { MessageHead } from "../../../src/protocol/http/message_head.ts";
import type { AnswerStatus } from "../../../src/answers/answer_set.ts";
import type { Backend } from "../../../src/balancing/backend.ts";
import { BodyEnd, type BodySink, type BodySource } from "../../../src/session/http/body.ts";
import type { Downstream } from "../../../src/session/http/downstream.ts";
import { type Exchange, ExchangePhase } from "../../../src/session/http/exchange.ts";
import { Fate, HeadEnd, type UpstreamSide } from "../../../src/session/http/upstream.ts";
import { respond } from "./exchanges.ts";

/** A body that the test feeds; it counts what it was given credit for. */
export class FedBody implements BodySource {
  ended: BodyEnd = BodyEnd.OPEN;
  trailers: MessageHead | null = null;
  /** Bytes handed out, and bytes given credit for. */
  handedOut = 0;
  credit = 0;
  readonly #pieces: (Uint8Array | BodyEnd | Error)[] = [];
  #waiting: (() => void) | null = null;

  /** A piece, how the body ends, or the error with which its connection breaks. */
  feed(...items: (string | BodyEnd | Error)[]): this {
    for (const item of items) this.#pieces.push(typeof item === "string" ? asciiBytes(item) : item);
    this.#waiting?.();
    return this;
  }

  /** Nothing is left to be handed out. */
  get waited(): boolean {
    return this.#waiting !== null;
  }

  async next(): Promise<Uint8Array | null> {
    if (this.ended !== BodyEnd.OPEN) return null;
    if (this.handedOut !== this.credit) throw new TypeError("a piece is still in use");
    while (this.#pieces.length === 0) {
      await new Promise<void>((resolve) => this.#waiting = resolve);
      this.#waiting = null;
    }
    const item = this.#pieces.shift() as Uint8Array | BodyEnd | Error;
    if (item instanceof Error) throw item;
    if (typeof item === "number") {
      this.ended = item;
      return null;
    }
    this.handedOut += item.length;
    return item;
  }

  taken(count: number): void {
    this.credit += count;
  }
}

/** A sink that keeps what it takes, and takes it when the test lets it. */
export class KeptBody implements BodySink {
  text = "";
  complete = false;
  aborted = false;
  trailers: MessageHead | null = null;
  /** Takes nothing any more. */
  refuses = false;
  /** Breaks with the next write. */
  breaks: Error | null = null;
  #gate: PromiseWithResolvers<void> | null = null;

  /** Lets writes wait until {@link open}. */
  shut(): void {
    this.#gate = Promise.withResolvers();
  }

  open(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  async write(bytes: Uint8Array): Promise<boolean> {
    if (this.#gate !== null) await this.#gate.promise;
    if (this.breaks !== null) throw this.breaks;
    if (this.refuses) return false;
    this.text += asciiText(bytes, 0, bytes.length);
    return true;
  }

  end(trailers: MessageHead | null): Promise<boolean> {
    this.trailers = trailers;
    this.complete = !this.refuses;
    return Promise.resolve(this.complete);
  }

  abort(): void {
    this.aborted = true;
  }
}

/** A client. */
export class FakeDownstream implements Downstream {
  readonly body = new FedBody();
  readonly sink = new KeptBody();
  /** Status codes of the heads it was sent. */
  readonly heads: number[] = [];
  /** The last head came with the end of the response. */
  headEnds = false;
  armed = 0;
  upload: Promise<boolean> | null = null;
  refused = false;
  /** The head of the response does not fit. */
  tooSmall = false;

  arm(_delay: number): void {
    this.armed++;
  }

  uploading(running: Promise<boolean>): void {
    this.upload = running;
  }

  uploadRefused(): void {
    this.refused = true;
  }

  interim({ response }: Exchange): Promise<void> {
    this.heads.push(response.status);
    return Promise.resolve();
  }

  head(exchange: Exchange, ends: boolean): Promise<boolean> {
    if (this.tooSmall) return Promise.resolve(false);
    exchange.enter(ExchangePhase.RELAYING);
    exchange.account.status = exchange.response.status;
    this.heads.push(exchange.response.status);
    this.headEnds = ends;
    return Promise.resolve(true);
  }
}

/** A backend. Heads are given as text without their empty line, or as how waiting for one ends. */
export class FakeUpstream implements UpstreamSide {
  readonly body = new FedBody();
  readonly sink = new KeptBody();
  readonly fate = Fate.UNKNOWN;
  readonly reused = false;
  readonly reusable = true;
  readonly backend: Backend;
  refusal: AnswerStatus | 0 = 0;
  sent = false;
  sentEnds = false;
  released: boolean | null = null;
  aborted = false;
  readonly #exchange: Exchange;
  readonly #heads: (string | HeadEnd)[] = [];
  #waiting: (() => void) | null = null;

  constructor(exchange: Exchange, backend: Backend) {
    this.#exchange = exchange;
    this.backend = backend;
  }

  answer(...heads: (string | HeadEnd)[]): this {
    this.#heads.push(...heads);
    this.#waiting?.();
    return this;
  }

  prepare(_exchange: Exchange): AnswerStatus | 0 {
    return this.refusal;
  }

  tunnel(): null {
    return null;
  }

  send(ends: boolean): Promise<boolean> {
    this.sent = true;
    this.sentEnds = ends;
    return Promise.resolve(true);
  }

  async receiveHead(): Promise<HeadEnd> {
    while (this.#heads.length === 0) {
      await new Promise<void>((resolve) => this.#waiting = resolve);
    }
    const head = this.#heads.shift() as string | HeadEnd;
    if (typeof head === "number") return head;
    respond(this.#exchange, head);
    return HeadEnd.READ;
  }

  release(clean: boolean): void {
    this.released = clean;
  }

  abort(): void {
    this.aborted = true;
  }
}
