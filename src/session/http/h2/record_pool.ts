// Records of exchanges are large and short-lived, so they are reused.

import { MessageHead } from "../../../protocol/http/message_head.ts";
import type { ClientConnection } from "../client_connection.ts";
import { Exchange } from "../exchange.ts";

/** Free records kept for reuse; more are left to the garbage collector. */
const MAX_FREE = 1024;
const NO_BYTES = new Uint8Array(0);

/** Lends records. */
export class RecordPool {
  readonly #free: Exchange[] = [];

  /** One for a request of `client`, which has not begun. */
  take(client: ClientConnection): Exchange {
    return this.#free.pop() ??
      new Exchange(client, new MessageHead(NO_BYTES), new MessageHead(NO_BYTES));
  }

  /** Takes one back whose request is over. */
  give(record: Exchange): void {
    record.request.bytes = record.response.bytes = NO_BYTES;
    if (this.#free.length < MAX_FREE) this.#free.push(record);
  }
}
