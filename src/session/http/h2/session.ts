// One client connection speaking HTTP/2: reads into the connection's state machine and has written what it
// says, keeps its deadlines, and ends it. What happens on its streams is the business of its requests.

import { EXPECTED_REQUEST_MS } from "../../../../config/defaults.ts";
import type { ByteStream } from "../../../io/contracts.ts";
import { Counter } from "../../../observe/metrics/counters.ts";
import { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import { Role } from "../../../protocol/h2/connection/link.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import { isDefect, reportDefect } from "../../defect.ts";
import { discard, Linger } from "../../linger.ts";
import { NOWHERE } from "../../placed_set.ts";
import type { OnSessionEnd, Session } from "../../session.ts";
import { Ending, type SessionTarget } from "../../upstream/session_target.ts";
import type { Timed } from "../../timing/deadline_wheel.ts";
import { checkMove } from "../../transitions.ts";
import type { WorkerContext } from "../../worker_context.ts";
import type { ClientConnection } from "../client_connection.ts";
import { ClientInput } from "../h1/input.ts";
import { countHttp } from "../protocol_levels.ts";
import { FrameWriter, type WriterOwner } from "../../upstream/h2/frame_writer.ts";
import type { H2Request } from "./request.ts";
import { type H2SessionParts, Requests, type RequestsOwner } from "./requests.ts";
import { SESSION_TRANSITIONS, SessionPhase } from "./session_phase.ts";

/** A read with less room than this is not worth its system call, in bytes. */
const LEAST_ROOM = 1024;
/** Frames and new requests of one connection that are dealt with in one go: others wait for a millisecond or two. */
const FRAMES_AT_ONCE = 256;
const REQUESTS_AT_ONCE = 32;
/** Frames of a client that has us work in vain. */
const WASTEFUL_FRAMES_AT_ONCE = 64;
/** Bytes that are read of a client behind our last word, so that it can be read; fewer when an error of its ended it. */
const DISCARDED_BYTES = 4 * 2 ** 20;
const DISCARDED_BYTES_AFTER_ERROR = 2 ** 18;
/** How often a client that has ended its side is asked for a sign of life, in milliseconds. */
const PROBE_MS = 1_000;

/** A client connection from accept to close. */
export class H2Session implements Session, Timed, RequestsOwner, WriterOwner {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  lastActive: number;
  readonly client: ClientConnection;
  readonly worker: WorkerContext;
  readonly input: ClientInput;
  readonly connection: H2Connection<H2Request>;
  readonly #stream: ByteStream;
  readonly #requests: Requests;
  readonly #writer: FrameWriter<H2Request>;
  readonly #onEnd: OnSessionEnd;
  #phase: SessionPhase = SessionPhase.OPEN;
  /** The worker drains; it may have begun to before this session did. */
  #draining: boolean;
  #linger: Linger | null = null;
  /** Bytes that may still come while it lingers. */
  #discardable = Infinity;
  /** The last read has filled the buffer. */
  #filled = false;
  /** It has brought little for its size. */
  #sparse = true;
  /** When a client that has ended its side is asked for a sign of life, in milliseconds. */
  #probeAt = Infinity;
  /** Wake those who wait for a write, or for the end: the loop that reads, and requests. */
  #wakes: (() => void)[] = [];

  /** `first` comes from the worker's small input buffers. */
  constructor(
    client: ClientConnection,
    stream: ByteStream,
    first: Uint8Array,
    parts: H2SessionParts,
    onEnd: OnSessionEnd,
  ) {
    const { listener, worker } = client;
    const { now } = worker.wheel;
    this.client = client;
    this.worker = worker;
    this.input = new ClientInput(stream, worker.inputBuffers, first);
    this.lastActive = now;
    this.#draining = worker.draining;
    this.#stream = stream;
    this.#requests = new Requests(this, client, parts);
    this.#onEnd = onEnd;
    this.connection = new H2Connection({
      role: Role.SERVER,
      limits: listener.h2,
      events: this.#requests,
      tools: parts.tools,
      counters: worker.h2Counters,
      buffers: worker.inputBuffers.bulk,
      allowsConnectProtocol: true,
    }, now);
    this.#writer = new FrameWriter(this.connection, stream, worker, this);
  }

  async run(): Promise<void> {
    try {
      countHttp(this.client, 1);
      this.worker.h2Connections.add(this.connection);
      this.#arm();
      await this.#receiveAll();
      if (this.#phase === SessionPhase.LINGERING) await discard(this);
    } catch (error) {
      reportDefect(error, this.worker.counters, "Session");
    }
    this.close();
    await this.#requests.served();
    this.#finish();
  }

  drain(): void {
    this.#draining = true;
    this.#beginDrain();
  }

  leaveIdle(): boolean {
    if (this.#phase !== SessionPhase.OPEN) return true;
    this.#beginDrain();
    this.#settle();
    return false;
  }

  endFor(target: SessionTarget): Ending {
    const { connection } = this;
    if (this.#phase !== SessionPhase.OPEN || connection.isDraining) return Ending.NONE;
    if (!this.#requests.have(target)) return Ending.NONE;
    const idle = connection.streams === 0;
    this.#requests.cutTunnels(target);
    this.drain();
    this.#settle();
    return idle ? Ending.CLOSED : Ending.DRAINING;
  }

  close(): void {
    if (this.#phase === SessionPhase.CLOSED) return;
    this.#enter(SessionPhase.CLOSED);
    this.#stream.close();
    this.connection.lost();
    this.#wakeAll();
  }

  get closed(): boolean {
    return this.#phase === SessionPhase.CLOSED;
  }

  /** Reads once; false at the end of the stream. */
  async receive(): Promise<boolean> {
    const { input } = this;
    const count = input.accept(await input.read());
    this.worker.counters.add(Counter.BYTES_IN, count);
    this.#filled = input.end === input.bytes.length;
    this.#sparse = count < input.bytes.length / 8;
    if (this.#linger === null) return count > 0;
    this.#linger.hear(count);
    this.#discardable -= count;
    if (this.#discardable < 0) this.close();
    return count > 0;
  }

  onDeadline(now: number): void {
    switch (this.#phase) {
      case SessionPhase.OPEN:
        return this.#expire(now);
      case SessionPhase.LINGERING:
        if (this.#linger?.goesOn(now) !== true) return this.close();
        return this.worker.wheel.arm(this, this.worker.limits.linger.stepMs);
      case SessionPhase.CLOSED:
        return;
    }
  }

  wantsWrite(): void {
    this.#writer.wake();
  }

  written(): Promise<void> {
    if (this.#phase !== SessionPhase.OPEN) return Promise.resolve();
    return new Promise((resolve) => this.#wakes.push(resolve));
  }

  active(): void {
    this.lastActive = this.worker.wheel.now;
  }

  idle(): void {
    this.active();
    this.#arm();
  }

  wrote(count: number): void {
    this.worker.counters.add(Counter.BYTES_OUT, count);
    this.#settle();
    this.#wakeAll();
  }

  writeFailed(error: unknown): void {
    this.client.broke(error, "write");
    reportDefect(error, this.worker.counters, "Session");
    this.#lose();
  }

  /** Reads until nothing more is to be read. */
  async #receiveAll(): Promise<void> {
    const { connection, input, worker } = this;
    while (this.#phase === SessionPhase.OPEN) {
      if (connection.isCongested) await this.written();
      else if (!connection.isPaused && !(await this.#more())) return await this.#inputEnded();
      // A client that sends faster than it is read would be read without end. The break comes before its bytes
      // are looked at: there are no breaks for others while somebody is at work.
      if (connection.isWasteful) await worker.slowLane.take(this);
      else if (this.#filled || connection.isPaused) await worker.breaks.take();
      if (this.#phase !== SessionPhase.OPEN) return;
      const { bytes, start, end } = input;
      const most = connection.isWasteful ? WASTEFUL_FRAMES_AT_ONCE : FRAMES_AT_ONCE;
      input.start = connection.receive(bytes, start, end, worker.wheel.now, most);
      if (input.start === input.end) input.clear();
      while (this.#requests.serveSome(REQUESTS_AT_ONCE)) await worker.breaks.take();
      if (this.#draining) this.#beginDrain();
      this.#settle();
      this.#arm();
    }
  }

  /** Reads more behind what is left; false at the end. */
  async #more(): Promise<boolean> {
    const { input } = this;
    if (!input.reading) {
      // Inside TLS no read is larger than a record: one that brings a good part of the buffer shows that it is used.
      if (this.#filled) input.growForBody();
      else if (input.length === 0 && (this.#sparse || this.connection.streams === 0)) {
        input.releaseHead();
      }
      input.makeRoom(input.bytes.length >> 1);
      // The rest of a frame may be a few bytes, and inside TLS only so much ciphertext would be read at a time.
      if (input.bytes.length - input.end < LEAST_ROOM) input.growForBody();
      if (input.end === input.bytes.length) return this.#starve();
    }
    try {
      return await this.receive();
    } catch (error) {
      if (isDefect(error)) throw error;
      this.client.broke(error, "read");
      this.#lose();
      return false;
    }
  }

  /** There is no buffer as large as the frame that comes. */
  #starve(): true {
    this.worker.counters.add(Counter.NO_BUFFER, 1);
    this.connection.close(ErrorCode.ENHANCE_YOUR_CALM);
    this.input.clear();
    return true;
  }

  /** The client says nothing more: it gets what it has asked for. */
  async #inputEnded(): Promise<void> {
    if (this.#phase !== SessionPhase.OPEN) return;
    const { now } = this.worker.wheel;
    this.connection.inputEnded(now);
    // It may be gone: whoever is, resets the connection when something is sent.
    this.#probeAt = now;
    this.#settle();
    while (this.#phase === SessionPhase.OPEN) {
      this.#arm();
      await this.written();
    }
  }

  #wakeAll(): void {
    const wakes = this.#wakes;
    if (wakes.length === 0) return;
    this.#wakes = [];
    for (const wake of wakes) wake();
  }

  /** The client has broken its connection. */
  #lose(): void {
    this.connection.lost();
    this.close();
  }

  /** The first request of a new connection is almost certainly on its way, for so long, in milliseconds. */
  get #expectedUntil(): number {
    const isNew = this.#requests.fresh && this.connection.streams === 0;
    return isNew ? this.lastActive + EXPECTED_REQUEST_MS : -Infinity;
  }

  /** The requests that have come are the last. One that is expected is waited for. */
  #beginDrain(): void {
    if (this.#phase !== SessionPhase.OPEN) return;
    const { now } = this.worker.wheel;
    if (now >= this.#expectedUntil) this.connection.drain(now);
    this.#arm();
  }

  #expire(now: number): void {
    this.connection.expire(now);
    if (this.#draining) this.#beginDrain();
    if (now >= this.#idleDeadline()) {
      this.worker.counters.add(Counter.TIMEOUTS, 1);
      // A client that does not read cannot be told.
      if (this.#writer.since !== Infinity) return this.close();
      this.connection.close(ErrorCode.NO_ERROR);
    }
    if (now >= this.#probeAt) {
      this.connection.ping();
      this.#probeAt = now + PROBE_MS;
    }
    this.#settle();
    this.#arm();
  }

  /** Ends the session when its connection has nothing more to say. */
  #settle(): void {
    const { connection } = this;
    if (this.#phase !== SessionPhase.OPEN || !connection.isOver) return;
    if (connection.isDead) return this.close();
    this.#enter(SessionPhase.LINGERING);
    const { limits, wheel } = this.worker;
    this.#linger = new Linger(limits.linger, wheel.now);
    const isError = connection.error !== ErrorCode.NO_ERROR;
    this.#discardable = isError ? DISCARDED_BYTES_AFTER_ERROR : DISCARDED_BYTES;
    wheel.arm(this, limits.linger.stepMs);
    this.#stream.closeWrite().catch(() => this.close());
    this.#wakeAll();
  }

  /** Sets the deadline to whatever is due first. */
  #arm(): void {
    if (this.#phase !== SessionPhase.OPEN) return;
    const { wheel } = this.worker;
    const { deadlineMs, isDraining } = this.connection;
    let due = Math.min(deadlineMs, this.#idleDeadline(), this.#probeAt);
    if (this.#draining && !isDraining) due = Math.min(due, this.#expectedUntil);
    wheel.arm(this, Math.max(0, due - wheel.now));
  }

  /** When a client that does nothing has done it for too long, in milliseconds. */
  #idleDeadline(): number {
    const { request, front } = this.client.listener.timeouts;
    const { since } = this.#writer;
    if (since !== Infinity) return since + front;
    if (this.#requests.fresh) return this.lastActive + request;
    return this.connection.streams === 0 ? this.lastActive + front : Infinity;
  }

  #enter(phase: SessionPhase): void {
    checkMove(SESSION_TRANSITIONS, this.#phase, phase);
    this.#phase = phase;
  }

  #finish(): void {
    countHttp(this.client, -1);
    this.worker.h2Connections.delete(this.connection);
    this.worker.wheel.disarm(this);
    this.input.close();
    this.worker.clientLimits.release(this.client);
    this.#onEnd(this);
  }
}
