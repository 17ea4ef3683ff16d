// One client connection speaking HTTP/1.1: owns everything about the connection itself, its input, its
// deadline, its answers and its end. Knows nothing of backends; the order in which requests are served is
// the request loop's.

import type { AnswerStatus } from "../answers/answer_set.ts";
import { renderAnswer } from "../answers/answer.ts";
import type { Accepted, Endpoint, TlsFacts } from "../io/contracts.ts";
import type { LoggedSession } from "../observe/access_record.ts";
import { Counter } from "../observe/counters.ts";
import { ReadStatus } from "../protocol/h1/field_reader.ts";
import { Problem } from "../protocol/h1/problem.ts";
import { AuthorityBinding } from "../protocol/http/authority_binding.ts";
import { ForwardedElements } from "../protocol/http/forwarded.ts";
import { ClientInput } from "./client_input.ts";
import type { SlotHolder } from "./client_limits.ts";
import type { Cluster } from "./cluster.ts";
import type { ListenerContext, WorkerContext } from "./context.ts";
import type { Timed } from "./deadline_wheel.ts";
import { answerOptions, answerVariables } from "./answer_variables.ts";
import { type Exchange, Interruption } from "./exchange.ts";
import { NOWHERE } from "./placed_set.ts";
import { countHttp } from "./protocol_levels.ts";
import { Reason } from "./reason.ts";
import { Outcome } from "./request_account.ts";
import { serveRequests } from "./request_loop.ts";
import { releaseHead } from "./request_relay.ts";
import { FRESH_MS, type OnSessionEnd, type Session } from "./session.ts";
import type { Arrival, WritingEnd } from "./sole_reader.ts";
import { writeRest } from "./write_rest.ts";

/** Where a session is. `EXCHANGE` has states of its own, see {@link Exchange}. */
export const SessionPhase = {
  /** No byte of the next request has arrived. */
  WAITING: 0,
  /** A head has begun. */
  HEAD: 1,
  /** A request is being served. */
  EXCHANGE: 2,
  /** The last answer has been written; what the client still sends is thrown away. */
  LINGERING: 3,
  CLOSED: 4,
} as const;
export type SessionPhase = 0 | 1 | 2 | 3 | 4;

/** How long and how much a client may still send after its last answer, so that it can read it. */
const LINGER_MS = 1_000;
const LINGER_BYTES = 256 * 1024;

/** A client connection from accept to close. */
export class HttpSession implements Session, Timed, SlotHolder {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  lastActive = 0;
  phase: SessionPhase = SessionPhase.WAITING;
  readonly stream: WritingEnd;
  readonly peer: Endpoint;
  /** The address the client connected to, where a PROXY header names another than the listener's. */
  readonly destination: Endpoint | null;
  readonly tls: TlsFacts | null;
  /** What requests may name as their authority; `null` for anything. */
  readonly binding: AuthorityBinding | null;
  readonly listener: ListenerContext;
  readonly worker: WorkerContext;
  readonly input: ClientInput;
  slot: Cluster | null = null;
  moreSlots: Set<Cluster> | null = null;
  logged: LoggedSession | null = null;
  readonly #onEnd: OnSessionEnd;
  #exchange: Exchange | null = null;
  /** No request has come yet. */
  #fresh = true;
  /** The worker drains and this client has been told to go. */
  #leaving = false;
  #forwarded: ForwardedElements | null = null;

  /** `first` comes from the worker's small input buffers. */
  constructor(
    { stream, peer, destination, tls }: Accepted,
    listener: ListenerContext,
    worker: WorkerContext,
    first: Uint8Array,
    onEnd: OnSessionEnd,
  ) {
    this.stream = stream;
    this.peer = peer;
    this.destination = destination;
    this.tls = tls;
    this.binding = tls !== null && tls.serverName !== null && listener.strictSni
      ? new AuthorityBinding(tls.serverName, tls.certificateNames)
      : null;
    this.listener = listener;
    this.worker = worker;
    this.input = new ClientInput(stream, worker.inputBuffers, first);
    this.#onEnd = onEnd;
  }

  /** What backends are told about this client; encoded when the first request needs it. */
  get forwarded(): ForwardedElements {
    return this.#forwarded ??= new ForwardedElements({
      peer: this.peer,
      publicAddress: this.destination ?? this.listener.publicAddress,
      protocol: this.listener.protocol,
    });
  }

  get clientIp(): string {
    return this.peer.ip;
  }

  async run(): Promise<void> {
    try {
      countHttp(this, 1);
      this.arm(this.listener.timeouts.request);
      await serveRequests(this);
    } catch (error) {
      this.#countUnexpected(error);
    } finally {
      this.#finish();
    }
  }

  /** Sets the deadline to `delay` milliseconds from now. */
  arm(delay: number): void {
    this.lastActive = this.worker.wheel.now;
    this.worker.wheel.arm(this, delay);
  }

  /** While a request is served: whichever side is silent for too long. */
  armExchange(): void {
    const { front, back } = this.listener.timeouts;
    this.arm(front < back ? front : back);
  }

  /** While a tunnel is open; activity in either direction keeps it. */
  armTunnel(): void {
    this.armExchange();
  }

  onDeadline(): void {
    switch (this.phase) {
      case SessionPhase.WAITING:
      case SessionPhase.HEAD:
        if (this.worker.draining && this.leaveIdle()) break;
        this.worker.counters.add(Counter.TIMEOUTS, 1);
        void this.#answerTimeout();
        break;
      case SessionPhase.EXCHANGE:
        this.#exchange?.onDeadline(this);
        break;
      case SessionPhase.LINGERING:
        this.close();
        break;
      case SessionPhase.CLOSED:
        break;
    }
  }

  drain(): void {
    if (this.phase === SessionPhase.EXCHANGE) this.#exchange?.onDrain();
  }

  leaveIdle(): boolean {
    if (this.#leaving) return true;
    if (this.phase !== SessionPhase.WAITING || this.input.length > 0) return false;
    // The first request of a new connection is almost certainly on its way.
    if (this.#fresh && this.worker.wheel.now - this.lastActive < FRESH_MS) {
      this.arm(FRESH_MS);
      return false;
    }
    this.#leaving = true;
    this.sayGoodbye().catch(() => this.close());
    return true;
  }

  close(): void {
    if (this.phase === SessionPhase.CLOSED) return;
    const serving = this.phase === SessionPhase.EXCHANGE;
    this.phase = SessionPhase.CLOSED;
    this.stream.close();
    if (serving) this.#exchange?.interrupt(Interruption.CLOSED);
  }

  /** True once the connection has been closed by us. */
  get closed(): boolean {
    return this.phase === SessionPhase.CLOSED;
  }

  /**
   * Writes an answer of our own; true when the client connection must close after it. `exchange` is
   * null for an answer to a head that is not complete.
   */
  async answer(status: AnswerStatus, exchange: Exchange | null): Promise<boolean> {
    const { listener, worker } = this;
    const variables = exchange === null ? {} : answerVariables(exchange);
    const template = exchange?.extras.template ??
      listener.answers.lookup(status, exchange?.cluster?.answers ?? null);
    const { bytes, closes } = renderAnswer(template, variables, answerOptions(exchange, status));
    const account = (exchange ?? this.#exchange)?.account;
    if (account !== undefined) {
      account.counts = true;
      account.status = status;
    }
    worker.counters.add(Counter.DEFAULT_ANSWERS, 1);
    this.arm(listener.timeouts.front);
    await this.write(bytes);
    return closes;
  }

  /** Writes all of `bytes` to the client. */
  async write(bytes: Uint8Array): Promise<void> {
    const written = await this.stream.write(bytes);
    if (written < bytes.length) await writeRest(this.stream, bytes, written, bytes.length);
    this.worker.counters.add(Counter.BYTES_OUT, bytes.length);
    if (this.#exchange !== null) this.#exchange.account.clientOut += bytes.length;
  }

  /** Reads once; false at end of stream. There must be room, see {@link ClientInput.makeRoom}. */
  async receive(): Promise<boolean> {
    return this.received(await this.input.read());
  }

  /** Takes the result of a read in; false at end of stream. */
  received(arrival: Arrival): boolean {
    const count = this.input.accept(arrival);
    if (count > 0) this.worker.counters.add(Counter.BYTES_IN, count);
    return count > 0;
  }

  /**
   * Starts the read of the next request while this one is served: it is needed anyway, and it notices
   * a client that leaves.
   */
  watchClient(): void {
    if (this.input.makeRoom()) this.input.readEarly(this.#onEarlyRead, this.#onEarlyEnd);
  }

  /** Says that nothing more will come from us and gives the client a moment to read what did. */
  async sayGoodbye(): Promise<void> {
    this.phase = SessionPhase.LINGERING;
    this.arm(LINGER_MS);
    await this.stream.closeWrite();
  }

  /** Discards what still comes after {@link sayGoodbye}: closing at once would reset the answer. */
  async linger(): Promise<void> {
    await this.sayGoodbye();
    await this.#discardInput();
  }

  async #discardInput(): Promise<void> {
    const { input } = this;
    if (this.#exchange !== null) releaseHead(this.#exchange, this);
    let discarded = 0;
    while (discarded < LINGER_BYTES && !this.closed) {
      discarded += input.length;
      if (!input.reading) input.clear();
      if (!(await this.receive())) return;
    }
  }

  /** Ends a connection that was told to go, or closed, while it waited for a request. */
  async endWaiting(): Promise<void> {
    if (this.#leaving) await this.#discardInput();
  }

  /** The first bytes of a request are here: the exchange that reads its head. */
  beginHead(): Exchange {
    this.phase = SessionPhase.HEAD;
    this.#fresh = false;
    return this.#takeExchange();
  }

  /** The head is complete and in order. */
  beginRequest(): void {
    this.phase = SessionPhase.EXCHANGE;
    this.worker.counters.add(Counter.REQUESTS, 1);
    this.worker.counters.add(Counter.ACTIVE_REQUESTS, 1);
  }

  /** Waits for the next request of this connection. */
  armNextRequest(): void {
    // A response that began before the worker drained has promised that another request may come.
    this.arm(this.worker.draining ? FRESH_MS : this.listener.timeouts.front);
  }

  /**
   * After the last response of a drained connection: a client that had sent its next request already
   * would be reset by a plain close, and lose the response with it.
   */
  async endDrained(): Promise<void> {
    if (this.phase === SessionPhase.EXCHANGE) await this.linger();
  }

  /** Reads until the head is complete or wrong; false when the connection ended before. */
  async readHead(exchange: Exchange): Promise<boolean> {
    const { input } = this;
    do {
      if (!input.makeRoom()) return await this.#endHead(exchange);
      if (!(await this.receive())) return false;
      // Closed, or told by now that the head has taken too long.
      if (this.phase !== SessionPhase.HEAD) return false;
    } while (exchange.reader.read(input.end) === ReadStatus.MORE);
    exchange.account.headAt = this.worker.accountClock();
    return true;
  }

  /** There is no room for the rest of the head: because it is too large, or others have the buffers. */
  async #endHead(exchange: Exchange): Promise<boolean> {
    if (this.input.holdsLargestHead) {
      exchange.reader.problem = Problem.HEAD_TOO_LARGE;
      return true;
    }
    this.worker.counters.add(Counter.NO_BUFFER, 1);
    exchange.account.reason = Reason.OUT_OF_BUFFERS;
    await this.#answerHead(exchange, 503);
    return false;
  }

  /** Answers a head that is wrong, and ends the connection. */
  async refuse(exchange: Exchange): Promise<void> {
    this.worker.counters.add(Counter.BAD_REQUESTS, 1);
    const tooLarge = exchange.reader.problem === Problem.HEAD_TOO_LARGE;
    exchange.account.reason = tooLarge ? Reason.HEAD_TOO_LARGE : Reason.MALFORMED_REQUEST;
    await this.#answerHead(exchange, tooLarge ? 413 : 400);
  }

  /** Answers a head that will not be served, and ends the connection. */
  async #answerHead(exchange: Exchange, status: AnswerStatus): Promise<void> {
    exchange.account.clientIn = this.input.length;
    await this.answer(status, exchange);
    exchange.account.outcome = Outcome.COMPLETE;
    await this.linger();
  }

  /** Tells a client that is late with its head. When none has begun there is no exchange either. */
  async #answerTimeout(): Promise<void> {
    const begun = this.phase === SessionPhase.HEAD;
    this.phase = SessionPhase.LINGERING;
    const exchange = this.#exchange ?? this.#takeExchange();
    const { account } = exchange;
    account.clientIn = this.input.length;
    account.reason = Reason.CLIENT_TIMEOUT;
    try {
      await this.answer(408, null);
      // What is left of the head may have come meanwhile and ended the exchange.
      if (this.#exchange === exchange) account.outcome = Outcome.COMPLETE;
    } catch {
      // The client is gone: there is nobody to tell.
    }
    this.close();
    if (!begun) this.giveExchange(exchange);
  }

  #takeExchange(): Exchange {
    const exchange = this.worker.exchanges.take();
    this.#exchange = exchange;
    exchange.begin(this);
    return exchange;
  }

  /** The exchange is over, however it went. */
  giveExchange(exchange: Exchange): void {
    exchange.end(this);
    this.#exchange = null;
    this.worker.exchanges.give(exchange);
  }

  readonly #onEarlyRead = (count: number): void => {
    if (count === 0) this.#onEarlyEnd();
  };

  readonly #onEarlyEnd = (): void => {
    if (this.phase === SessionPhase.EXCHANGE) this.#exchange?.interrupt(Interruption.CLIENT_GONE);
  };

  #countUnexpected(error: unknown): void {
    if (isDefect(error)) {
      this.worker.counters.add(Counter.INTERNAL_ERRORS, 1);
      console.error("Session ended by an internal error:", error);
    }
  }

  #finish(): void {
    countHttp(this, -1);
    this.close();
    this.worker.wheel.disarm(this);
    this.input.close();
    this.worker.clientLimits.release(this);
    this.#onEnd(this);
  }
}

/** Broken connections surface as rejected reads and writes; anything else is our own defect. */
export function isDefect(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}
