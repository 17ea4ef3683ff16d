// What sessions share: the worker they run in and the listener they came through. Plain data and the
// injected doors; a session holds references to both and never copies.

import type { AnswerSet } from "../answers/answer_set.ts";
import type { BufferPool } from "../bytes/buffer_pool.ts";
import type { Endpoint, Timers } from "../io/contracts.ts";
import type { LoggedTags } from "../observe/access/record.ts";
import type { LoggerOf } from "../observe/log/module_log.ts";
import type { Counters } from "../observe/metrics/counters.ts";
import type { ForwardingRules } from "../protocol/http/forwarding_lines.ts";
import type { HstsHeader } from "../protocol/http/hsts.ts";
import type { Sha256 } from "../protocol/http/basic_auth.ts";
import type { UlidSource } from "../protocol/http/ids/ulid.ts";
import type { RouteTable } from "../routing/route_table.ts";
import type { BulkTurns } from "./timing/bulk_turns.ts";
import type { ClientLimits } from "./client_limits.ts";
import type { Cluster } from "./cluster.ts";
import type { CoarseClock } from "./timing/coarse_clock.ts";
import type { DeadlineWheel } from "./timing/deadline_wheel.ts";
import type { ExchangePool } from "./http/exchange_pool.ts";
import type { InputBuffers } from "./http/h1/input.ts";
import type { LingerBounds } from "./linger.ts";
import type { RoutePolicy } from "./http/route_policy.ts";
import type { Tracer } from "./http/tracer.ts";
import type { TrafficObserver } from "./observer.ts";
import type { UpstreamBuffers } from "./upstream/upstream.ts";
import type { UpstreamPool } from "./upstream/pool.ts";

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
  readonly upstreams: UpstreamPool;
  readonly exchanges: ExchangePool;
  /** Rations large reads, so that bulk transfers do not make small requests wait. */
  readonly bulkTurns: BulkTurns;
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
  /** Is told what the sessions did; `null` when nobody wants to know. Set with `observeTraffic`. */
  observer: TrafficObserver | null;
  /** What accounts are timed with: exact only for an observer that asks for it. */
  accountClock: () => number;
  /** Gives requests their place in a trace; `null` lets what clients say of theirs pass untouched. */
  readonly tracer: Tracer | null;
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

/** Timeouts of a listener, in milliseconds. */
export interface Timeouts {
  /** Until the first head is complete. */
  readonly request: number;
  /** Client silence. */
  readonly front: number;
  /** Backend silence. */
  readonly back: number;
  /** Opening a backend connection. */
  readonly connect: number;
}

/** Where a matched request goes. */
export interface Route {
  /** `null` for a route that denies, or that only redirects. */
  readonly cluster: Cluster | null;
  /** `null` for a route that just forwards. */
  readonly policy: RoutePolicy | null;
  /** What logs show of it. */
  readonly tags: LoggedTags | null;
  /** The HSTS policy of the route, its own or the listener's; `null` where there can be none. */
  readonly hsts: HstsSlot | null;
}

/** The HSTS policy of one route, or of all routes of a listener that have none of their own. */
export interface HstsSlot {
  /** `null` when no header is to be sent. Changes with the listener. */
  header: HstsHeader | null;
}

/** What a listener gives to the sessions it accepts. Replaced, not changed, by an update. */
export interface ListenerContext {
  readonly protocol: "http" | "https";
  /** The address clients know. */
  readonly publicAddress: Endpoint;
  readonly routes: RouteTable<Route>;
  readonly answers: AnswerSet;
  readonly timeouts: Timeouts;
  /** Bytes of a body that must come within each timeout; 0 for any. */
  readonly uploadMinBytes: number;
  readonly forwarding: ForwardingRules;
  /** Bytes that header values of requests may hold, as a table of 256. */
  readonly requestValues: Uint8Array;
  /** Name of the cookie of sticky sessions. */
  readonly stickyName: Uint8Array;
  /** Requests must name an authority that the certificate of their connection covers. */
  readonly strictSni: boolean;
}
