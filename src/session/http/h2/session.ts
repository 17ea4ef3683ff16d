// One client connection speaking HTTP/2: reads into the connection's state machine and writes what it has to
// say, keeps its deadlines, and ends it. What happens on its streams is the business of their requests.

import { EXPECTED_REQUEST_MS } from "../../../../config/defaults.ts";
import type { ByteStream } from "../../../io/contracts.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import {
  type ConnectionEvents,
  type EndReason,
  type HeadSpace,
  Part,
} from "../../../protocol/h2/connection/events.ts";
import { Role } from "../../../protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { HeadProblem } from "../../../protocol/h2/heads/head_problem.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import { isDefect, reportDefect } from "../../defect.ts";
import { discard, Linger } from "../../linger.ts";
import type { ListenerContext } from "../../listener_context.ts";
import { NOWHERE } from "../../placed_set.ts";
import type { OnSessionEnd, Session } from "../../session.ts";
import type { WritingEnd } from "../../sole_reader.ts";
import type { Timed } from "../../timing/deadline_wheel.ts";
import { checkMove } from "../../transitions.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { writeRest } from "../../write_rest.ts";
import type { ClientConnection } from "../client_connection.ts";
import { ClientInput } from "../h1/input.ts";
import { countHttp } from "../protocol_levels.ts";
import { H2Request, type RequestOwner } from "./request.ts";
import { SESSION_TRANSITIONS, SessionPhase } from "./session_phase.ts";
import type { StreamRoom } from "./stream_room.ts";

const NO_BYTES = new Uint8Array(0);

/** What sessions of HTTP/2 are given by what starts them. */
export interface H2SessionParts {
  readonly room: StreamRoom;
  /** Serves a request whose head has come, to its end. Never rejects. */
  readonly serve: (request: H2Request) => Promise<void>;
  /** Answers 400 to a request that cannot be routed. Never rejects. */
  readonly refuse: (request: H2Request) => Promise<void>;
}

/** A client connection from accept to close. */
export class H2Session
  implements Session, Timed, RequestOwner, ConnectionEvents<H2Request> {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  lastActive: number;
  readonly client: ClientConnection;
  readonly listener: ListenerContext;
  readonly worker: WorkerContext;
  readonly stream: WritingEnd;
  readonly input: ClientInput;
  readonly room: StreamRoom;
  readonly connection: H2Connection<H2Request>;
  readonly #parts: H2SessionParts;
  readonly #onEnd: OnSessionEnd;
  #phase: SessionPhase = SessionPhase.OPEN;
  /** No request has come yet. */
  #fresh = true;
  /** The worker drains. */
  #draining = false;
  /** Requests that are being served. */
  #serving = 0;
  /** Is called when the last of them is over. */
  #onServed: (() => void) | null = null;
  #linger: Linger | null = null;
  /** The flush of what waits has its place at the end of the turn. */
  #scheduled = false;
  /** Since when a write has been under way, in milliseconds; `Infinity` for none. */
  #writingSince = Infinity;
  /** There is something to write behind it. */
  #wants = false;
  /** Is called when a write is over and the connection is waited for. */
  #onWritten: (() => void) | null = null;

  /** `first` comes from the worker's small input buffers. */
  constructor(
    client: ClientConnection,
    stream: ByteStream,
    first: Uint8Array,
    parts: H2SessionParts,
    onEnd: OnSessionEnd,
  ) {
    const { listener, worker } = client;
    this.client = client;
    this.listener = listener;
    this.worker = worker;
    this.stream = stream;
    this.input = new ClientInput(stream, worker.inputBuffers, first);
    this.room = parts.room;
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.lastActive = worker.wheel.now;
    this.connection = new H2Connection({
      role: Role.SERVER,
      limits: listener.h2,
      events: this,
      tools: worker.h2Tools,
      counters: worker.h2Counters,
      buffers: worker.inputBuffers.bulk,
      allowsConnectProtocol: false,
    }, worker.wheel.now);
  }

  async run(): Promise<void> {
    try {
      countHttp(this.client, 1);
      this.#arm();
      await this.#receiveAll();
      if (this.#phase === SessionPhase.LINGERING) await discard(this);
    } catch (error) {
      reportDefect(error, this.worker.counters, "Session");
    }
    this.close();
    await this.#served();
    this.#finish();
  }

  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    if (this.#fresh) return;
    this.connection.drain(this.worker.wheel.now);
    this.#arm();
  }

  leaveIdle(): boolean {
    if (this.#phase !== SessionPhase.OPEN) return true;
    const { now } = this.worker.wheel;
    // The first request of a new connection is almost certainly on its way.
    if (this.#fresh && now - this.lastActive < EXPECTED_REQUEST_MS) return false;
    this.connection.drain(now);
    this.#settle();
    this.#arm();
    return false;
  }

  close(): void {
    if (this.#phase === SessionPhase.CLOSED) return;
    this.#enter(SessionPhase.CLOSED);
    this.stream.close();
    this.connection.lost();
    this.#wake();
  }

  get closed(): boolean {
    return this.#phase === SessionPhase.CLOSED;
  }

  /** Reads once; false at the end of the stream. */
  async receive(): Promise<boolean> {
    const { input } = this;
    const count = input.accept(await input.read());
    this.worker.counters.add(Counter.BYTES_IN, count);
    this.#linger?.hear(count);
    return count > 0;
  }

  onDeadline(now: number): void {
    if (this.#phase === SessionPhase.LINGERING) {
      if (this.#linger?.goesOn(now) !== true) return this.close();
      return this.worker.wheel.arm(this, this.worker.limits.linger.stepMs);
    }
    if (this.#phase === SessionPhase.CLOSED) return;
    this.connection.expire(now);
    if (now >= this.#idleDeadline()) {
      this.worker.counters.add(Counter.TIMEOUTS, 1);
      // A client that does not read cannot be told.
      if (this.#writingSince !== Infinity) return this.close();
      this.connection.close(ErrorCode.NO_ERROR);
    }
    this.#settle();
    this.#arm();
  }

  wantsWrite(): void {
    if (this.#writingSince !== Infinity) this.#wants = true;
    else this.#schedule();
  }

  space(stream: H2Stream<H2Request>, part: Part): HeadSpace | null {
    if (part === Part.TRAILERS) {
      // What does not fit gets a buffer of its own.
      return { head: new MessageHead(NO_BYTES), bytes: NO_BYTES, at: 0 };
    }
    const bytes = this.room.takeBytes();
    if (bytes === null) {
      this.worker.counters.add(Counter.NO_BUFFER, 1);
      return null;
    }
    const request = new H2Request(this, stream, this.room.takeRecord(this.client), bytes);
    this.#serving++;
    stream.owner = request;
    return request.space;
  }

  head(stream: H2Stream<H2Request>, _head: MessageHead, ends: boolean): void {
    const request = stream.owner;
    if (request === null) return;
    this.#fresh = false;
    this.lastActive = this.worker.wheel.now;
    request.begin(ends);
    void this.#parts.serve(request);
  }

  interim(): void {}

  data(
    stream: H2Stream<H2Request>,
    bytes: Uint8Array,
    start: number,
    end: number,
    ends: boolean,
  ): void {
    this.lastActive = this.worker.wheel.now;
    const request = stream.owner;
    if (request === null) return this.connection.release(stream, end - start);
    if (request.received(bytes, start, end, ends)) return;
    this.worker.counters.add(Counter.NO_BUFFER, 1);
    this.connection.release(stream, end - start);
    request.reset(ErrorCode.ENHANCE_YOUR_CALM);
    request.overwhelmed();
  }

  trailers(stream: H2Stream<H2Request>, trailers: MessageHead): void {
    stream.owner?.trailersCame(trailers);
  }

  sent(stream: H2Stream<H2Request>): void {
    this.lastActive = this.worker.wheel.now;
    stream.owner?.sink.sent();
  }

  ended(stream: H2Stream<H2Request>, reason: EndReason): void {
    const request = stream.owner;
    if (request === null) return;
    request.ended(reason);
    // Nobody serves a request whose head was refused.
    if (!request.begun) request.end();
  }

  malformed(stream: H2Stream<H2Request>, problem: HeadProblem): void {
    const request = stream.owner;
    if (request === null || request.begun) return;
    this.worker.counters.add(Counter.BAD_REQUESTS, 1);
    request.refused();
    if (problem === HeadProblem.AUTHORITY) void this.#parts.refuse(request);
  }

  settled(): void {}

  pong(): void {}

  goaway(): void {}

  over(): void {
    this.#serving--;
    if (this.#serving > 0) return;
    this.lastActive = this.worker.wheel.now;
    if (this.#phase === SessionPhase.OPEN) this.#arm();
    this.#onServed?.();
  }

  /** Reads until nothing more is to be read. */
  async #receiveAll(): Promise<void> {
    const { connection, input, worker } = this;
    for (;;) {
      if (connection.isCongested) await this.#written();
      else if (!(await this.#more())) return await this.#ended();
      if (this.#phase !== SessionPhase.OPEN) return;
      const { bytes, start, end } = input;
      input.start = connection.receive(bytes, start, end, worker.wheel.now);
      if (input.start === input.end) input.clear();
      if (this.#draining && !this.#fresh) connection.drain(worker.wheel.now);
      this.#settle();
      this.#arm();
    }
  }

  /** Reads more behind what is left; false at the end. */
  async #more(): Promise<boolean> {
    const { input } = this;
    const full = input.end === input.bytes.length;
    if (!input.reading) {
      if (full) input.growForBody();
      else if (input.length === 0) input.releaseHead();
      input.makeRoom();
    }
    try {
      return await this.receive();
    } catch (error) {
      if (isDefect(error)) throw error;
      this.connection.lost();
      this.close();
      return false;
    }
  }

  /** The client says nothing more: it gets what it has asked for. */
  async #ended(): Promise<void> {
    if (this.#phase !== SessionPhase.OPEN) return;
    this.connection.inputEnded(this.worker.wheel.now);
    this.#settle();
    while (this.#phase === SessionPhase.OPEN) {
      this.#arm();
      await this.#written();
    }
  }

  /** Resolves when a write is over, or the session is. */
  #written(): Promise<void> {
    return new Promise((resolve) => this.#onWritten = resolve);
  }

  #wake(): void {
    const wake = this.#onWritten;
    this.#onWritten = null;
    wake?.();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.worker.turns.add(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#writingSince !== Infinity || this.#phase === SessionPhase.CLOSED) return;
    const { now } = this.worker.wheel;
    const bytes = this.connection.take(now);
    if (bytes === null) return this.#settle();
    this.#writingSince = now;
    void this.#write(bytes);
  };

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      const written = await this.stream.write(bytes);
      if (written < bytes.length) await writeRest(this.stream, bytes, written, bytes.length);
      this.worker.counters.add(Counter.BYTES_OUT, bytes.length);
    } catch (error) {
      reportDefect(error, this.worker.counters, "Session");
      this.connection.lost();
      this.close();
    }
    this.#writingSince = Infinity;
    this.connection.written();
    if (this.#wants) {
      this.#wants = false;
      this.#schedule();
    }
    this.#settle();
    this.#wake();
  }

  /** Ends the session when its connection has nothing more to say. */
  #settle(): void {
    const { connection } = this;
    if (this.#phase !== SessionPhase.OPEN || !connection.isOver) return;
    if (connection.isDead) return this.close();
    this.#enter(SessionPhase.LINGERING);
    const { limits, wheel } = this.worker;
    this.#linger = new Linger(limits.linger, wheel.now);
    wheel.arm(this, limits.linger.stepMs);
    // A client that ended its side before has nothing to be heard.
    this.stream.closeWrite().catch(() => this.close());
    this.#wake();
  }

  /** Sets the deadline to whatever is due first. */
  #arm(): void {
    const { wheel } = this.worker;
    if (this.#phase !== SessionPhase.OPEN) return;
    const due = Math.min(this.connection.deadlineMs, this.#idleDeadline());
    wheel.arm(this, Math.max(0, due - wheel.now));
  }

  /** When a client that does nothing has done it for too long, in milliseconds. */
  #idleDeadline(): number {
    const { request, front } = this.listener.timeouts;
    if (this.#writingSince !== Infinity) return this.#writingSince + front;
    if (this.#fresh) return this.lastActive + request;
    return this.connection.streams === 0 ? this.lastActive + front : Infinity;
  }

  #enter(phase: SessionPhase): void {
    checkMove(SESSION_TRANSITIONS, this.#phase, phase);
    this.#phase = phase;
  }

  /** Resolves when no request is served any more. */
  #served(): Promise<void> {
    if (this.#serving === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onServed = resolve);
  }

  #finish(): void {
    countHttp(this.client, -1);
    this.worker.wheel.disarm(this);
    this.input.close();
    this.worker.clientLimits.release(this.client);
    this.#onEnd(this);
  }
}
