// Opens a connection to some backend of a cluster: nothing has been sent yet, so another backend may be
// tried while attempts are left, first of all one with an address that has not failed. What an attempt means for
// the backend is told to its cluster.

import type { Backend } from "../../balancing/backend.ts";
import type { FlowKey } from "../../balancing/flows/flow_key.ts";
import type { Cluster } from "../cluster.ts";
import { Interruption } from "../interruption.ts";
import { NO_CONNECTION_IN_TIME, Reason } from "../reason.ts";
import type { DeadlineWheel } from "../timing/deadline_wheel.ts";
import type { TrafficAccount } from "../traffic_account.ts";
import type { UpstreamPool } from "./pool.ts";
import type { Upstream, UpstreamBuffers } from "./upstream.ts";

/** What a backend connection is opened for: a request, or a client connection that is passed on. */
export interface Purpose {
  readonly account: TrafficAccount;
  /** Aborts the attempt that is under way; `null` when there is none. */
  connecting: AbortController | null;
  /** Why no connection is needed any more; NONE while one is. */
  readonly interruption: Interruption;
}

/** The client connection that waits for it. */
export interface WaitingClient {
  readonly worker: ConnectParts;
  readonly listener: { readonly timeouts: { readonly connect: number } };
}

/** Has the deadline of what waits. */
export interface Timer {
  /** Sets it to `delay` milliseconds from now. */
  arm(delay: number): void;
}

/** What connecting needs of a worker. */
export interface ConnectParts {
  /** Milliseconds, exact. */
  readonly clock: () => number;
  /** Milliseconds as accounts count them. */
  accountClock: () => number;
  readonly wheel: Pick<DeadlineWheel, "now">;
  readonly upstreams: Pick<UpstreamPool, "dial" | "attemptsFor">;
  observer: FailureObserver | null;
}

/** Is told that a connection to a backend could not be made. */
interface FailureObserver {
  connectFailed?(cluster: Cluster, backend: Backend): void;
}

/** How a backend is chosen, and what its connection reads into. */
export interface ConnectOptions {
  /** The backend to try first; `null` leaves the choice to the policy. */
  readonly first: Backend | null;
  /** Keeps clients together whose policy asks for it, see Policy; `null` for none. */
  readonly key: FlowKey | null;
  /** All attempts together may take so many milliseconds; absent, each has its own time only. */
  readonly withinMs?: number;
  /** For a connection that is never given back; otherwise those of the pool. */
  readonly buffers?: UpstreamBuffers;
}

/**
 * The deadline of what waits is there. True when that ends the attempt under way, and what waits goes on to the
 * next one; the deadline has to be set again, for an attempt that cannot be ended.
 */
export function endLateAttempt({ connecting, interruption }: Purpose): boolean {
  if (connecting === null || interruption !== Interruption.NONE) return false;
  if (connecting.signal.aborted) return false;
  connecting.abort(NO_CONNECTION_IN_TIME);
  return true;
}

/** Remembers that no connection to `backend` was made for the account. */
export function noteTried(account: TrafficAccount, backend: Backend): void {
  if (account.tried === null) account.tried = [backend];
  else account.tried.push(backend);
}

/** The choice of the policy, which avoids what has failed for the account. */
export function pickUntried(
  { tried }: TrafficAccount,
  cluster: Cluster,
  now: number,
  key: FlowKey | null,
): Backend | null {
  const { backends } = cluster;
  return tried === null ? backends.pick(now, key) : backends.pickOther(tried, now, key);
}

/**
 * A new connection to a backend of `cluster`. `null` when none can be had, for the reason that the account
 * then holds, or when none is needed any more. Attempts count for the account, not for the call.
 */
export async function connectBackend(
  purpose: Purpose,
  client: WaitingClient,
  timer: Timer,
  cluster: Cluster,
  { first, key, withinMs = Infinity, buffers }: ConnectOptions,
): Promise<Upstream | null> {
  const { worker } = client;
  const { account } = purpose;
  const { connect } = client.listener.timeouts;
  const until = worker.wheel.now + withinMs;
  let backend = first;
  while (account.attempts < worker.upstreams.attemptsFor(cluster)) {
    backend ??= pickUntried(account, cluster, worker.wheel.now, key);
    if (backend === null) break;
    account.attempts++;
    account.backend = backend;
    timer.arm(Math.min(connect, until - worker.wheel.now));
    const controller = new AbortController();
    purpose.connecting = controller;
    const began = worker.clock();
    let upstream: Upstream | null = null;
    try {
      upstream = await worker.upstreams.dial(cluster, backend, controller.signal, buffers);
    } catch (error) {
      attemptFailed(purpose, worker, cluster, backend, error);
    }
    purpose.connecting = null;
    if (upstream !== null) noteConnected(account, worker, upstream, began);
    if (purpose.interruption !== Interruption.NONE) {
      // It ended in the very moment in which the connection was made.
      upstream?.discard();
      return null;
    }
    if (upstream !== null) return upstream;
    if (worker.wheel.now >= until) {
      account.reason = Reason.CONNECT_TIMEOUT;
      return null;
    }
    backend = null;
  }
  account.reason = account.attempts === 0 ? Reason.NO_BACKEND : Reason.CONNECT_FAILED;
  return null;
}

function noteConnected(
  account: TrafficAccount,
  worker: ConnectParts,
  { cluster, backend }: Upstream,
  began: number,
): void {
  const now = worker.clock();
  cluster.backends.connectSucceeded(backend, now - began, now);
  account.connectedAt = worker.accountClock();
  account.connectMs = now - began;
}

/** An attempt that was cut short for another reason than its time says nothing about the backend. */
function attemptFailed(
  { account, interruption }: Purpose,
  worker: ConnectParts,
  cluster: Cluster,
  backend: Backend,
  error: unknown,
): void {
  const isLate = interruption === Interruption.TIMEOUT;
  if (interruption !== Interruption.NONE && !isLate) return;
  noteTried(account, backend);
  worker.observer?.connectFailed?.(cluster, backend);
  const reason = isLate ? NO_CONNECTION_IN_TIME : error;
  cluster.backends.connectFailed(backend, worker.clock(), reason);
}
