// A place on a connection of HTTP/2 for an exchange: on an open one, where there is room, else on a new one.

import type { Cluster } from "../../../cluster.ts";
import type { Timer } from "../../../upstream/connect.ts";
import { Reason } from "../../../reason.ts";
import { acquireStream } from "../../../upstream/h2/acquire.ts";
import { type Exchange, ExchangePhase, Interruption } from "../../exchange.ts";
import type { UpstreamSide } from "../../upstream.ts";
import { H2Upstream, type H2UpstreamParts } from "./upstream.ts";

/** The backend's end of `exchange`, or the status to answer with. The backend to try first has been picked. */
export async function takeStreamSide(
  parts: H2UpstreamParts,
  exchange: Exchange,
  timer: Timer,
  cluster: Cluster,
): Promise<UpstreamSide | 503 | 504> {
  exchange.enter(ExchangePhase.CONNECTING);
  const { picked, account } = exchange;
  // A connection that ends soon is a poor choice for what was lost twice.
  const fresh = exchange.retried || account.retries > 1;
  const open = picked === null ? null : parts.upstreams.take(picked, fresh);
  if (open !== null) {
    account.reused = true;
    account.attempts++;
    return new H2Upstream(exchange, open, parts);
  }
  const { client } = exchange;
  const options = { first: picked, fresh, pool: parts.upstreams, key: exchange.flowKey };
  const slot = await acquireStream(exchange, client, timer, cluster, options);
  if (slot !== null && exchange.interruption === Interruption.NONE) {
    return new H2Upstream(exchange, slot, parts);
  }
  slot?.discard();
  const late = exchange.interruption === Interruption.TIMEOUT;
  return late || account.reason === Reason.CONNECT_TIMEOUT ? 504 : 503;
}
