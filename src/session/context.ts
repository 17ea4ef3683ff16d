// What sessions share: the worker they run in and the listener they came through. Plain data and the
// injected doors; a session holds references to both and never copies.

import type { AnswerSet } from "../answers/answer_set.ts";
import type { BufferPool } from "../bytes/buffer_pool.ts";
import type { Endpoint } from "../io/contracts.ts";
import type { Counters } from "../observe/counters.ts";
import type { ForwardingRules } from "../protocol/http/forwarding_lines.ts";
import type { UlidSource } from "../protocol/http/ulid.ts";
import type { RouteTable } from "../routing/route_table.ts";
import type { Cluster } from "./cluster.ts";
import type { DeadlineWheel } from "./deadline_wheel.ts";
import type { ExchangePool } from "./exchange_pool.ts";
import type { InputBuffers } from "./client_input.ts";
import type { UpstreamPool } from "./upstream_pool.ts";

/** Everything one worker's sessions share. */
export interface WorkerContext {
  /** Milliseconds on the clock that the wheel also runs on, exact. */
  readonly clock: () => number;
  readonly wheel: DeadlineWheel;
  readonly counters: Counters;
  readonly upstreams: UpstreamPool;
  readonly exchanges: ExchangePool;
  readonly inputBuffers: InputBuffers;
  /** Where outgoing heads are assembled; larger than a head may be by what is added to it. */
  readonly outBuffers: BufferPool;
  readonly requestIds: UlidSource;
  /** Set once the worker drains: no connection serves another request. */
  draining: boolean;
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

/** Where a matched request goes. `cluster` is null for a route that denies. */
export interface Route {
  readonly cluster: Cluster | null;
}

/** What a listener gives to the sessions it accepts. Replaced, not changed, by an update. */
export interface ListenerContext {
  readonly protocol: "http" | "https";
  /** The address clients know. */
  readonly publicAddress: Endpoint;
  readonly routes: RouteTable<Route>;
  readonly answers: AnswerSet;
  readonly timeouts: Timeouts;
  readonly forwarding: ForwardingRules;
}
