// What an exchange weighs on the backend that has it, from the moment the request is sent.

import type { Backend } from "../../../balancing/backend.ts";
import type { Cluster } from "../../cluster.ts";
import { type Exchange, ExchangePhase, Interruption } from "../exchange.ts";
import { Fate } from "../upstream.ts";

/** The request is about to be sent to `backend`. */
export function beginServing(exchange: Exchange, backend: Backend): void {
  const { account, client } = exchange;
  exchange.enter(ExchangePhase.AWAITING);
  client.lastCluster = exchange.cluster;
  client.lastBackend = backend;
  exchange.serving = account.backend = backend;
  account.sent = true;
  backend.requestStarted();
}

/** The backend does nothing more for the request. May be called again. */
export function endServing(exchange: Exchange): void {
  exchange.serving?.requestEnded();
  exchange.serving = null;
}

/**
 * The backend connection was lost before any byte of a response. A request that may have had its effect is sent
 * again only when that connection had been idle, nothing of the request can have an effect twice, and all of
 * it is still here: once. One that had none, of which all is here (`whole`, or it was not sent at all), is sent
 * again whatever it is, as often as connections may be tried.
 */
export function mayRepeat(
  exchange: Exchange,
  { reused, fate }: { readonly reused: boolean; readonly fate: Fate },
  whole: boolean,
): boolean {
  const { account, client } = exchange;
  endServing(exchange);
  if (exchange.interruption !== Interruption.NONE) return false;
  if (fate === Fate.UNSENT || (fate !== Fate.UNKNOWN && whole)) {
    return account.retries < client.worker.upstreams.attemptsFor(exchange.cluster as Cluster);
  }
  return mayRepeatStale(exchange, reused);
}

/** The same for a connection of HTTP/1.1, which says nothing about what its backend did. */
export function mayRepeatStale(exchange: Exchange, reused: boolean): boolean {
  const may = reused && !exchange.retried && exchange.repeatable &&
    exchange.interruption === Interruption.NONE;
  endServing(exchange);
  exchange.retried = true;
  if (may) noteStale(exchange);
  return may;
}

/** {@link mayRepeatStale} for a request that is sent again as it is: in HTTP/1.1. */
export function mayResend(exchange: Exchange, reused: boolean): boolean {
  const { cluster } = exchange;
  return mayRepeatStale(exchange, reused && cluster?.settings.http2 !== true);
}

function noteStale({ account: { cluster, backend }, client }: Exchange): void {
  if (cluster !== null && backend !== null) {
    client.worker.observer?.repeatedStale?.(cluster, backend);
  }
}
