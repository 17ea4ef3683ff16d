// Finds a backend for a TCP session: nothing has been sent yet, so another one may be tried while
// attempts are left. What an attempt means for the backend is told to its cluster.

import { sourceKey } from "../../balancing/flow_hash.ts";
import type { Backend } from "../../balancing/backend.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { Cluster } from "../cluster.ts";
import { NO_CONNECTION_IN_TIME, Reason } from "../reason.ts";
import type { TcpSession } from "./session.ts";
import { Outcome } from "../traffic_account.ts";
import type { Upstream } from "../upstream/upstream.ts";

/** A new connection to some backend of `cluster`; `null` when there is none to be had. */
export async function connectBackend(
  session: TcpSession,
  cluster: Cluster,
): Promise<Upstream | null> {
  const { worker, listener } = session;
  const key = cluster.backends.keyed ? sourceKey(session.clientIp) : null;
  for (let attempt = 0; attempt < worker.upstreams.attempts; attempt++) {
    const backend = cluster.backends.pick(worker.wheel.now, key);
    if (backend === null) {
      session.account.reason = attempt === 0 ? Reason.NO_BACKEND : Reason.CONNECT_FAILED;
      return null;
    }
    session.account.backend = backend;
    session.arm(listener.timeouts.connect);
    const upstream = await tryBackend(session, cluster, backend);
    if (upstream !== null || session.connecting === null) return upstream;
  }
  worker.counters.add(Counter.CONNECT_RETRIES_EXHAUSTED, 1);
  session.account.reason = Reason.CONNECT_FAILED;
  return null;
}

async function tryBackend(
  session: TcpSession,
  cluster: Cluster,
  backend: Backend,
): Promise<Upstream | null> {
  const { worker } = session;
  const started = worker.clock();
  const controller = new AbortController();
  session.connecting = controller;
  try {
    const { signal } = controller;
    const upstream = await worker.upstreams.dial(cluster, backend, signal, worker.tunnelBuffers);
    const now = worker.clock();
    if (upstream === null) return null;
    cluster.backends.connectSucceeded(backend, now - started, now);
    session.account.connectedAt = worker.accountClock();
    session.account.connectMs = now - started;
    // The session ended in the very moment in which the connection was made.
    if (session.connecting !== null) return upstream;
    upstream.discard();
    return null;
  } catch (error) {
    // An attempt that the client cut short says nothing about the backend.
    if (session.account.outcome === Outcome.CLIENT_GONE) return null;
    worker.counters.add(Counter.BACKEND_CONNECT_ERRORS, 1);
    worker.observer?.connectFailed?.(cluster, backend);
    // An attempt that was cut short for another reason than its time says nothing about the backend.
    const isLate = session.account.reason === Reason.CONNECT_TIMEOUT;
    if (!worker.draining && (isLate || !controller.signal.aborted)) {
      const reason = isLate ? NO_CONNECTION_IN_TIME : error;
      cluster.backends.connectFailed(backend, worker.clock(), reason);
    }
    return null;
  }
}
