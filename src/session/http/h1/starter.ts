// Starts sessions of HTTP/1.1.

import type { Accepted } from "../../../io/contracts.ts";
import type { ListenerContext } from "../../listener_context.ts";
import type { OnSessionEnd } from "../../session.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { ClientConnection } from "../client_connection.ts";
import type { Http2Slot } from "../http2.ts";
import { ExchangePool } from "./exchange_pool.ts";
import { serveRequests } from "./requests.ts";
import { HttpSession, type SessionParts } from "./session.ts";

/** Makes the sessions of one listener. */
export class H1Starter {
  readonly #worker: WorkerContext;
  readonly #parts: SessionParts;

  constructor(worker: WorkerContext, http2: Http2Slot) {
    this.#worker = worker;
    this.#parts = { exchanges: new ExchangePool(), serve: serveRequests, http2 };
  }

  /** A session for `accepted`, or `null` when there is no buffer for it. */
  start(accepted: Accepted, context: ListenerContext, onEnd: OnSessionEnd): HttpSession | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    const client = new ClientConnection(accepted, context, this.#worker);
    return new HttpSession(client, accepted.stream, first, this.#parts, onEnd);
  }
}
