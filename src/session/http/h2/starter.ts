// Starts sessions of HTTP/2.

import type { Accepted } from "../../../io/contracts.ts";
import type { ListenerContext } from "../../listener_context.ts";
import type { OnSessionEnd } from "../../session.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { ClientConnection } from "../client_connection.ts";
import { ExchangePool } from "./exchange_pool.ts";
import type { H2SessionParts } from "./requests.ts";
import { refuseRequest, serveRequest } from "./serving.ts";
import { H2Session } from "./session.ts";

/** Makes the sessions of one listener. */
export class H2Starter {
  readonly #worker: WorkerContext;
  readonly #parts: H2SessionParts = {
    exchanges: new ExchangePool(),
    serve: serveRequest,
    refuse: refuseRequest,
  };

  constructor(worker: WorkerContext) {
    this.#worker = worker;
  }

  /** A session for `accepted`, or `null` when there is no buffer for it. */
  start(accepted: Accepted, context: ListenerContext, onEnd: OnSessionEnd): H2Session | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    const client = new ClientConnection(accepted, context, this.#worker);
    return new H2Session(client, accepted.stream, first, this.#parts, onEnd);
  }
}
