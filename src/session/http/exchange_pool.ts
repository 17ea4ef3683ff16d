// Exchanges are large (two head readers, two body readers) and short-lived, so they are reused.

import { Exchange } from "./exchange.ts";

/** Free exchanges kept for reuse; more are left to the garbage collector. */
const MAX_FREE = 1024;

/** Lends {@link Exchange} objects. */
export class ExchangePool {
  readonly #free: Exchange[] = [];

  take(): Exchange {
    return this.#free.pop() ?? new Exchange();
  }

  give(exchange: Exchange): void {
    if (this.#free.length < MAX_FREE) this.#free.push(exchange);
  }
}
