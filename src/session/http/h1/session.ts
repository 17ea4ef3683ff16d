// One client connection speaking HTTP/1.1: owns everything about the connection itself, its input, its
// deadline, its answers and its end. Knows nothing of backends; the order in which requests are served is
// the request loop's.

import { EXPECTED_REQUEST_MS } from "../../../../config/defaults.ts";
import type { AnswerStatus } from "../../../answers/answer_set.ts";
import { renderAnswer } from "../../../answers/answer.ts";
import type { Accepted, Endpoint, TlsFacts } from "../../../io/contracts.ts";
import type { LoggedSession } from "../../../observe/access/record.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { AuthorityBinding } from "../../../protocol/http/authority_binding.ts";
import { ForwardedElements } from "../../../protocol/http/forwarded.ts";
import { ClientInput } from "./input.ts";
import type { SlotHolder } from "../../client_limits.ts";
import { ClientWatch, type Watcher, Watching } from "../../client_watch.ts";
import type { Cluster } from "../../cluster.ts";
import type { ListenerContext, WorkerContext } from "../../context.ts";
import type { Timed } from "../../timing/deadline_wheel.ts";
import { closeAccount } from "../close_account.ts";
import { reportDefect } from "../../defect.ts";
import { answerOptions, answerVariables } from "../answer_variables.ts";
import { type Exchange, Interruption } from "../exchange.ts";
import { discardInput, flowsOn, linger } from "./last_answer.ts";
import { Linger } from "../../linger.ts";
import { NOWHERE } from "../../placed_set.ts";
import { countHttp } from "../protocol_levels.ts";
import { Reason } from "../../reason.ts";
import { Outcome } from "../account.ts";
import { serveRequests } from "./requests.ts";
import { releaseHead } from "./request_body.ts";
import { type OnSessionEnd, type Session } from "../../session.ts";
import { EarlyRead, SessionPhase } from "./session_phase.ts";
import type { Arrival, WritingEnd } from "../../sole_reader.ts";
import { writeRest } from "../../write_rest.ts";

export { SessionPhase };

/** A client connection from accept to close. */
export class HttpSession implements Session, Timed, SlotHolder, Watcher {
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
  #earlyRead: EarlyRead = EarlyRead.NONE;
  #watch: ClientWatch | null = null;
  #linger: Linger | null = null;
  /** Nothing more is written to the client. */
  #writeEnded = false;
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
        if (this.#lingersOn()) this.arm(this.worker.limits.linger.stepMs);
        else this.close();
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
    if (this.#fresh && this.worker.wheel.now - this.lastActive < EXPECTED_REQUEST_MS) {
      this.arm(EXPECTED_REQUEST_MS);
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
   * Writes an answer of our own; true when the client connection must close after it, which it says.
   * `exchange` is null for an answer to a head that is not complete, `closes` decided already.
   */
  async answer(
    status: AnswerStatus,
    exchange: Exchange | null,
    closes: boolean,
  ): Promise<boolean> {
    const { listener, worker } = this;
    const variables = exchange === null ? {} : answerVariables(exchange);
    const template = exchange?.extras.template ??
      listener.answers.lookup(status, exchange?.cluster?.answers ?? null);
    const options = { ...answerOptions(exchange, status), closes };
    const answer = renderAnswer(template, variables, options);
    const account = (exchange ?? this.#exchange)?.account;
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
    if (this.#exchange !== null) this.#exchange.account.clientOut += bytes.length;
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
    if (this.phase !== SessionPhase.EXCHANGE || this.#writeEnded) return Watching.OVER;
    // It tells when it ends, see #onEarlyRead.
    if (this.#earlyRead === EarlyRead.HANGS || this.#readEarly()) return Watching.OVER;
    const reads = this.input.reading && this.#earlyRead === EarlyRead.NONE;
    return reads ? Watching.READ : Watching.ASK;
  }

  /** The client has broken its connection. Does nothing when we closed it, or have said all. */
  clientReset(): void {
    if (this.phase === SessionPhase.EXCHANGE) this.#exchange?.clientFailed();
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
    this.phase = SessionPhase.LINGERING;
    this.#linger = new Linger(this.worker.limits.linger, this.worker.wheel.now);
    this.arm(this.worker.limits.linger.stepMs);
    await this.endWrite();
  }

  /** What the buffer holds is to be overwritten: whoever needs the head of the request copies it. */
  forgetHead(): void {
    if (this.#exchange !== null) releaseHead(this.#exchange, this);
  }

  /** A step of lingering is over: true when there is to be another. */
  #lingersOn(): boolean {
    const lingering = this.#linger;
    if (lingering === null) return false;
    const exchange = this.#exchange;
    if (exchange !== null && exchange.flows) return flowsOn(exchange, this, lingering);
    return lingering.goesOn(this.worker.wheel.now);
  }

  /** Ends a connection that was told to go, or closed, while it waited for a request. */
  async endWaiting(): Promise<void> {
    if (this.#leaving) await discardInput(this);
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
    this.#earlyRead = EarlyRead.NONE;
    this.worker.counters.add(Counter.REQUESTS, 1);
    this.worker.counters.add(Counter.ACTIVE_REQUESTS, 1);
  }

  /** Waits for the next request of this connection. */
  armNextRequest(): void {
    // A response that began before the worker drained has promised that another request may come.
    this.arm(this.worker.draining ? EXPECTED_REQUEST_MS : this.listener.timeouts.front);
  }

  /**
   * After the last response: a client that has sent its next request already would be reset by a plain
   * close, and lose the response with it.
   */
  async endSpeaking(): Promise<void> {
    if (this.phase === SessionPhase.EXCHANGE) await linger(this);
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
      await this.answer(408, null, true);
      // The client may have ended meanwhile, and the exchange with it.
      if (this.#exchange === exchange) {
        account.outcome = Outcome.COMPLETE;
        closeAccount(exchange, this);
      }
      if (begun) await this.sayGoodbye();
      else this.close();
    } catch {
      // The client is gone: there is nobody to tell.
      this.close();
    }
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
    this.#watch?.stop();
    exchange.end(this);
    this.#exchange = null;
    this.worker.exchanges.give(exchange);
  }

  /** An end of stream is no farewell: a client may have said all and wait for its answer. */
  readonly #onEarlyRead = (): void => {
    this.#earlyRead = EarlyRead.SETTLED;
    if (this.phase === SessionPhase.EXCHANGE) this.watchSoon();
  };

  readonly #onEarlyError = (): void => {
    this.#earlyRead = EarlyRead.SETTLED;
    this.clientReset();
  };

  #finish(): void {
    countHttp(this, -1);
    this.close();
    this.worker.wheel.disarm(this);
    this.input.close();
    this.worker.clientLimits.release(this);
    this.#onEnd(this);
  }
}
