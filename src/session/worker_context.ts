// Builds what the sessions of one worker share: the clock, the buffers with their fixed limits, the
// pools. Everything from outside (time, randomness, dialling) is handed in.

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
import type { Sha256 } from "../protocol/http/basic_auth.ts";
import { UlidSource } from "../protocol/http/ids/ulid.ts";
import { BulkTurns } from "./timing/bulk_turns.ts";
import { ClientLimits } from "./client_limits.ts";
import { CoarseClock } from "./timing/coarse_clock.ts";
import type { WorkerContext, WorkerLimits } from "./context.ts";
import { DeadlineWheel } from "./timing/deadline_wheel.ts";
import { ExchangePool } from "./http/exchange_pool.ts";
import type { TrafficObserver } from "./observer.ts";
import type { Tracer } from "./http/tracer.ts";
import { UpstreamPool } from "./upstream/pool.ts";

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
  readonly limits: WorkerLimits;
  /** Traces requests; absent, nothing is traced. */
  readonly tracer?: Tracer | undefined;
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
  return {
    clock,
    coarseClock,
    accountClock: coarseClock.now,
    wheel,
    timers: parts.timers,
    loggerOf: parts.loggerOf,
    counters,
    upstreams: new UpstreamPool(parts.dialer, upstreamBuffers, wheel, counters),
    exchanges: new ExchangePool(),
    bulkTurns: new BulkTurns(clock, parts.atEndOfTurn),
    inputBuffers,
    outBuffers: new BufferPool(bufferSize + ADDED_HEAD_BYTES, maxBuffers),
    tunnelInputBuffers: { ...inputBuffers, wide },
    tunnelBuffers: { head: smallBuffers(), bulk, wide },
    requestIds: new UlidSource(parts.fillRandom, parts.wallClock),
    clientLimits: new ClientLimits(parts.maxConnectionsPerIp),
    sha256: parts.sha256,
    limits: parts.limits,
    observer: null,
    tracer: parts.tracer ?? null,
    draining: false,
    stickyInUse: false,
  };
}

/** Lets `observer` be told what the sessions of `worker` do from now on, as exactly as it asks. */
export function observeTraffic(worker: WorkerContext, observer: TrafficObserver | null): void {
  worker.observer = observer;
  worker.accountClock = observer?.exact === true ? worker.clock : worker.coarseClock.now;
}
