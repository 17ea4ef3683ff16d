// One client connection speaking HTTP/1.1: owns everything about the connection itself, its input, its
// deadline, its answers and its end. Knows nothing of backends; the order in which requests are served is
// the request loop's.

import { EXPECTED_REQUEST_MS } from "../../../../config/defaults.ts";
import type { AnswerStatus } from "../../../answers/answer_set.ts";
import type { ByteStream } from "../../../io/contracts.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { ClientWatch, type Watcher, Watching } from "../../client_watch.ts";
import { reportDefect } from "../../defect.ts";
import { Linger } from "../../linger.ts";
import type { ListenerContext } from "../../listener_context.ts";
import { NOWHERE } from "../../placed_set.ts";
import { Reason } from "../../reason.ts";
import { type OnSessionEnd, type Session } from "../../session.ts";
import { Ending, type SessionTarget } from "../../upstream/session_target.ts";
import type { Arrival, WritingEnd } from "../../sole_reader.ts";
import type { Timed } from "../../timing/deadline_wheel.ts";
import { refuseMove } from "../../transitions.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { endLateAttempt } from "../../upstream/connect.ts";
import { writeRest } from "../../write_rest.ts";
import { Outcome } from "../account.ts";
import { renderOwnAnswer } from "../answers.ts";
import type { ClientConnection } from "../client_connection.ts";
import { closeAccount } from "../close_account.ts";
import type { Http2Slot } from "../http2.ts";
import { type Exchange, ExchangePhase, hasBackend, Interruption } from "../exchange.ts";
import { countHttp } from "../protocol_levels.ts";
import type { H1Exchange } from "./exchange.ts";
import type { ExchangePool } from "./exchange_pool.ts";
import { ClientInput } from "./input.ts";
import { releaseHead } from "./release_head.ts";
import { EarlyRead, SESSION_TRANSITIONS, SessionPhase } from "./session_phase.ts";

export { SessionPhase };

/** What sessions of HTTP/1.1 are given by what starts them. */
export interface SessionParts {
  readonly exchanges: ExchangePool;
  /** Serves requests until the connection ends; rejects when it breaks. */
  readonly serve: (session: HttpSession) => Promise<void>;
  /** For backends that speak HTTP/2. */
  readonly http2: Http2Slot;
}

const MOVES: readonly number[] = SESSION_TRANSITIONS.next;

/** A client connection from accept to close. */
export class HttpSession implements Session, Timed, Watcher {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  lastActive = 0;
  readonly client: ClientConnection;
  readonly listener: ListenerContext;
  readonly worker: WorkerContext;
  readonly stream: WritingEnd;
  readonly input: ClientInput;
  /** For backends that speak HTTP/2. */
  readonly http2: Http2Slot;
  readonly #parts: SessionParts;
  readonly #onEnd: OnSessionEnd;
  #phase: SessionPhase = SessionPhase.WAITING;
  #exchange: H1Exchange | null = null;
  /** No request has come yet. */
  #fresh = true;
  /** The worker drains and this client has been told to go. */
  #leaving = false;
  #earlyRead: EarlyRead = EarlyRead.NONE;
  #watch: ClientWatch | null = null;
  #linger: Linger | null = null;
  /** Nothing more is written to the client. */
  #writeEnded = false;

  /** `first` comes from the worker's small input buffers. */
  constructor(
    client: ClientConnection,
    stream: ByteStream,
    first: Uint8Array,
    parts: SessionParts,
    onEnd: OnSessionEnd,
  ) {
    this.client = client;
    this.listener = client.listener;
    this.worker = client.worker;
    this.stream = stream;
    this.input = new ClientInput(stream, client.worker.inputBuffers, first);
    this.http2 = parts.http2;
    this.#parts = parts;
    this.#onEnd = onEnd;
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  /** The only way from one phase to another. */
  #enter(phase: SessionPhase): void {
    const from = this.#phase;
    // Written out as that of exchanges is.
    if ((MOVES[from] as number >> phase & 1) === 0) refuseMove(SESSION_TRANSITIONS, from, phase);
    this.#phase = phase;
  }

  async run(): Promise<void> {
    try {
      countHttp(this.client, 1);
      this.arm(this.listener.timeouts.request);
      await this.#parts.serve(this);
    } catch (error) {
      this.client.broke(error);
      reportDefect(error, this.worker.counters, "Session");
    } finally {
      this.#finish();
    }
  }

  /** Sets the deadline to `delay` milliseconds from now. */
  arm(delay: number): void {
    this.lastActive = this.worker.wheel.now;
    this.worker.wheel.arm(this, delay);
  }

  /** While a request is served or a tunnel is open: whichever side is silent for too long. */
  armExchange(): void {
    const { front, back } = this.listener.timeouts;
    this.arm(front < back ? front : back);
  }

  onDeadline(): void {
    switch (this.#phase) {
      case SessionPhase.WAITING:
      case SessionPhase.HEAD:
        if (this.client.isLast && this.leaveIdle()) break;
        this.worker.counters.add(Counter.TIMEOUTS, 1);
        void this.#answerTimeout();
        break;
      case SessionPhase.EXCHANGE:
        if (this.#exchange !== null) this.#onLate(this.#exchange);
        break;
      case SessionPhase.LINGERING:
        if (this.#lingersOn()) this.arm(this.worker.limits.linger.stepMs);
        else this.close();
        break;
      case SessionPhase.CLOSED:
        break;
    }
  }

  /** A backend, or its client, is slow. */
  #onLate(exchange: H1Exchange): void {
    const { record, unwatched } = exchange;
    exchange.unwatched = false;
    if (unwatched) this.watchClient();
    else if (!endLateAttempt(record) && exchange.expire(this.input.reading)) return this.close();
    this.armExchange();
  }

  drain(): void {
    if (this.#phase === SessionPhase.EXCHANGE) this.#exchange?.onDrain();
  }

  leaveIdle(): boolean {
    if (this.#leaving) return true;
    if (this.#phase !== SessionPhase.WAITING || this.input.length > 0) return false;
    // The first request of a new connection is almost certainly on its way.
    if (this.#fresh && this.worker.wheel.now - this.lastActive < EXPECTED_REQUEST_MS) {
      this.arm(EXPECTED_REQUEST_MS);
      return false;
    }
    this.#leaving = true;
    this.sayGoodbye().catch(() => this.close());
    return true;
  }

  endFor(target: SessionTarget): Ending {
    if (this.#leaving || this.#phase >= SessionPhase.LINGERING) return Ending.NONE;
    const record = this.#exchange?.record ?? null;
    if (!hasBackend(this.client, record, target)) return Ending.NONE;
    this.client.leaving = true;
    if (record?.phase === ExchangePhase.TUNNEL) this.close();
    if (this.closed || this.leaveIdle()) return Ending.CLOSED;
    this.drain();
    return Ending.DRAINING;
  }

  close(): void {
    if (this.#phase === SessionPhase.CLOSED) return;
    this.#enter(SessionPhase.CLOSED);
    this.stream.close();
    this.#exchange?.interrupt(Interruption.CLOSED);
  }

  /** True once the connection has been closed by us. */
  get closed(): boolean {
    return this.#phase === SessionPhase.CLOSED;
  }

  /**
   * Writes an answer of our own; true when the client connection must close after it, which it says.
   * `exchange` is null for an answer to a head that is not complete, `closes` decided already.
   */
  async answer(status: AnswerStatus, exchange: Exchange | null, closes: boolean): Promise<boolean> {
    const { listener, worker } = this;
    const answer = renderOwnAnswer(exchange, listener, status, closes);
    const account = (exchange ?? this.#exchange?.record)?.account;
    if (account !== undefined) {
      account.counts = true;
      account.status = status;
    }
    worker.counters.add(Counter.DEFAULT_ANSWERS, 1);
    this.arm(listener.timeouts.front);
    await this.write(answer.bytes);
    return answer.closes;
  }

  /** Writes all of `bytes` to the client. */
  async write(bytes: Uint8Array): Promise<void> {
    try {
      const written = await this.stream.write(bytes);
      if (written < bytes.length) await writeRest(this.stream, bytes, written, bytes.length);
    } catch (error) {
      this.clientReset();
      throw error;
    }
    this.worker.counters.add(Counter.BYTES_OUT, bytes.length);
    if (this.#exchange !== null) this.#exchange.record.account.clientOut += bytes.length;
  }

  /** Reads once; false at end of stream. There must be room, see {@link ClientInput.makeRoom}. */
  async receive(): Promise<boolean> {
    const { input } = this;
    let arrival: Arrival;
    try {
      arrival = await input.read();
    } catch (error) {
      this.clientReset();
      throw error;
    }
    const { end } = input;
    const goesOn = this.received(arrival);
    this.#linger?.hear(input.end - end);
    return goesOn;
  }

  /** Takes the result of a read in; false at end of stream. */
  received(arrival: Arrival): boolean {
    const count = this.input.accept(arrival);
    if (count > 0) this.worker.counters.add(Counter.BYTES_IN, count);
    return count > 0;
  }

  /** From now on a client that leaves is noticed. */
  watchClient(): void {
    this.#readEarly();
    this.watchSoon();
  }

  /** The same, without anything being done for a request that is over soon. */
  watchSoon(): void {
    (this.#watch ??= new ClientWatch(this, this.worker.wheel)).start();
  }

  watching(): Watching {
    if (this.#phase !== SessionPhase.EXCHANGE || this.#writeEnded) return Watching.OVER;
    // It tells when it ends, see #onEarlyRead.
    if (this.#earlyRead === EarlyRead.HANGS || this.#readEarly()) return Watching.OVER;
    const reads = this.input.reading && this.#earlyRead === EarlyRead.NONE;
    return reads ? Watching.READ : Watching.ASK;
  }

  /** The client has broken its connection. Does nothing when we closed it, or have said all. */
  clientReset(): void {
    if (this.#phase === SessionPhase.EXCHANGE) this.#exchange?.clientFailed();
  }

  /**
   * Starts the read of the next request while this one is served, if nothing else reads: it is needed
   * anyway, and it notices a client that breaks its connection.
   */
  #readEarly(): boolean {
    const { input } = this;
    if (this.#exchange?.ownsInput !== false || input.length > 0 || input.reading) return false;
    if (!input.makeRoom()) return false;
    this.#earlyRead = EarlyRead.HANGS;
    input.readEarly(this.#onEarlyRead, this.#onEarlyError);
    return true;
  }

  /** Nothing more will come from us; reading goes on. */
  async endWrite(): Promise<void> {
    this.#writeEnded = true;
    await this.stream.closeWrite();
  }

  /** Says that nothing more will come from us and gives the client a while to read what did. */
  async sayGoodbye(): Promise<void> {
    if (this.closed) return;
    this.#enter(SessionPhase.LINGERING);
    this.#linger = new Linger(this.worker.limits.linger, this.worker.wheel.now);
    this.arm(this.worker.limits.linger.stepMs);
    await this.endWrite();
  }

  /** What the buffer holds is to be overwritten: whoever needs the head of the request copies it. */
  forgetHead(): void {
    if (this.#exchange !== null) releaseHead(this.#exchange.record, this.input);
  }

  /** A step of lingering is over: true when there is to be another. */
  #lingersOn(): boolean {
    const lingering = this.#linger;
    if (lingering === null) return false;
    return this.#exchange?.flows === true
      ? this.#exchange.flowsOn(lingering, this.input.reading)
      : lingering.goesOn(this.worker.wheel.now);
  }

  /** The first bytes of a request are here: the exchange that reads its head. */
  beginHead(): H1Exchange {
    this.#enter(SessionPhase.HEAD);
    this.#fresh = false;
    return this.#takeExchange();
  }

  /** The head is complete and in order. */
  beginRequest(): void {
    this.#enter(SessionPhase.EXCHANGE);
    this.#earlyRead = EarlyRead.NONE;
  }

  /** Waits for the next request of this connection. */
  awaitRequest(): void {
    this.#enter(SessionPhase.WAITING);
    // A response that began before the worker drained has promised that another request may come.
    this.arm(this.client.isLast ? EXPECTED_REQUEST_MS : this.listener.timeouts.front);
  }

  /** Tells a client that is late with its head. When none has begun there is no exchange either. */
  async #answerTimeout(): Promise<void> {
    const begun = this.#phase === SessionPhase.HEAD;
    this.#enter(SessionPhase.LINGERING);
    const exchange = this.#exchange ?? this.#takeExchange();
    const { account } = exchange.record;
    account.clientIn = this.input.length;
    account.reason = Reason.CLIENT_TIMEOUT;
    try {
      await this.answer(408, null, true);
      // The client may have ended meanwhile, and the exchange with it.
      if (this.#exchange === exchange) {
        account.outcome = Outcome.COMPLETE;
        closeAccount(exchange.record);
      }
      if (begun) await this.sayGoodbye();
      else this.close();
    } catch {
      // The client is gone: there is nobody to tell.
      this.close();
    }
    if (!begun) this.giveExchange(exchange);
  }

  #takeExchange(): H1Exchange {
    const exchange = this.#parts.exchanges.take(this.client);
    this.#exchange = exchange;
    exchange.begin(this.client, this.input);
    return exchange;
  }

  /** The exchange is over, however it went. */
  giveExchange(exchange: H1Exchange): void {
    this.#watch?.stop();
    exchange.end(this.input);
    this.#exchange = null;
    this.#parts.exchanges.give(exchange);
  }

  /** An end of stream is no farewell: a client may have said all and wait for its answer. */
  readonly #onEarlyRead = (): void => {
    this.#earlyRead = EarlyRead.SETTLED;
    if (this.#phase === SessionPhase.EXCHANGE) this.watchSoon();
  };

  readonly #onEarlyError = (error: unknown): void => {
    this.client.broke(error, "read");
    this.#earlyRead = EarlyRead.SETTLED;
    this.clientReset();
  };

  #finish(): void {
    countHttp(this.client, -1);
    this.close();
    this.worker.wheel.disarm(this);
    this.input.close();
    this.worker.clientLimits.release(this.client);
    this.#onEnd(this);
  }
}
