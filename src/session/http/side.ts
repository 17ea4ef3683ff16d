// The backend's end for an exchange, in the version of HTTP that its cluster speaks now: an idle connection or a
// place on an open one, where there is one, else a new connection.

import type { AnswerStatus } from "../../answers/answer_set.ts";
import type { Backend } from "../../balancing/backend.ts";
import type { Cluster } from "../cluster.ts";
import { Reason } from "../reason.ts";
import type { Timer } from "../upstream/connect.ts";
import { acquireStream } from "../upstream/h2/acquire.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { type Exchange, ExchangePhase, Interruption } from "./exchange.ts";
import { H1Upstream } from "./h1/relay/upstream.ts";
import { H2Upstream } from "./h2/backend/upstream.ts";
import { openUpstream, pickBackend } from "./phases/connect.ts";
import type { UpstreamSide } from "./upstream.ts";

/**
 * The backend's end of an exchange that has a cluster, or the status to answer with. `timer` has the deadline
 * of the exchange, and interrupts it. `out` is lent for the head of a request of HTTP/1.1.
 */
export async function takeSide(
  exchange: Exchange,
  timer: Timer,
  out: Uint8Array | null = null,
): Promise<UpstreamSide | AnswerStatus> {
  const cluster = exchange.cluster as Cluster;
  const backend = pickBackend(exchange, cluster);
  if (cluster.settings.http2) return await takeStream(exchange, timer, cluster);
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

async function takeStream(
  exchange: Exchange,
  timer: Timer,
  cluster: Cluster,
): Promise<UpstreamSide | 503 | 504> {
  exchange.enter(ExchangePhase.CONNECTING);
  const { picked, account, client } = exchange;
  // A connection that ends soon is a poor choice for what was lost twice.
  const fresh = exchange.retried || account.retries > 1;
  const open = picked === null ? null : client.worker.sharedUpstreams.take(picked, fresh);
  if (open !== null) {
    account.reused = true;
    account.attempts++;
    return new H2Upstream(exchange, open);
  }
  const options = { first: picked, fresh };
  const slot = await acquireStream(exchange, exchange.client, timer, cluster, options);
  if (slot !== null && exchange.interruption === Interruption.NONE) {
    return new H2Upstream(exchange, slot);
  }
  slot?.discard();
  const late = exchange.interruption === Interruption.TIMEOUT;
  return late || account.reason === Reason.CONNECT_TIMEOUT ? 504 : 503;
}
