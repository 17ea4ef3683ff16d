// Finds the backend of a request and opens a connection to it, where no idle one can be had.

import type { Backend } from "../../../balancing/backend.ts";
import type { Cluster } from "../../cluster.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import type { HttpSession } from "../h1/session.ts";
import { connectBackend } from "../../upstream/connect.ts";

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
  exchange.phase = ExchangePhase.CONNECTING;
  const upstream = await connectBackend(exchange, session, cluster, { first, key: null });
  if (exchange.interruption === Interruption.TIMEOUT) return 504;
  if (upstream === null) return 503;
  exchange.upstream = upstream;
  return 0;
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
