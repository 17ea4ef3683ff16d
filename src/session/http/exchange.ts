// One request and its response, phase by phase: match, pick, connect, send, receive, relay. Owns the
// order of the phases and what may be retried; messages are read and written by the protocol core,
// bodies by the relays. It keeps the cluster it was routed to, so that a change of configuration never
// alters a request in flight. Reused: `begin` and `end` frame each request.

import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { Backend } from "../../balancing/backend.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { BodyReader } from "../../protocol/h1/body_reader.ts";
import { requestHeadReader, responseHeadReader } from "../../protocol/h1/head_reader.ts";
import { Problem } from "../../protocol/h1/problem.ts";
import { requestPersists } from "../../protocol/h1/request_rules.ts";
import type { HstsHeader } from "../../protocol/http/hsts.ts";
import { isConnect, isHead, isIdempotent } from "../../protocol/http/method.ts";
import type { TraceContext } from "../../protocol/http/ids/trace_context.ts";
import { ULID_LENGTH } from "../../protocol/http/ids/ulid.ts";
import type { UpgradeOffer } from "../../protocol/http/upgrade.ts";
import { openUpstream, pickBackend } from "./phases/connect.ts";
import { closeAccount } from "./close_account.ts";
import type { Cluster } from "../cluster.ts";
import { Answered, ExchangePhase, Interruption } from "./exchange_states.ts";
import type { HttpSession } from "./h1/session.ts";
import { Reason } from "../reason.ts";
import { outliveAnswer } from "./h1/last_answer.ts";
import { matchRoute } from "./phases/match.ts";
import { prepareRequest } from "./phases/edit.ts";
import { Outcome, RequestAccount } from "./account.ts";
import { pumpRequestBody } from "./h1/request_body.ts";
import { answerAtOnce, receiveResponse } from "./h1/response.ts";
import { NO_EXTRAS, RouteExtras } from "./route_extras.ts";
import { beginTrace } from "./tracer.ts";
import type { Upstream } from "../upstream/upstream.ts";

export { Answered, ExchangePhase, Interruption };

/**
 * How long a backend may take before the client is watched for leaving. Most answers come sooner, and
 * a read that has to be cancelled at the end of a connection costs more than all the rest of closing.
 */
const WATCH_AFTER_MS = 200;

/** Serves one request at a time for one session. */
export class Exchange {
  readonly reader = requestHeadReader();
  readonly responseReader = responseHeadReader();
  readonly requestBody = new BodyReader();
  readonly responseBody = new BodyReader();
  readonly requestId = new Uint8Array(ULID_LENGTH);
  readonly account = new RequestAccount(this.reader.head, this.requestId);
  /** Its place in a trace; made when the first of a worker that traces is served. */
  trace: TraceContext | null = null;
  phase: ExchangePhase = ExchangePhase.ROUTING;
  interruption: Interruption = Interruption.NONE;
  toHead = false;
  /** A CONNECT request: a backend that accepts it means a tunnel, so its connection is not reused. */
  connects = false;
  /** The upgrades that the request asked for and that may be piped; `null` for none. */
  upgrade: UpgradeOffer | null = null;
  /** The client may send another request on this connection after this one. */
  persists = false;
  /** The response is chunked and its client knows no chunks. */
  dechunks = false;
  /** Nobody takes the rest of the request body any more. */
  discarding = false;
  /** The request body is being moved: what is taken of it may not have been sent yet. */
  pumping = false;
  /** The response is over, and its connection could carry another. */
  reusable = false;
  cluster: Cluster | null = null;
  /** What the route asks for beyond forwarding; shared and empty for plain routes. */
  extras: Readonly<RouteExtras> = NO_EXTRAS;
  /** The HSTS header of the matched route, if there is one. */
  hsts: HstsHeader | null = null;
  upstream: Upstream | null = null;
  /** Outgoing heads are assembled here. */
  out: Uint8Array | null = null;
  outEnd = 0;
  /** Aborts the connect that is under way. */
  connecting: AbortController | null = null;
  /** Resolves when the request body is no longer sent: with true when all of it has been. */
  pump: Promise<boolean> | null = null;
  /** The backend has been sent all of the request: nothing writes to it any more. */
  sentWhole = false;
  /** Ends the wait for the whole request body: it will not be sent any more. */
  wake: (() => void) | null = null;
  /** The backend to try first. */
  #picked: Backend | null = null;
  /** The backend that this request counts for. */
  #serving: Backend | null = null;
  #repeatable = false;
  /** The client may be watched, but nobody does yet. */
  #unwatched = false;
  #retried = false;

  /** Starts a request whose head will be read from the session's input. */
  begin(session: HttpSession): void {
    this.phase = ExchangePhase.ROUTING;
    this.interruption = Interruption.NONE;
    this.toHead = false;
    this.upgrade = null;
    this.persists = false;
    this.dechunks = false;
    this.discarding =
      this.pumping =
      this.reusable =
      this.sentWhole =
        false;
    this.cluster = null;
    this.extras = NO_EXTRAS;
    this.hsts = null;
    this.#retried = false;
    this.#unwatched = false;
    this.account.begin(session.worker.accountClock());
    session.worker.requestIds.writeInto(this.requestId, 0);
    session.input.reader = this.reader;
    this.reader.values = this.requestBody.trailerValues = session.listener.requestValues;
    this.reader.begin(session.input.bytes, session.input.start);
  }

  /**
   * Hands the account over and lets go of everything borrowed. The exchange must not be waiting for
   * anything.
   */
  end(session: HttpSession): void {
    this.phase = ExchangePhase.DONE;
    closeAccount(this, session);
    this.#stopCounting();
    this.upstream?.discard();
    this.upstream = null;
    this.pump = null;
    session.input.releaseHead();
    if (this.out !== null) session.worker.outBuffers.give(this.out);
    this.out = null;
  }

  /** The extras of this request, to be filled in. */
  ownExtras(): RouteExtras {
    if (this.extras === NO_EXTRAS) this.extras = new RouteExtras();
    return this.extras as RouteExtras;
  }

  /**
   * Takes in the complete head, chooses the cluster and assembles what the backend will be sent in
   * `out`. 0, or the status to {@link fail} with.
   */
  prepare(session: HttpSession): AnswerStatus | 0 {
    const { worker } = session;
    const head = this.reader.head;
    session.input.start = head.end;
    this.account.counts = this.account.parsed = true;
    this.account.clientIn = head.end - head.start;
    this.requestBody.begin(head);
    this.toHead = isHead(head);
    this.connects = isConnect(head);
    // Behind a CONNECT that was refused may be bytes of the tunnel: they are no request.
    this.persists = requestPersists(head) && !worker.draining && !this.connects;
    if (worker.tracer !== null) beginTrace(this, worker.tracer);
    const refusal = matchRoute(this, session);
    if (refusal !== 0) return refusal;
    if (this.cluster === null) return 401;
    const out = worker.outBuffers.take();
    this.out = out;
    if (out === null) {
      worker.counters.add(Counter.NO_BUFFER, 1);
      return this.#blame(Reason.OUT_OF_BUFFERS, 503);
    }
    if (!prepareRequest(this, session, out)) return this.#blame(Reason.HEAD_TOO_LARGE, 413);
    if (this.requestBody.problem !== Problem.NONE) return this.#blame(Reason.MALFORMED_BODY, 400);
    this.#repeatable = this.requestBody.done && isIdempotent(head);
    return 0;
  }

  /** An idle connection to the backend to try first; `null` when one must be {@link open}ed. */
  takeIdle(session: HttpSession): Upstream | null {
    const backend = pickBackend(this, session, this.cluster as Cluster);
    this.#picked = backend;
    // After a stale idle connection only a fresh one can tell whether the backend is well.
    if (this.#retried || backend === null) return null;
    const upstream = session.worker.upstreams.take(backend);
    this.upstream = upstream;
    this.account.reused = upstream !== null;
    return upstream;
  }

  /** Opens a connection, first to the backend that was tried; 0, or the status to {@link fail} with. */
  async open(session: HttpSession): Promise<AnswerStatus | 0> {
    session.watchSoon();
    return await openUpstream(this, session, this.cluster as Cluster, this.#picked);
  }

  /** The head is about to be sent. */
  beginSending(session: HttpSession, upstream: Upstream): void {
    this.phase = ExchangePhase.AWAITING;
    this.#serving = upstream.backend;
    this.account.backend = upstream.backend;
    this.account.sent = true;
    upstream.backend.requestStarted();
    this.#unwatched = this.requestBody.done;
    if (this.#unwatched) session.arm(WATCH_AFTER_MS);
    else session.armExchange();
  }

  /** The head has been sent; the body, if there is one, follows on its own. */
  headSent(session: HttpSession, upstream: Upstream): void {
    session.worker.counters.add(Counter.BACKEND_BYTES_OUT, this.outEnd);
    this.account.backendOut += this.outEnd;
    this.sentWhole = this.requestBody.done;
    if (this.sentWhole) return;
    session.watchSoon();
    this.pump = pumpRequestBody(this, session, upstream);
  }

  /** The input is needed for the request that is served: its head, its body or its tunnel. */
  get ownsInput(): boolean {
    return !this.requestBody.done || this.phase === ExchangePhase.ROUTING ||
      this.phase === ExchangePhase.TUNNEL;
  }

  /** The body is on its way to the backend. */
  get flows(): boolean {
    return this.pumping && !this.discarding;
  }

  /**
   * The backend answered with `count` bytes in `upstream.bytes`, 0 when the connection was lost. Says
   * how it goes on: a positive number is so much of `out` to be written, after which the request is
   * over.
   */
  answered(session: HttpSession, upstream: Upstream, count: number): Answered {
    const { counters } = session.worker;
    this.#unwatched = false;
    if (count === 0) {
      if (!this.#mayRetry()) return Answered.LOST;
      counters.add(Counter.RETRIES, 1);
      this.account.retries++;
      return Answered.AGAIN;
    }
    this.account.backendIn += count;
    counters.add(Counter.BACKEND_BYTES_IN, count);
    return this.pump === null ? answerAtOnce(this, session, upstream, count) : Answered.PARTLY;
  }

  /** The whole answer, `end` bytes, has been written; true when the client connection goes on. */
  answerSent(session: HttpSession, end: number): boolean {
    session.worker.counters.add(Counter.BYTES_OUT, end);
    this.account.clientOut += end;
    this.account.outcome = Outcome.COMPLETE;
    return this.persists;
  }

  /** What the deadline of the session means now. */
  onDeadline(session: HttpSession): void {
    if (this.#unwatched) {
      this.#unwatched = false;
      session.watchClient();
      session.armExchange();
      return;
    }
    session.worker.counters.add(Counter.TIMEOUTS, 1);
    const tooLate = this.interruption !== Interruption.NONE ||
      this.phase >= ExchangePhase.RELAYING;
    this.interrupt(this.#isLate(session) ? Interruption.SLOW_CLIENT : Interruption.TIMEOUT);
    // What still hangs after that, such as a client that does not read its answer, is cut next time.
    if (tooLate) session.close();
    else session.armExchange();
  }

  /** The listener asks for so much of a body in time, and it is the client that has not sent it. */
  #isLate(session: HttpSession): boolean {
    return session.listener.uploadMinBytes > 0 && this.flows && session.input.reading;
  }

  /**
   * The worker drains: this request is the last of its connection, unless its response has begun and
   * promised otherwise.
   */
  onDrain(): void {
    if (this.phase < ExchangePhase.RELAYING) this.persists = false;
  }

  /** Wakes whatever the exchange waits for on the backend side. */
  interrupt(reason: Interruption): void {
    if (this.interruption === Interruption.NONE) this.interruption = reason;
    this.connecting?.abort();
    this.upstream?.close();
    this.wake?.();
  }

  /**
   * A request is sent again only when a connection that had been idle was lost before any response
   * byte, nothing of it can have an effect twice, and all of it is still here.
   */
  #mayRetry(): boolean {
    const upstream = this.upstream as Upstream;
    const may = upstream.reused && !this.#retried && this.#repeatable &&
      this.interruption === Interruption.NONE;
    this.#stopCounting();
    upstream.discard();
    this.upstream = null;
    this.#retried = true;
    return may;
  }

  /** The exchange no longer weighs on its backend. */
  #stopCounting(): void {
    this.#serving?.requestEnded();
    this.#serving = null;
  }

  /**
   * Receives and relays a response that is {@link Answered.PARTLY} here; true when the client
   * connection goes on.
   */
  async receive(session: HttpSession, upstream: Upstream, count: number): Promise<boolean> {
    this.account.firstByteAt = session.worker.accountClock();
    session.watchSoon();
    const failure = await receiveResponse(this, session, upstream, count);
    if (failure !== 0) return await this.fail(session, failure, Reason.MALFORMED_RESPONSE);
    if (this.requestBody.done) {
      if (this.pump !== null) await this.pump;
      this.releaseUpstream(session);
      return this.persists;
    }
    // The response came before the body was complete: let the client read it, then close.
    await outliveAnswer(this, session, this.pump);
    return false;
  }

  /** Gives the backend connection back, where it may carry another request. */
  releaseUpstream(session: HttpSession): void {
    const { upstream } = this;
    if (upstream === null || !this.reusable || !this.sentWhole) return;
    this.upstream = null;
    session.worker.upstreams.give(upstream);
  }

  /** Notes why the request fails, where no reason has been noted yet. */
  #blame<S extends AnswerStatus>(reason: Reason, status: S): S {
    if (this.account.reason === Reason.NONE) this.account.reason = reason;
    return status;
  }

  /**
   * Answers for ourselves, or just ends when nobody would read it or a response has begun. `reason`
   * is for the account, where none has been noted yet. True when the client connection goes on.
   */
  async fail(
    session: HttpSession,
    status: AnswerStatus,
    reason: Reason = Reason.NONE,
  ): Promise<boolean> {
    const { account } = this;
    if (this.phase >= ExchangePhase.RELAYING || session.closed) return await this.abandon(session);
    if (this.interruption === Interruption.CLIENT_GONE) return await this.abandon(session);
    this.#blame(reason, status);
    if (this.interruption === Interruption.TIMEOUT) {
      status = 504;
      account.reason = account.sent ? Reason.BACKEND_TIMEOUT : Reason.CONNECT_TIMEOUT;
    }
    if (this.interruption === Interruption.CLIENT_ERROR) {
      status = 400;
      account.reason = Reason.MALFORMED_BODY;
    }
    if (this.interruption === Interruption.SLOW_CLIENT) {
      status = 408;
      account.reason = Reason.CLIENT_TIMEOUT;
    }
    const unread = !this.requestBody.done;
    this.phase = ExchangePhase.RELAYING;
    this.discarding = true;
    this.upstream?.close();
    const closes = await session.answer(status, this, unread || !this.persists);
    account.outcome = Outcome.COMPLETE;
    if (unread) await outliveAnswer(this, session, this.pump);
    else if (this.pump !== null) await this.pump;
    return !closes;
  }

  /** The client connection broke, or ended within the request. Once it has its answer it may. */
  clientFailed(): void {
    const { outcome } = this.account;
    if (outcome === Outcome.CUT || outcome === Outcome.SWITCHED) {
      this.interrupt(Interruption.CLIENT_GONE);
    }
  }

  /** Ends both connections and waits until nothing of this request runs any more. */
  async abandon(session: HttpSession): Promise<false> {
    if (this.interruption === Interruption.CLIENT_GONE) {
      session.worker.counters.add(Counter.CLIENT_ABORTS, 1);
    }
    this.upstream?.close();
    session.close();
    if (this.pump !== null) await this.pump;
    return false;
  }
}
