// The backend's end for an exchange, in the version of HTTP that its cluster speaks now: an idle connection or a
// place on an open one, where there is one, else a new connection.

import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { Cluster } from "../cluster.ts";
import type { Timer } from "../upstream/connect.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type Exchange, Interruption } from "./exchange.ts";
import { H1Upstream } from "./h1/relay/upstream.ts";
import { type Http2Slot, loadedHttp2 } from "./http2.ts";
import { openUpstream, pickBackend } from "./phases/connect.ts";
import type { UpstreamSide } from "./upstream.ts";

/**
 * The backend's end of an exchange that has a cluster, or the status to answer with. `timer` has the deadline
 * of the exchange, and interrupts it. `http2` is for clusters that speak it, `out` is lent for the head
 * of a request of HTTP/1.1.
 */
export async function takeSide(
  exchange: Exchange,
  timer: Timer,
  http2: Http2Slot,
  out: Uint8Array | null = null,
): Promise<UpstreamSide | AnswerStatus> {
  const cluster = exchange.cluster as Cluster;
  const backend = pickBackend(exchange, cluster);
  if (cluster.settings.http2) return await loadedHttp2(http2).takeSide(exchange, timer, cluster);
  const idle = takeIdle(exchange, backend);
  if (idle !== null) return new H1Upstream(exchange, idle, timer, out);
  const opened = await openConnection(exchange, timer, cluster);
  return typeof opened === "number" ? opened : new H1Upstream(exchange, opened, timer, out);
}

/** A new connection of HTTP/1.1, first to the backend that was picked, or the status to answer with. */
export async function openConnection(
  exchange: Exchange,
  timer: Timer,
  cluster: Cluster,
): Promise<Upstream | AnswerStatus> {
  const opened = await openUpstream(exchange, timer, cluster);
  if (typeof opened === "number" || exchange.interruption === Interruption.NONE) return opened;
  opened.discard();
  return 503;
}

/** An idle connection of HTTP/1.1 to `backend`, `null` when there is none to be used. */
export function takeIdle(exchange: Exchange, backend: Backend | null): Upstream | null {
  // After a stale idle connection only a fresh one can tell whether the backend is well.
  if (exchange.retried || backend === null) return null;
  const upstream = exchange.client.worker.upstreams.take(backend);
  exchange.account.reused = upstream !== null;
  if (upstream !== null) exchange.account.attempts++;
  return upstream;
}
