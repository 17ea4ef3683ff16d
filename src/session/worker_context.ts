// What the sessions of one worker share: the clock, the buffers with their fixed limits, the pools.
// Everything from outside (time, randomness, dialling) is handed in; a session holds a reference and never
// copies.

import {
  ADDED_HEAD_BYTES,
  BULK_BUFFER_BYTES,
  MAX_IDLE_UPSTREAMS,
  MAX_WIDE_BUFFERS,
  SMALL_BUFFER_BYTES,
  WIDE_BUFFER_BYTES,
} from "../../config/defaults.ts";
import { BufferPool } from "../bytes/buffer_pool.ts";
import type { Dialer, Timers } from "../io/contracts.ts";
import type { LoggerOf } from "../observe/log/module_log.ts";
import { Counters } from "../observe/metrics/counters.ts";
import { H2Counters, type H2Levels } from "../protocol/h2/connection/counters.ts";
import type { Sha256 } from "../protocol/http/basic_auth.ts";
import { UlidSource } from "../protocol/http/ids/ulid.ts";
import { Breaks } from "./timing/breaks.ts";
import { LANE_MS, SlowLane } from "./timing/slow_lane.ts";
import { BulkTurns } from "./timing/bulk_turns.ts";
import { ClientLimits } from "./client_limits.ts";
import { CoarseClock } from "./timing/coarse_clock.ts";
import { DeadlineWheel } from "./timing/deadline_wheel.ts";
import { TurnQueue } from "./timing/turn_queue.ts";
import type { InputBuffers } from "./http/h1/input.ts";
import type { LingerBounds } from "./linger.ts";
import type { TrafficObserver } from "./observer.ts";
import type { Tracer } from "./http/tracer.ts";
import type { SubnetSettings } from "./subnet_limits.ts";
import { UpstreamPool } from "./upstream/pool.ts";
import type { UpstreamBuffers } from "./upstream/upstream.ts";

/** Everything one worker's sessions share. */
export interface WorkerContext {
  /** Milliseconds on the clock that the wheel also runs on, exact. */
  readonly clock: () => number;
  /** The same to a millisecond, for a tenth of the cost. */
  readonly coarseClock: CoarseClock;
  readonly wheel: DeadlineWheel;
  /** For what no session waits for; sessions have the wheel. */
  readonly timers: Timers;
  readonly loggerOf: LoggerOf;
  readonly counters: Counters;
  /** Counted by all connections of HTTP/2. */
  readonly h2Counters: H2Counters;
  /** The connections of HTTP/2 that are open, for gauges. */
  readonly h2Connections: Set<H2Levels>;
  readonly dialer: Dialer;
  /** Connections to backends that carry one request at a time. */
  readonly upstreams: UpstreamPool;
  /** Rations large reads, so that bulk transfers do not make small requests wait. */
  readonly bulkTurns: BulkTurns;
  /** For work that takes long, so that others have their turn. */
  readonly breaks: Breaks;
  /** Where connections have their turns that make work for nothing. */
  readonly slowLane: SlowLane;
  /** For what is done once for everything that is ready in a turn. */
  readonly turns: TurnQueue;
  readonly inputBuffers: InputBuffers;
  /** Where outgoing heads are assembled; larger than a head may be by what is added to it. */
  readonly outBuffers: BufferPool;
  /** For bytes on their way from a client of TCP to a backend, and back. */
  readonly tunnelInputBuffers: InputBuffers;
  readonly tunnelBuffers: UpstreamBuffers;
  readonly requestIds: UlidSource;
  readonly clientLimits: ClientLimits;
  readonly sha256: Sha256;
  readonly limits: WorkerLimits;
  /** Client connections at most. */
  readonly maxConnections: number;
  /** Is told what the sessions did; `null` when nobody wants to know. Set with `observeTraffic`. */
  observer: TrafficObserver | null;
  /** What accounts are timed with: exact only for an observer that asks for it. */
  accountClock: () => number;
  /** Gives requests their place in a trace; `null` lets what clients say of theirs pass untouched. */
  readonly tracer: Tracer | null;
  /** Requests of HTTP/1.1 for backends of HTTP/1.1 take the written-out way instead of the relay. */
  readonly fastPath: boolean;
  /** Set once the worker drains: no connection serves another request. */
  draining: boolean;
  /** A cluster has sticky sessions: from now on requests are searched for the sticky cookie. */
  stickyInUse: boolean;
}

/** Limits of a worker that sessions enforce. */
export interface WorkerLimits {
  /** Seconds for Retry-After where the cluster says nothing; 0 leaves the header out. */
  readonly retryAfter: number;
  /** Longest decoded Basic credentials, in bytes; 0 is the default. */
  readonly maxCredentialBytes: number;
  /** For clients that still send after their last answer. */
  readonly linger: LingerBounds;
}

/** Connections that are closed but have not given their buffer back, when others take their place. */
const CLOSING_CONNECTIONS = 256;

/** The outside world and the limits of one worker. */
export interface WorkerParts {
  readonly dialer: Dialer;
  readonly timers: Timers;
  readonly loggerOf: LoggerOf;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Runs its argument once everything that is ready in this turn of the event loop has run. */
  readonly atEndOfTurn: (work: () => void) => void;
  readonly fillRandom: (into: Uint8Array<ArrayBuffer>) => void;
  /** Client connections at most. */
  readonly maxConnections: number;
  /** Requests served at the same time at most. */
  readonly maxBuffers: number;
  /** Largest message head, in bytes. */
  readonly bufferSize: number;
  readonly sha256: Sha256;
  /** Connections one client address may have to one cluster; 0 is unlimited. */
  readonly maxConnectionsPerIp: number;
  /** The same for the clients of one network together. */
  readonly subnets: SubnetSettings;
  readonly limits: WorkerLimits;
  /** Traces requests; absent, nothing is traced. */
  readonly tracer?: Tracer | undefined;
  /** Off for tests of the relay, see {@linkcode WorkerContext.fastPath}; absent, it is on. */
  readonly fastPath?: boolean;
}

/** The shared parts of a new worker. */
export function createWorkerContext(parts: WorkerParts): WorkerContext {
  const { clock, maxBuffers, bufferSize } = parts;
  const coarseClock = new CoarseClock(clock, parts.wallClock);
  const wheel = new DeadlineWheel(clock());
  const counters = new Counters();
  const bulk = new BufferPool(BULK_BUFFER_BYTES, Math.max(16, Math.ceil(maxBuffers / 4)));
  const smallBuffers = () =>
    new BufferPool(SMALL_BUFFER_BYTES, parts.maxConnections + CLOSING_CONNECTIONS);
  const upstreamBuffers = {
    head: new BufferPool(bufferSize, maxBuffers + MAX_IDLE_UPSTREAMS),
    bulk,
  };
  const inputBuffers = {
    small: smallBuffers(),
    head: new BufferPool(bufferSize, maxBuffers),
    bulk,
  };
  const wide = new BufferPool(WIDE_BUFFER_BYTES, MAX_WIDE_BUFFERS);
  const { dialer, atEndOfTurn } = parts;
  const bulkTurns = new BulkTurns(clock, atEndOfTurn);
  const turns = new TurnQueue(atEndOfTurn);
  return {
    clock,
    coarseClock,
    accountClock: coarseClock.now,
    wheel,
    timers: parts.timers,
    loggerOf: parts.loggerOf,
    counters,
    h2Counters: new H2Counters(),
    h2Connections: new Set<H2Levels>(),
    dialer,
    upstreams: new UpstreamPool(dialer, upstreamBuffers, wheel, counters),
    bulkTurns,
    turns,
    breaks: new Breaks({
      clock,
      atEndOfTurn,
      afterPause: (work) => void parts.timers.after(0, work),
    }),
    slowLane: new SlowLane((work) => void parts.timers.after(LANE_MS, work)),
    inputBuffers,
    outBuffers: new BufferPool(bufferSize + ADDED_HEAD_BYTES, maxBuffers),
    tunnelInputBuffers: { ...inputBuffers, wide },
    tunnelBuffers: { head: smallBuffers(), bulk, wide },
    requestIds: new UlidSource(parts.fillRandom, parts.wallClock),
    clientLimits: new ClientLimits(parts.maxConnectionsPerIp, parts.subnets),
    sha256: parts.sha256,
    limits: parts.limits,
    maxConnections: parts.maxConnections,
    observer: null,
    tracer: parts.tracer ?? null,
    fastPath: parts.fastPath ?? true,
    draining: false,
    stickyInUse: false,
  };
}

/** Lets `observer` be told what the sessions of `worker` do from now on, as exactly as it asks. */
export function observeTraffic(worker: WorkerContext, observer: TrafficObserver | null): void {
  worker.observer = observer;
  worker.accountClock = observer?.exact === true ? worker.clock : worker.coarseClock.now;
}
