// Serves an exchange that has a cluster by relaying it to a backend, and to another one, or on another connection,
// where its request was lost without an effect.

import { Counter } from "../../observe/metrics/counters.ts";
import { isIdempotent } from "../../protocol/http/method.ts";
import { BodyEnd, type BodySink } from "./body.ts";
import type { Downstream } from "./downstream.ts";
import { type Exchange, Interruption } from "./exchange.ts";
import type { Http2Slot } from "./http2.ts";
import { KeptRequest } from "./phases/kept_request.ts";
import { mayRepeat } from "./phases/serve.ts";
import { relay, Relayed, upload } from "./relay.ts";
import { takeSide } from "./side.ts";
import type { UpstreamSide } from "./upstream.ts";

/** Has the backend's end of an exchange, so that it can be aborted from elsewhere. */
export interface SideHolder {
  /** Whoever holds it at the end of the exchange releases it. */
  side: UpstreamSide | null;
}

/**
 * Relays `exchange` until it is over, or its request is lost for good. `http2` is for clusters that speak it,
 * `out` is lent for the heads of requests of HTTP/1.1. Rejects when the client's end does.
 */
export async function serveExchange(
  exchange: Exchange,
  down: Downstream,
  holder: SideHolder,
  http2: Http2Slot,
  out: Uint8Array | null = null,
): Promise<Relayed> {
  const { account, client, cluster, request } = exchange;
  // The whole of a request without a body stays at hand; only HTTP/2 tells whether one had an effect.
  const bodiless = down.body.ended === BodyEnd.COMPLETE;
  const kept = bodiless || cluster?.settings.http2 !== true ? null : new KeptRequest(down);
  exchange.keepsHead = kept !== null;
  for (;;) {
    const side = await takeSide(exchange, down, http2, out);
    if (typeof side === "number") return giveUp(kept, side);
    holder.side = side;
    // It may have been interrupted in the moment in which the backend's end was there, and is not sent then.
    const sends = exchange.interruption === Interruption.NONE;
    const ended = sends ? await relay(exchange, kept ?? down, side) : 503;
    if (ended === Relayed.LOST) side.abort();
    const whole = bodiless || kept?.whole === true;
    exchange.repeatable = whole && isIdempotent(request);
    if (ended !== Relayed.LOST || !mayRepeat(exchange, side, whole)) {
      return giveUp(kept, ended);
    }
    await kept?.rewind();
    holder.side = null;
    side.release(false);
    client.worker.counters.add(Counter.RETRIES, 1);
    account.retries++;
  }
}

/** The request is not sent again: how it has ended. */
function giveUp(kept: KeptRequest | null, ended: Relayed): Relayed {
  kept?.settle();
  if (kept?.readsOn === true) kept.uploading(upload(kept, NOWHERE));
  return ended;
}

/** Takes nothing of a body. */
const NOWHERE: BodySink = {
  write: () => Promise.resolve(false),
  end: () => Promise.resolve(false),
  abort: () => {},
};
