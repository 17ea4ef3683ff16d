// Starts HTTP sessions for one listener. The listener replaces its context when it is reconfigured;
// sessions that have begun keep the one they began with.

import type { Accepted } from "../../../io/contracts.ts";
import type { ListenerContext } from "../../listener_context.ts";
import type { OnSessionEnd, SessionStarter } from "../../session.ts";
import type { WorkerContext } from "../../worker_context.ts";
import { ClientConnection } from "../client_connection.ts";
import { ExchangePool } from "./exchange_pool.ts";
import { serveRequests } from "./requests.ts";
import { HttpSession } from "./session.ts";

/** Sessions of HTTP, plain or inside TLS. */
export class HttpStarter implements SessionStarter {
  /** What new sessions get. */
  context: ListenerContext;
  readonly #worker: WorkerContext;
  readonly #parts = { exchanges: new ExchangePool(), serve: serveRequests };

  constructor(context: ListenerContext, worker: WorkerContext) {
    this.context = context;
    this.#worker = worker;
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): HttpSession | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    const client = new ClientConnection(accepted, this.context, this.#worker);
    return new HttpSession(client, accepted.stream, first, this.#parts, onEnd);
  }
}
