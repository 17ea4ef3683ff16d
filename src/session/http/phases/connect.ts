// Finds a connection to some backend of a cluster: an idle one, or a new one, trying other backends
// while nothing has been sent. What a failed attempt means for the backend is told to its cluster.

import type { Backend } from "../../../balancing/backend.ts";
import type { Cluster } from "../../cluster.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { NO_CONNECTION_IN_TIME, Reason } from "../../reason.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/** Connections one request may try, as in sozu 2.1 (CONN_RETRIES). */
export const MAX_ATTEMPTS = 3;

/** Has the deadline of an exchange. */
export interface Timer {
  /** Sets it to `delay` milliseconds from now. */
  arm(delay: number): void;
}

/**
 * A new connection, first to the backend that was picked, if any; or the status to answer with. `timer`
 * interrupts the exchange.
 */
export async function openUpstream(
  exchange: Exchange,
  timer: Timer,
  cluster: Cluster,
): Promise<Upstream | 503 | 504> {
  const { worker, listener } = exchange.client;
  let backend = exchange.picked;
  while (exchange.attempts < MAX_ATTEMPTS) {
    backend ??= cluster.backends.pick(worker.wheel.now);
    if (backend === null) break;
    exchange.attempts++;
    exchange.account.attempts = exchange.attempts;
    exchange.account.backend = backend;
    exchange.enter(ExchangePhase.CONNECTING);
    timer.arm(listener.timeouts.connect);
    const upstream = await attempt(exchange, cluster, backend);
    if (exchange.interruption !== Interruption.NONE) {
      upstream?.discard();
      return exchange.interruption === Interruption.TIMEOUT ? 504 : 503;
    }
    if (upstream !== null) return upstream;
    backend = null;
  }
  exchange.account.reason = exchange.attempts === 0 ? Reason.NO_BACKEND : Reason.CONNECT_FAILED;
  return 503;
}

/** Picks the backend to try first: the one the client's cookie names, else the policy's choice. */
export function pickBackend(exchange: Exchange, cluster: Cluster): Backend | null {
  return exchange.picked = choose(exchange, cluster);
}

function choose(exchange: Exchange, cluster: Cluster): Backend | null {
  const { now } = exchange.client.worker.wheel;
  const { stickyValue } = exchange.extras;
  if (stickyValue !== null && cluster.settings.sticky) {
    const backend = cluster.backends.pickSticky(stickyValue, now);
    if (backend !== null) return backend;
  }
  return cluster.backends.pick(now);
}

async function attempt(
  exchange: Exchange,
  cluster: Cluster,
  backend: Backend,
): Promise<Upstream | null> {
  const { worker } = exchange.client;
  const start = worker.clock();
  const controller = new AbortController();
  exchange.connecting = controller;
  try {
    const upstream = await worker.upstreams.dial(cluster, backend, controller.signal);
    const now = worker.clock();
    if (upstream !== null) cluster.backends.connectSucceeded(backend, now - start, now);
    exchange.account.connectedAt = worker.accountClock();
    exchange.account.connectMs = now - start;
    if (exchange.interruption === Interruption.NONE) return upstream;
    upstream?.discard();
    return null;
  } catch (error) {
    // An attempt that the client cut short says nothing about the backend.
    if (exchange.interruption === Interruption.CLIENT_GONE) return null;
    worker.observer?.connectFailed?.(cluster, backend);
    if (exchange.interruption === Interruption.NONE) {
      cluster.backends.connectFailed(backend, worker.clock(), error);
    } else if (exchange.interruption === Interruption.TIMEOUT) {
      cluster.backends.connectFailed(backend, worker.clock(), NO_CONNECTION_IN_TIME);
    }
    return null;
  } finally {
    exchange.connecting = null;
  }
}
