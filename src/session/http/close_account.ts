// Ends the account of a request or a tunnel and hands it over: the one place where that happens, so that
// each is told exactly once.

import { type Exchange, Interruption } from "./exchange.ts";
import { NEVER, Outcome } from "./account.ts";

/** What `exchange` was doing is over; does nothing when there is nothing to tell. */
export function closeAccount(exchange: Exchange): void {
  const { account, client } = exchange;
  if (!account.counts) return;
  if (account.outcome === Outcome.CUT) account.outcome = howCut(exchange);
  account.endedAt = client.worker.accountClock();
  // Head and body came together and were sent on at once: one look at the clock is enough.
  if (account.firstByteAt === NEVER && account.backendIn > 0) account.firstByteAt = account.endedAt;
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
