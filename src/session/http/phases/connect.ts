// Finds a connection to some backend of a cluster: an idle one, or a new one, trying other backends
// while nothing has been sent. What a failed attempt means for the backend is told to its cluster.

import type { Backend } from "../../../balancing/backend.ts";
import type { Cluster } from "../../cluster.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import type { HttpSession } from "../h1/session.ts";
import { NO_CONNECTION_IN_TIME, Reason } from "../../reason.ts";
import type { Upstream } from "../../upstream/upstream.ts";

/**
 * Sets `exchange.upstream` to a new connection. `first`: the backend already picked, if any. Resolves
 * with 0, or with the status to answer.
 */
export async function openUpstream(
  exchange: Exchange,
  session: HttpSession,
  cluster: Cluster,
  first: Backend | null,
): Promise<0 | 503 | 504> {
  const { worker, listener } = session;
  let backend = first;
  while (exchange.attempts < worker.upstreams.attempts) {
    backend ??= cluster.backends.pick(worker.wheel.now);
    if (backend === null) break;
    exchange.attempts++;
    exchange.account.attempts = exchange.attempts;
    exchange.account.backend = backend;
    exchange.phase = ExchangePhase.CONNECTING;
    session.arm(listener.timeouts.connect);
    const upstream = await attempt(exchange, session, cluster, backend);
    if (exchange.interruption === Interruption.TIMEOUT) return 504;
    if (exchange.interruption !== Interruption.NONE) return 503;
    if (upstream !== null) {
      exchange.upstream = upstream;
      return 0;
    }
    backend = null;
  }
  exchange.account.reason = exchange.attempts === 0 ? Reason.NO_BACKEND : Reason.CONNECT_FAILED;
  return 503;
}

/** The backend to try first: the one the client's cookie names, else the policy's choice. */
export function pickBackend(
  exchange: Exchange,
  session: HttpSession,
  cluster: Cluster,
): Backend | null {
  const { now } = session.worker.wheel;
  const { stickyValue } = exchange.extras;
  if (stickyValue !== null && cluster.settings.sticky) {
    const backend = cluster.backends.pickSticky(stickyValue, now);
    if (backend !== null) return backend;
  }
  return cluster.backends.pick(now);
}

async function attempt(
  exchange: Exchange,
  session: HttpSession,
  cluster: Cluster,
  backend: Backend,
): Promise<Upstream | null> {
  const { worker } = session;
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
