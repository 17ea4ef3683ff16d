// Records of exchanges are large and short-lived, so they are reused, and so is what reads a response of
// HTTP/1.1 that comes in one piece.

import type { HeadReader } from "../../../protocol/h1/head_reader.ts";
import { responseHeadReader } from "../../../protocol/h1/head_reader.ts";
import { MessageHead } from "../../../protocol/http/message_head.ts";
import type { ClientConnection } from "../client_connection.ts";
import { Exchange } from "../exchange.ts";

/** Free exchanges kept for reuse; more are left to the garbage collector. */
const MAX_FREE = 2048;
const NO_BYTES = new Uint8Array(0);

/** One exchange whose client speaks HTTP/2. */
export class H2Exchange {
  readonly record: Exchange;
  /** Where the head of the request is put. */
  readonly space: { readonly head: MessageHead; bytes: Uint8Array; readonly at: number };
  /** What is lent for the head of the request, once it is there. */
  kept: Uint8Array = NO_BYTES;
  /** Fills the response of the record. */
  readonly responseReader: HeadReader;

  /** `client`: that of the first request. */
  constructor(client: ClientConnection) {
    const response = new MessageHead(NO_BYTES);
    this.record = new Exchange(client, new MessageHead(NO_BYTES), response);
    this.record.account.protocol = "h2";
    this.space = { head: this.record.request, bytes: NO_BYTES, at: 0 };
    this.responseReader = responseHeadReader(response);
  }
}

/** Lends {@link H2Exchange} objects. */
export class ExchangePool {
  readonly #free: H2Exchange[] = [];

  /** One for a request of `client`, which has not begun. */
  take(client: ClientConnection): H2Exchange {
    return this.#free.pop() ?? new H2Exchange(client);
  }

  /** Takes one back whose request is over. */
  give(exchange: H2Exchange): void {
    const { request, response } = exchange.record;
    request.bytes = response.bytes = exchange.kept = NO_BYTES;
    if (this.#free.length < MAX_FREE) this.#free.push(exchange);
  }
}
