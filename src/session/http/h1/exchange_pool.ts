// Exchanges are large (two head readers, two body readers) and short-lived, so they are reused.

import type { ClientConnection } from "../client_connection.ts";
import { H1Exchange } from "./exchange.ts";

/** Free exchanges kept for reuse; more are left to the garbage collector. */
const MAX_FREE = 1024;

/** Lends {@link H1Exchange} objects. */
export class ExchangePool {
  readonly #free: H1Exchange[] = [];

  /** One for a request of `client`, which has not begun. */
  take(client: ClientConnection): H1Exchange {
    return this.#free.pop() ?? new H1Exchange(client);
  }

  give(exchange: H1Exchange): void {
    if (this.#free.length < MAX_FREE) this.#free.push(exchange);
  }
}
