// Opens the account of a request, and ends and hands over that of a request or a tunnel: the one place where
// that happens, so that each is told exactly once.

import { Counter } from "../../observe/metrics/counters.ts";
import { type Exchange, Interruption } from "./exchange.ts";
import { NEVER, Outcome } from "./account.ts";

/** The head of a request is complete and in order. {@linkcode closeAccount} takes back what is counted. */
export function openAccount(exchange: Exchange): void {
  const { counters } = exchange.client.worker;
  exchange.headRead();
  counters.add(Counter.REQUESTS, 1);
  counters.add(Counter.ACTIVE_REQUESTS, 1);
}

/** What `exchange` was doing is over; does nothing when there is nothing to tell. */
export function closeAccount(exchange: Exchange): void {
  const { account, client } = exchange;
  if (!account.counts) return;
  if (account.outcome === Outcome.CUT) account.outcome = howCut(exchange);
  account.endedAt = client.worker.accountClock();
  // Head and body came together and were sent on at once: one look at the clock is enough.
  if (account.firstByteAt === NEVER && account.backendIn > 0) account.firstByteAt = account.endedAt;
  if (account.parsed && !account.tunnel) client.worker.counters.add(Counter.ACTIVE_REQUESTS, -1);
  client.worker.observer?.requestEnded(account, client);
  account.counts = false;
}

/** A 101 was sent: the request is over, and the account of its tunnel begins. */
export function beginTunnelAccount(exchange: Exchange): void {
  const { account } = exchange;
  account.outcome = Outcome.SWITCHED;
  closeAccount(exchange);
  account.beginTunnel(account.endedAt);
}

function howCut({ interruption }: Exchange): Outcome {
  if (interruption === Interruption.CLIENT_GONE) return Outcome.CLIENT_GONE;
  const late = interruption === Interruption.TIMEOUT || interruption === Interruption.SLOW_CLIENT;
  return late ? Outcome.TIMEOUT : Outcome.CUT;
}
