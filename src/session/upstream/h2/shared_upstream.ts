// One connection of HTTP/2 to a backend: the shell around the connection core. It opens the connection, reads
// into a buffer, writes what there is once a turn, and keeps the time: of opening, of being idle, and of a
// backend that may have gone without a word.

import { UPSTREAM_IDLE_MS } from "../../../../config/defaults.ts";
import type { Backend } from "../../../balancing/backend.ts";
import type { BufferPool } from "../../../bytes/buffer_pool.ts";
import type { ByteStream, Dialer } from "../../../io/contracts.ts";
import { Counter, type Counters } from "../../../observe/metrics/counters.ts";
import { H2Connection } from "../../../protocol/h2/connection/connection.ts";
import type { H2Counters, H2Levels } from "../../../protocol/h2/connection/counters.ts";
import type { HeadTools } from "../../../protocol/h2/connection/head_tools.ts";
import { Role } from "../../../protocol/h2/connection/link.ts";
import type { H2Stream } from "../../../protocol/h2/connection/stream.ts";
import { ErrorCode } from "../../../protocol/h2/frames/error_code.ts";
import type { MessageHead } from "../../../protocol/http/message_head.ts";
import type { Cluster } from "../../cluster.ts";
import { reportDefect } from "../../defect.ts";
import { NOWHERE, type Placed } from "../../placed_set.ts";
import type { BulkTurns } from "../../timing/bulk_turns.ts";
import type { DeadlineWheel, Timed } from "../../timing/deadline_wheel.ts";
import type { TurnQueue } from "../../timing/turn_queue.ts";
import { checkMove } from "../../transitions.ts";
import { dialBackend } from "../dial.ts";
import { FramePipe } from "./frame_pipe.ts";
import { MOST_STREAMS, PING_AFTER_MS, PING_TIMEOUT_MS, SHARED_UPSTREAM_LIMITS } from "./limits.ts";
import { SHARED_TRANSITIONS, SharedPhase } from "./shared_phase.ts";
import { StreamEvents } from "./stream_events.ts";
import type { StreamOwner } from "./stream_owner.ts";

/** What the connections of one worker share. */
export interface SharedParts {
  readonly dialer: Dialer;
  /** Milliseconds, exact. */
  readonly clock: () => number;
  readonly wheel: DeadlineWheel;
  readonly counters: Counters;
  readonly bulkTurns: BulkTurns;
  readonly turns: TurnQueue;
  readonly tools: HeadTools;
  readonly h2Counters: H2Counters;
  /** Those that are open, for gauges. */
  readonly h2Connections: Set<H2Levels>;
  /** What connections are read into; one each. */
  readonly inputBuffers: BufferPool;
  /** What is written lies here while there is something to write. */
  readonly outputBuffers: BufferPool;
}

/** Is told about the life of connections it opened. */
export interface SharedOwner {
  /** The backend's SETTINGS have come, the `first` or new ones. */
  settled(upstream: SharedUpstream, first: boolean): void;
  /** A stream is over, or something else has changed that may let others begin. */
  changed(upstream: SharedUpstream): void;
  /** It is closed; `reason` when it never carried a stream because it could not be opened. */
  closed(upstream: SharedUpstream, reason: unknown): void;
}

const NOT_IN_TIME = "no HTTP/2 connection within connect_timeout";

/** A connection to a backend that carries streams. */
export class SharedUpstream implements Placed, Timed {
  place = NOWHERE;
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly cluster: Cluster;
  readonly backend: Backend;
  /** It has carried a stream to its response. */
  carried = false;
  /** How long connecting took, in milliseconds. */
  connectMs = 0;
  readonly #parts: SharedParts;
  readonly #owner: SharedOwner;
  /** The unix socket to which it leads; its backend may move to another. */
  readonly #path: string | null;
  readonly #dialing = new AbortController();
  #phase: SharedPhase = SharedPhase.CONNECTING;
  #core: H2Connection<StreamOwner> | null = null;
  #pipe: FramePipe | null = null;
  /** Streams that may be opened and are not yet. */
  #reserved = 0;
  /** Streams when they were last looked at. */
  #seen = 0;
  /** It may have room that it had not. */
  #changed = false;
  #idleSince = 0;
  #heardAt = 0;
  /** When a sign of life was asked for that has not come. */
  #askedAt = Infinity;
  /** Whether its backend is still there is in doubt: no more streams until it has answered. */
  #doubted = false;

  /** Call {@link run} next. */
  constructor(parts: SharedParts, cluster: Cluster, backend: Backend, owner: SharedOwner) {
    this.#parts = parts;
    this.#path = backend.unixPath;
    this.cluster = cluster;
    this.backend = backend;
    this.#owner = owner;
  }

  get phase(): SharedPhase {
    return this.#phase;
  }

  /** It is being opened, or its backend has not said how many streams it takes. */
  get opening(): boolean {
    return this.#phase <= SharedPhase.SETTLING;
  }

  /** Streams, with those that are about to be opened. */
  get users(): number {
    return this.#reserved + (this.#core?.streams ?? 0);
  }

  /** Streams that it may have at the same time. */
  get mostStreams(): number {
    return Math.min(this.#core?.peer.maxConcurrentStreams ?? 0, MOST_STREAMS);
  }

  /** Its backend takes another stream now. */
  get hasRoom(): boolean {
    const core = this.#core;
    return this.#phase === SharedPhase.OPEN && core !== null && !this.#doubted && core.mayOpen &&
      this.#path === this.backend.unixPath && this.users < this.mostStreams;
  }

  /** More streams are to be expected of it, now or when others are over. */
  get isOfUse(): boolean {
    return this.#phase === SharedPhase.OPEN && !this.#doubted && this.#core?.isDraining === false &&
      this.#path === this.backend.unixPath;
  }

  /** Its backend knows extended CONNECT (RFC 8441). */
  get connectsProtocols(): boolean {
    return this.#core?.peer.connectProtocol ?? false;
  }

  /** Opens the connection and carries its streams until it closes; never rejects. */
  async run(connectMs: number): Promise<void> {
    const { dialer, wheel, clock, counters, inputBuffers } = this.#parts;
    wheel.arm(this, connectMs);
    const began = clock();
    // Only connections that are closing can have the others: there are as many as may be open.
    const lent = inputBuffers.take();
    const input = lent ?? new Uint8Array(inputBuffers.size);
    try {
      const stream = await dialBackend(dialer, this.backend, this.#dialing.signal);
      this.connectMs = clock() - began;
      if (this.#phase === SharedPhase.CLOSED) stream.close();
      else await this.#carry(stream, input);
      this.#close("closed before its SETTINGS");
    } catch (error) {
      reportDefect(error, counters, "Backend connection");
      this.#close(error);
    } finally {
      if (lent !== null) inputBuffers.give(lent);
    }
  }

  async #carry(stream: ByteStream, input: Uint8Array): Promise<void> {
    const { wheel, tools, h2Counters, h2Connections, outputBuffers, counters } = this.#parts;
    this.#enter(SharedPhase.SETTLING);
    counters.add(Counter.BACKEND_CONNECTED, 1);
    this.#core = new H2Connection<StreamOwner>({
      role: Role.CLIENT,
      limits: SHARED_UPSTREAM_LIMITS,
      events: new StreamEvents(this),
      tools,
      counters: h2Counters,
      buffers: outputBuffers,
      allowsConnectProtocol: false,
    }, wheel.now);
    h2Connections.add(this.#core);
    this.#heardAt = wheel.now;
    const pipe = this.#pipe = new FramePipe(stream, this.#core, this.#parts, this);
    pipe.wantsWrite();
    await pipe.read(input);
  }

  /** A stream will be opened; {@link open} or {@link unreserve} must follow. */
  reserve(): void {
    this.#reserved++;
  }

  /** It will not. */
  unreserve(): void {
    this.#reserved--;
    this.#changed = true;
    this.#look();
  }

  /** Opens the stream that was reserved; `null` when the connection is gone or takes none any more. */
  open(
    owner: StreamOwner,
    head: MessageHead,
    scheme: "http" | "https",
    lines: Uint8Array,
    end: number,
    ends: boolean,
    tunnels: boolean,
  ): H2Stream<StreamOwner> | null {
    this.#reserved--;
    const core = this.#core;
    const stream = this.#phase === SharedPhase.OPEN && core !== null
      ? core.open(owner, head, scheme, lines, 0, end, ends, tunnels)
      : null;
    if (stream === null) this.#changed = true;
    this.#look();
    return stream;
  }

  /** Sends a piece of a body, which stays where it is until `sent`; false when the stream is gone. */
  send(stream: H2Stream<StreamOwner>, bytes: Uint8Array, ends: boolean): boolean {
    const sends = this.#core?.sendData(stream, bytes, 0, bytes.length, ends) ?? false;
    this.#look();
    return sends;
  }

  /** Ends a body with trailers; false when the stream is gone. */
  sendTrailers(stream: H2Stream<StreamOwner>, trailers: MessageHead): boolean {
    const sends = this.#core?.sendTrailers(stream, trailers, NO_LINES, 0, 0) ?? false;
    this.#look();
    return sends;
  }

  /** Ends a stream early; without effect when it is over. */
  reset(stream: H2Stream<StreamOwner>, code: ErrorCode): void {
    this.#core?.reset(stream, code);
    this.#look();
  }

  /** So much of what `data` brought is no longer needed. */
  release(stream: H2Stream<StreamOwner>, count: number): void {
    this.#core?.release(stream, count);
  }

  /** A request was given up because nothing came: is anybody there at all? */
  doubt(): void {
    if (this.#phase !== SharedPhase.OPEN || this.#heardAt === this.#parts.wheel.now) return;
    this.#doubted = true;
    this.#ask();
    this.#schedule();
  }

  /** Takes no more streams, and closes when there are none. */
  leave(): void {
    if (this.opening) return this.#close(null);
    if (this.#phase !== SharedPhase.OPEN) return;
    this.#enter(SharedPhase.LEAVING);
    this.#idleSince = this.#parts.wheel.now;
    this.#changed = true;
    this.#look();
    this.#schedule();
  }

  /** Closes at once: its streams are lost. */
  close(): void {
    this.#close(null);
  }

  onDeadline(now: number): void {
    const core = this.#core;
    if (this.opening) return this.#close(NOT_IN_TIME);
    if (core === null) return;
    if (now - this.#askedAt >= PING_TIMEOUT_MS) {
      // Whoever sends something is there, and answers when its turn comes.
      if (this.#heardAt <= this.#askedAt) return this.#close(null);
      this.answered();
    }
    core.expire(now);
    if (this.users === 0) this.#onIdle(now - this.#idleSince);
    this.#look();
    this.#schedule();
  }

  /** It has not been used for so many milliseconds. */
  #onIdle(idleMs: number): void {
    if (this.#phase === SharedPhase.LEAVING) {
      // The backend does not even take the goodbye.
      if (idleMs >= PING_TIMEOUT_MS) this.#close(null);
    } else if (idleMs >= UPSTREAM_IDLE_MS) this.leave();
    else if (this.#parts.wheel.now - this.#lastSign >= PING_AFTER_MS) this.#ask();
  }

  /** The backend has answered: it is there. */
  answered(): void {
    this.#askedAt = Infinity;
    this.#doubted = false;
    this.#changed = true;
    this.#schedule();
  }

  /** The backend's SETTINGS have come. */
  settled(): void {
    const first = this.#phase === SharedPhase.SETTLING;
    if (first) {
      this.#enter(SharedPhase.OPEN);
      this.#idleSince = this.#parts.wheel.now;
      this.#schedule();
    }
    this.#changed = true;
    this.#owner.settled(this, first);
  }

  /** The backend takes no more streams. */
  goaway(): void {
    if (this.#phase === SharedPhase.OPEN) this.#enter(SharedPhase.LEAVING);
    this.#changed = true;
  }

  /** There is something to write. */
  wantsWrite(): void {
    this.#pipe?.wantsWrite();
  }

  /** Bytes have come from the backend. */
  heard(): void {
    this.#heardAt = this.#parts.wheel.now;
  }

  /** Frames have come or gone. */
  moved(): void {
    this.#look();
  }

  /** Nothing more is written: it is over, or broke. */
  ended(reason: unknown): void {
    this.#close(reason);
  }

  /** Streams may have come or gone. */
  #look(): void {
    if (this.#phase === SharedPhase.CLOSED || this.#core === null) return;
    const { users } = this;
    const before = this.#seen;
    const makesRoom = this.#changed || users < before;
    if (users === before && !makesRoom) return;
    this.#seen = users;
    this.#changed = false;
    if (users === 0 && before > 0) this.#rest();
    if (users === 0 && this.#phase === SharedPhase.LEAVING) this.#core.drain(this.#parts.wheel.now);
    if (makesRoom) this.#owner.changed(this);
  }

  /** Nobody uses it now. */
  #rest(): void {
    this.#idleSince = this.#parts.wheel.now;
    this.#schedule();
  }

  #ask(): void {
    if (this.#askedAt !== Infinity) return;
    this.#askedAt = this.#parts.wheel.now;
    this.#core?.ping();
  }

  /** When the backend was last heard of, or the connection came to rest. */
  get #lastSign(): number {
    return Math.max(this.#heardAt, this.#idleSince);
  }

  /** When {@link #onIdle} has something to do. */
  get #idleDeadline(): number {
    if (this.#phase === SharedPhase.LEAVING) return this.#idleSince + PING_TIMEOUT_MS;
    return Math.min(this.#idleSince + UPSTREAM_IDLE_MS, this.#lastSign + PING_AFTER_MS);
  }

  /** Sets the deadline to whatever is due first. Too early does no harm. */
  #schedule(): void {
    if (this.#phase < SharedPhase.OPEN || this.#phase === SharedPhase.CLOSED) return;
    const { wheel } = this.#parts;
    let next = Math.min(this.#core?.deadlineMs ?? Infinity, this.#askedAt + PING_TIMEOUT_MS);
    if (this.users === 0) next = Math.min(next, this.#idleDeadline);
    if (next === Infinity) wheel.disarm(this);
    else wheel.arm(this, next - wheel.now);
  }

  #enter(phase: SharedPhase): void {
    checkMove(SHARED_TRANSITIONS, this.#phase, phase);
    this.#phase = phase;
  }

  /** `reason` is told when the connection could not be opened; `null` when that is not the backend's fault. */
  #close(reason: unknown): void {
    if (this.#phase === SharedPhase.CLOSED) return;
    const { opening } = this;
    this.#enter(SharedPhase.CLOSED);
    this.#parts.wheel.disarm(this);
    if (this.#pipe === null) this.#dialing.abort();
    this.#pipe?.close();
    if (this.#core !== null) this.#parts.h2Connections.delete(this.#core);
    this.#core?.lost();
    this.#owner.closed(this, opening ? reason : null);
  }
}

const NO_LINES = new Uint8Array(0);
