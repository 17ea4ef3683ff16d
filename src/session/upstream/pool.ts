// All backend connections of a worker. Idle ones are shared by every client and handed out newest
// first, so that surplus ones age and are closed. Owns dialling and the limits on idle connections;
// which backend to use is decided elsewhere.

import {
  DEFAULT_MAX_CONNECTION_ATTEMPTS,
  MAX_IDLE_UPSTREAMS,
  MAX_IDLE_UPSTREAMS_PER_BACKEND,
  REMOVED_BACKEND_DRAIN_MS,
  UPSTREAM_IDLE_MS,
} from "../../../config/defaults.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { ByteStream, Dialer } from "../../io/contracts.ts";
import { Counter, type Counters } from "../../observe/metrics/counters.ts";
import type { Cluster } from "../cluster.ts";
import type { SessionTarget } from "./session_target.ts";
import type { DeadlineWheel, Timed } from "../timing/deadline_wheel.ts";
import { PlacedSet } from "../placed_set.ts";
import { dialBackend } from "./dial.ts";
import { Upstream, type UpstreamBuffers, type UpstreamOwner, UpstreamState } from "./upstream.ts";

/** Backend connections by backend. */
export class UpstreamPool implements UpstreamOwner {
  readonly #dialer: Dialer;
  readonly #buffers: UpstreamBuffers;
  readonly #wheel: DeadlineWheel;
  readonly #counters: Counters;
  readonly #idle = new Map<Backend, Upstream[]>();
  /** Every connection that is open, idle or not. */
  readonly #open = new PlacedSet<Upstream>();
  #idleCount = 0;
  #closed = false;
  /** Connections that one request, or one TCP session, may try where its cluster says nothing. */
  attempts: number = DEFAULT_MAX_CONNECTION_ATTEMPTS;

  constructor(
    dialer: Dialer,
    buffers: UpstreamBuffers,
    wheel: DeadlineWheel,
    counters: Counters,
  ) {
    this.#dialer = dialer;
    this.#buffers = buffers;
    this.#wheel = wheel;
    this.#counters = counters;
  }

  /** Connections that one request, or one TCP session, for `cluster` may try. */
  attemptsFor({ settings }: Cluster): number {
    return settings.maxConnectionAttempts ?? this.attempts;
  }

  /** An idle connection to `backend`, or `null`. */
  take(backend: Backend): Upstream | null {
    const upstream = this.#idle.get(backend)?.pop();
    if (upstream === undefined) return null;
    this.#idleCount--;
    if (upstream.unixPath !== backend.unixPath) {
      // Its backend has moved to another socket, as all that lie below it have.
      upstream.close();
      return this.take(backend);
    }
    upstream.state = UpstreamState.BUSY;
    this.#counters.add(Counter.BACKEND_REUSED, 1);
    return upstream;
  }

  /**
   * A new connection to `backend` of `cluster`. Resolves with `null` when no buffer is free for it;
   * rejects when it cannot be opened or `signal` aborts. One with other `buffers` than usual must not
   * be given back.
   */
  async dial(
    cluster: Cluster,
    backend: Backend,
    signal: AbortSignal,
    buffers: UpstreamBuffers = this.#buffers,
  ): Promise<Upstream | null> {
    cluster.backends.connectionOpened(backend);
    const { unixPath } = backend;
    let stream: ByteStream;
    try {
      stream = await dialBackend(this.#dialer, backend, signal);
    } catch (error) {
      cluster.backends.connectionClosed(backend);
      throw error;
    }
    const buffer = buffers.head.take();
    if (buffer === null) {
      stream.close();
      cluster.backends.connectionClosed(backend);
      return null;
    }
    this.#counters.add(Counter.BACKEND_CONNECTED, 1);
    const upstream = new Upstream(stream, cluster, backend, buffers, buffer, this);
    upstream.unixPath = unixPath;
    this.#open.add(upstream);
    return upstream;
  }

  /** Takes a connection back after a complete exchange that both sides want to survive. */
  give(upstream: Upstream): void {
    if (this.#closed || upstream.isLast || upstream.state !== UpstreamState.BUSY) {
      return upstream.discard();
    }
    let idle = this.#idle.get(upstream.backend);
    if (idle === undefined) {
      idle = [];
      this.#idle.set(upstream.backend, idle);
    }
    const full = idle.length >= MAX_IDLE_UPSTREAMS_PER_BACKEND ||
      this.#idleCount >= MAX_IDLE_UPSTREAMS;
    const { status, unixPath } = upstream.backend;
    if (full || status !== "normal" || upstream.unixPath !== unixPath) return upstream.discard();
    idle.push(upstream);
    this.#idleCount++;
    upstream.rest(this.#wheel.now);
  }

  /**
   * A backend left the configuration: its idle connections close now, those in use when their exchange
   * ends, and at the latest {@link REMOVED_BACKEND_DRAIN_MS} from now.
   */
  retire(backend: Backend): void {
    this.#drop(backend);
    if (backend.activeConnections > 0) {
      this.#wheel.arm(new Retirement(this.#open, backend), REMOVED_BACKEND_DRAIN_MS);
    }
  }

  /** Closes the idle connections that `target` tells; the others of it carry no more than they carry now. */
  endFor(target: SessionTarget): void {
    for (const upstream of [...this.#open]) {
      if (!target.matches(upstream.cluster, upstream.backend)) continue;
      upstream.isLast = true;
      if (upstream.state === UpstreamState.IDLE) this.#drop(upstream.backend);
    }
  }

  #drop(backend: Backend): void {
    const idle = this.#idle.get(backend);
    if (idle === undefined) return;
    this.#idle.delete(backend);
    this.#idleCount -= idle.length;
    for (const upstream of idle) upstream.close();
  }

  /** Closes what has been idle for longer than {@link UPSTREAM_IDLE_MS}; call about once a second. */
  sweep(): void {
    const oldest = this.#wheel.now - UPSTREAM_IDLE_MS;
    for (const idle of this.#idle.values()) {
      let stale = 0;
      while (stale < idle.length && (idle[stale] as Upstream).idleSince < oldest) stale++;
      this.#idleCount -= stale;
      for (const upstream of idle.splice(0, stale)) upstream.close();
    }
  }

  /** The worker stops: closes every idle connection, and keeps none from now on. */
  close(): void {
    this.#closed = true;
    for (const backend of [...this.#idle.keys()]) this.#drop(backend);
  }

  /** What connections are read into. */
  get buffers(): UpstreamBuffers {
    return this.#buffers;
  }

  /** Connections right now, idle or not. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Idle connections right now. */
  get idleCount(): number {
    return this.#idleCount;
  }

  idleEnded(upstream: Upstream): void {
    const idle = this.#idle.get(upstream.backend);
    const index = idle?.indexOf(upstream) ?? -1;
    if (idle === undefined || index < 0) return;
    idle.splice(index, 1);
    this.#idleCount--;
  }

  closed(upstream: Upstream): void {
    this.#open.delete(upstream);
    upstream.cluster.backends.connectionClosed(upstream.backend);
  }
}

/** Cuts what a removed backend still has when its time is over. */
class Retirement implements Timed {
  deadline = Infinity;
  filedTick = Infinity;
  filedIndex = 0;
  readonly #open: Iterable<Upstream>;
  readonly #backend: Backend;

  constructor(open: Iterable<Upstream>, backend: Backend) {
    this.#open = open;
    this.#backend = backend;
  }

  onDeadline(): void {
    const left = [...this.#open].filter(({ backend }) => backend === this.#backend);
    for (const upstream of left) upstream.close();
  }
}
