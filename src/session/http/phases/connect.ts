// Finds the backend of a request and opens a connection to it, where no idle one can be had.

import type { Backend } from "../../../balancing/backend.ts";
import type { Cluster } from "../../cluster.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { Reason } from "../../reason.ts";
import { connectBackend, pickUntried, type Timer } from "../../upstream/connect.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import { findFlowKey } from "./affinity.ts";

/**
 * A new connection, first to the backend that was picked, if any; or the status to answer with. `timer`
 * interrupts the exchange.
 */
export async function openUpstream(
  exchange: Exchange,
  timer: Timer,
  cluster: Cluster,
): Promise<Upstream | 503 | 504> {
  exchange.enter(ExchangePhase.CONNECTING);
  const { account, client, picked } = exchange;
  // A request of HTTP/1.1 is all that its client waits for; streams of HTTP/2 have no such time in common.
  const withinMs = account.protocol === "h2" ? Infinity : client.listener.timeouts.front;
  const options = { first: picked, key: exchange.flowKey, withinMs };
  const upstream = await connectBackend(exchange, client, timer, cluster, options);
  if (exchange.interruption === Interruption.TIMEOUT) {
    // Its time was over in the very moment in which the connection was there.
    upstream?.discard();
    return 504;
  }
  return upstream ?? (account.reason === Reason.CONNECT_TIMEOUT ? 504 : 503);
}

/** Picks the backend to try first: the one the client's cookie names, else the policy's choice. */
export function pickBackend(exchange: Exchange, cluster: Cluster): Backend | null {
  findFlowKey(exchange, cluster);
  return exchange.picked = choose(exchange, cluster);
}

function choose(exchange: Exchange, cluster: Cluster): Backend | null {
  const { now } = exchange.client.worker.wheel;
  const { account, extras } = exchange;
  const { stickyValue } = extras;
  if (stickyValue !== null && cluster.settings.sticky) {
    const backend = cluster.backends.pickSticky(stickyValue, now);
    if (backend !== null && account.tried?.includes(backend) !== true) return backend;
  }
  return pickUntried(account, cluster, now, exchange.flowKey);
}
