// Starts HTTP sessions for one listener, in the version that the client speaks. The listener replaces its
// context when it is reconfigured; sessions that have begun keep the one they began with.

import type { Accepted } from "../../io/contracts.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { OnSessionEnd, Session, SessionStarter } from "../session.ts";
import type { WorkerContext } from "../worker_context.ts";
import { H1Starter } from "./h1/starter.ts";
import { H2Starter } from "./h2/starter.ts";

/** Sessions of HTTP, plain or inside TLS. */
export class HttpStarter implements SessionStarter {
  /** What new sessions get. */
  context: ListenerContext;
  readonly #h1: H1Starter;
  readonly #h2: H2Starter;

  constructor(context: ListenerContext, worker: WorkerContext) {
    this.context = context;
    this.#h1 = new H1Starter(worker);
    this.#h2 = new H2Starter(worker);
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): Session | null {
    const isH2 = accepted.speaksH2 === true || accepted.tls?.alpn === "h2";
    const starter = isH2 ? this.#h2 : this.#h1;
    return starter.start(accepted, this.context, onEnd);
  }
}
