// What HTTP/1.1 keeps of one exchange beside its record: the readers of both heads and bodies, the buffer in
// which heads are put together, the backend connection in use, and how the upload and the two connections
// stand. Reused: `begin` and `end` frame each request.

import { Counter } from "../../../observe/metrics/counters.ts";
import { BodyReader } from "../../../protocol/h1/body_reader.ts";
import { requestHeadReader, responseHeadReader } from "../../../protocol/h1/head_reader.ts";
import type { UpgradeOffer } from "../../../protocol/http/upgrade.ts";
import type { Linger } from "../../linger.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { Outcome } from "../account.ts";
import type { ClientConnection } from "../client_connection.ts";
import { closeAccount } from "../close_account.ts";
import { Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { endServing } from "../phases/serve.ts";
import type { UpstreamSide } from "../upstream.ts";
import type { ClientInput } from "./input.ts";

/** One exchange whose client and backend both speak HTTP/1.1. */
export class H1Exchange {
  readonly reader = requestHeadReader();
  readonly responseReader = responseHeadReader();
  readonly requestBody = new BodyReader();
  readonly responseBody = new BodyReader();
  readonly record: Exchange;
  /** The upgrades that the request asked for and that may be piped; `null` for none. */
  upgrade: UpgradeOffer | null = null;
  /** The client may send another request on this connection after this one. */
  persists = false;
  /** The response is chunked and its client knows no chunks. */
  dechunks = false;
  /** Nobody takes the rest of the request body any more, see {@link refuseBody}. */
  discarding = false;
  /** The client has its whole answer; its request body may not be complete. */
  answered = false;
  /** The request body is being moved: what is taken of it may not have been sent yet. */
  pumping = false;
  /** The response is over, and its connection could carry another. */
  reusable = false;
  /** The backend has been sent all of the request: nothing writes to it any more. */
  sentWhole = false;
  /** The client may be watched, but nobody does yet. */
  unwatched = false;
  /** The backend connection of the written-out path. */
  upstream: Upstream | null = null;
  /** The backend's end of a relay. */
  side: UpstreamSide | null = null;
  /** Outgoing heads are assembled here. */
  out: Uint8Array | null = null;
  outEnd = 0;
  /** Resolves when the request body is no longer sent: with true when all of it has been. */
  pump: Promise<boolean> | null = null;
  /** Ends the wait for the whole request body: it will not be sent any more. */
  wake: (() => void) | null = null;

  /** `client`: that of the first request. */
  constructor(client: ClientConnection) {
    this.record = new Exchange(client, this.reader.head, this.responseReader.head);
  }

  /** Starts a request of `client` whose head will be read from `input`. */
  begin(client: ClientConnection, input: ClientInput): void {
    this.record.begin(client);
    this.upgrade = null;
    this.persists = this.dechunks = false;
    this.discarding =
      this.answered =
      this.pumping =
      this.reusable =
      this.sentWhole =
      this.unwatched =
        false;
    input.reader = this.reader;
    this.reader.values = this.requestBody.trailerValues = client.listener.requestValues;
    this.requestBody.refusedTrailers = client.listener.clientHeaders;
    this.reader.begin(input.bytes, input.start);
  }

  /**
   * Hands the account over and returns everything borrowed. The exchange must not be waiting for
   * anything.
   */
  end(input: ClientInput): void {
    const { record } = this;
    record.enter(ExchangePhase.DONE);
    this.conclude();
    this.side?.release(false);
    this.side = null;
    this.upstream?.discard();
    this.upstream = null;
    this.pump = null;
    input.releaseHead();
    if (this.out !== null) record.client.worker.outBuffers.give(this.out);
    this.out = null;
  }

  /** The input is needed for the request that is served: its head, its body or its tunnel. */
  get ownsInput(): boolean {
    const { phase } = this.record;
    return !this.requestBody.done || phase === ExchangePhase.ROUTING ||
      phase === ExchangePhase.TUNNEL;
  }

  /** The body is on its way to the backend. */
  get flows(): boolean {
    return this.pumping && !this.discarding;
  }

  /** The request is over, but what still comes of its body is thrown away by what has moved it. */
  get over(): boolean {
    return this.discarding && this.answered;
  }

  /** Nobody takes the rest of the request body any more: a request that has its answer is over. */
  refuseBody(): void {
    this.discarding = true;
    this.wake?.();
    if (this.answered) this.conclude();
  }

  /**
   * The request is over: its account is handed over, and it counts no more for its backend. What waits for
   * its client may still run. May be called again.
   */
  conclude(): void {
    closeAccount(this.record);
    endServing(this.record);
  }

  /** Wakes whatever the exchange waits for on the backend side. */
  interrupt(reason: Interruption): void {
    const { record } = this;
    if (record.interruption === Interruption.NONE) record.interruption = reason;
    record.connecting?.abort();
    this.abortBackend();
    this.wake?.();
  }

  /** Ends at once what a backend does for the request. */
  abortBackend(): void {
    this.side?.abort();
    this.upstream?.close();
  }

  /**
   * A side has been silent for too long; `reading`: for the client, if for any. True when the exchange
   * cannot be ended but with both connections: what still hangs after a first time, such as a client that
   * does not read its answer, is cut the next time.
   */
  expire(reading: boolean): boolean {
    const { record } = this;
    const { listener, worker } = record.client;
    worker.counters.add(Counter.TIMEOUTS, 1);
    const tooLate = record.interruption !== Interruption.NONE || record.responding;
    // The listener asks for so much of a body in time, and it is the client that has not sent it.
    const slow = listener.uploadMinBytes > 0 && this.flows && reading;
    this.interrupt(slow ? Interruption.SLOW_CLIENT : Interruption.TIMEOUT);
    return tooLate;
  }

  /**
   * A step of `lingering` is over in which the body was to flow on to a backend that has answered already.
   * True when the client lingers on: it does not when it, whose bytes are waited for while `reading`, has
   * been silent for as long as any client may.
   */
  flowsOn(lingering: Linger, reading: boolean): boolean {
    const { listener, worker } = this.record.client;
    const { now } = worker.wheel;
    if (lingering.moved(now)) return true;
    if (reading) {
      const { front, back } = listener.timeouts;
      return now - lingering.lastHeard < Math.min(front, back);
    }
    // The backend keeps its connection and takes nothing: what comes now is for nobody.
    this.abortBackend();
    this.refuseBody();
    lingering.restart(now);
    return true;
  }

  /** The client connection broke, or ended within the request. Once it has its answer it may. */
  clientFailed(): void {
    const { outcome } = this.record.account;
    if (outcome === Outcome.CUT || outcome === Outcome.SWITCHED) {
      this.interrupt(Interruption.CLIENT_GONE);
    }
  }

  /**
   * The worker drains: this request is the last of its connection, unless its response has begun and
   * promised otherwise.
   */
  onDrain(): void {
    if (!this.record.responding) this.persists = false;
  }

  /** Gives the backend connection back, where it may carry another request. */
  releaseUpstream(): void {
    const { upstream, side } = this;
    if (!this.reusable || !this.sentWhole) return;
    endServing(this.record);
    this.upstream = this.side = null;
    side?.release(true);
    if (upstream !== null) this.record.client.worker.upstreams.give(upstream);
  }
}
