// The requests of one connection: what the connection tells of its streams is handed to the request it is
// about.

import { Counter } from "../../../observe/metrics/counters.ts";
import type { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import {
  type ConnectionEvents,
  type EndReason,
  type HeadSpace,
  Part,
} from "../../../protocol/h2/connection/events.ts";
import type { HeadTools } from "../../../protocol/h2/connection/head_tools.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { HeadProblem } from "../../../protocol/h2/heads/head_problem.ts";
import type { RequestHeadBuilder } from "../../../protocol/h2/heads/request_head_builder.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import type { ClientConnection } from "../client_connection.ts";
import type { SessionTarget } from "../../upstream/session_target.ts";
import { ExchangePhase, hasBackend, Interruption } from "../exchange.ts";
import type { ExchangePool, H2Exchange } from "./exchange_pool.ts";
import { H2Request, type RequestOwner } from "./request.ts";
import { showRefused } from "./refused_head.ts";
import type { StreamRoom } from "./stream_room.ts";

const NO_BYTES = new Uint8Array(0);

/** What sessions of HTTP/2 are given by what starts them. */
export interface H2SessionParts {
  readonly exchanges: ExchangePool;
  readonly room: StreamRoom;
  /** What heads are made with. */
  readonly tools: HeadTools;
  /** Serves a request whose head has come, to its end. Never rejects. */
  readonly serve: (request: H2Request) => Promise<void>;
  /** Answers 400 to a request that cannot be routed. Never rejects. */
  readonly refuse: (request: H2Request) => Promise<void>;
}

/** The connection itself, as its requests see it. */
export interface RequestsOwner {
  readonly connection: H2Connection<H2Request>;
  readonly client: ClientConnection;
  /** The connection was closed by us. */
  readonly closed: boolean;
  /** The connection has something to write. */
  wantsWrite(): void;
  /** Resolves when a write is over, or the connection is. */
  written(): Promise<void>;
  /** A request has begun, or bytes of one have moved. */
  active(): void;
  /** The last request that was served is over. */
  idle(): void;
}

/** The requests that are served on one connection. */
export class Requests implements ConnectionEvents<H2Request>, RequestOwner {
  /** No request has come yet. */
  fresh = true;
  readonly client: ClientConnection;
  readonly room: StreamRoom;
  readonly #owner: RequestsOwner;
  readonly #parts: H2SessionParts;
  /** Those whose heads have come and that nobody serves yet; before `next` they are. */
  readonly #waiting: H2Request[] = [];
  #next = 0;
  #served = 0;
  /** Is called when the last of them is over. */
  #onServed: (() => void) | null = null;

  constructor(owner: RequestsOwner, client: ClientConnection, parts: H2SessionParts) {
    this.#owner = owner;
    this.client = client;
    this.room = parts.room;
    this.#parts = parts;
  }

  get connection(): H2Connection<H2Request> {
    return this.#owner.connection;
  }

  get closed(): boolean {
    return this.#owner.closed;
  }

  /** Resolves when no request is served any more. */
  served(): Promise<void> {
    if (this.#served === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onServed = resolve);
  }

  wantsWrite(): void {
    this.#owner.wantsWrite();
  }

  written(): Promise<void> {
    return this.#owner.written();
  }

  space(stream: H2Stream<H2Request>, part: Part): HeadSpace | null {
    if (part === Part.TRAILERS) {
      // What does not fit gets a buffer of its own.
      return { head: new MessageHead(NO_BYTES), bytes: NO_BYTES, at: 0 };
    }
    if (!this.room.admit()) {
      this.client.worker.counters.add(Counter.NO_BUFFER, 1);
      return null;
    }
    const exchange = this.#parts.exchanges.take(this.client);
    stream.owner = new H2Request(this, stream, exchange);
    this.#served++;
    exchange.space.bytes = this.room.draft;
    return exchange.space;
  }

  head(stream: H2Stream<H2Request>, head: MessageHead, ends: boolean): void {
    const request = stream.owner;
    if (request === null) return;
    request.exchange.kept = this.room.keep(head);
    this.fresh = false;
    this.#owner.active();
    request.begin(ends);
    this.#waiting.push(request);
  }

  /**
   * Serves requests that have come, so many at most; false when there are no more. Those that their client has
   * reset meanwhile cost nothing more.
   */
  serveSome(most: number): boolean {
    const last = Math.min(this.#waiting.length, this.#next + most);
    for (; this.#next < last; this.#next++) {
      const request = this.#waiting[this.#next] as H2Request;
      if (request.gone) request.end();
      else void this.#parts.serve(request);
    }
    if (last < this.#waiting.length) return true;
    this.#waiting.length = this.#next = 0;
    return false;
  }

  /** Whether a backend that `target` tells has, or has had, a request of this connection. */
  have(target: SessionTarget): boolean {
    if (hasBackend(this.client, null, target)) return true;
    for (const { record } of this.connection.owners()) {
      if (target.matches(record.account.cluster, record.account.backend)) return true;
    }
    return false;
  }

  /** Ends the tunnels to the backends that `target` tells: they have no end of their own. */
  cutTunnels(target: SessionTarget): void {
    for (const request of [...this.connection.owners()]) {
      const { phase, account } = request.record;
      if (phase !== ExchangePhase.TUNNEL) continue;
      if (target.matches(account.cluster, account.backend)) request.interrupt(Interruption.CLOSED);
    }
  }

  interim(): void {}

  data(
    stream: H2Stream<H2Request>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    this.#owner.active();
    const request = stream.owner;
    if (request === null) return this.connection.release(stream, end - start);
    if (request.received(bytes, start, end, ends)) return;
    this.client.worker.counters.add(Counter.NO_BUFFER, 1);
    this.connection.release(stream, end - start);
    request.overwhelmed();
  }

  trailers(stream: H2Stream<H2Request>, trailers: MessageHead): void {
    stream.owner?.trailersCame(trailers);
  }

  sent(stream: H2Stream<H2Request>): void {
    this.#owner.active();
    stream.owner?.sent();
  }

  ended(stream: H2Stream<H2Request>, reason: EndReason): void {
    const request = stream.owner;
    if (request === null) return;
    request.ended(reason);
    // Nobody serves a request whose head was refused.
    if (!request.begun) request.end();
  }

  malformed(
    stream: H2Stream<H2Request>,
    problem: HeadProblem,
    refused: RequestHeadBuilder | null,
  ): void {
    const request = stream.owner;
    if (request === null || request.begun) return;
    this.client.worker.counters.add(Counter.BAD_REQUESTS, 1);
    request.refused();
    if (refused !== null) showRefused(request.record.request, refused);
    if (problem === HeadProblem.AUTHORITY) void this.#parts.refuse(request);
  }

  settled(): void {}

  pong(): void {}

  goaway(): void {}

  over(exchange: H2Exchange): void {
    this.room.leave(exchange.kept);
    this.#parts.exchanges.give(exchange);
    this.#served--;
    if (this.#served > 0) return;
    this.#owner.idle();
    this.#onServed?.();
  }
}
