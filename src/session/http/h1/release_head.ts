// The head of a request lies where the bytes behind it will be read: before that happens, whoever needs it
// later copies what it needs.

import { routeText } from "../answers.ts";
import type { Exchange } from "../exchange.ts";
import type { ClientInput } from "./input.ts";

/** The head of `exchange` is about to make room for what follows it. */
export function releaseHead(exchange: Exchange, input: ClientInput): void {
  if (exchange.keepsHead) return input.keepHead();
  const { account, client } = exchange;
  if (!account.headGone) {
    client.worker.observer?.headGoes(account, client);
    account.route = routeText(exchange);
  }
  account.headGone = true;
  input.releaseHead();
}
