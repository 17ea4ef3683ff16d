// Starts HTTP sessions for one listener. The listener replaces its context when it is reconfigured;
// sessions that have begun keep the one they began with.

import type { Accepted } from "../../../io/contracts.ts";
import type { ListenerContext, WorkerContext } from "../../context.ts";
import { HttpSession } from "./session.ts";
import type { OnSessionEnd, Session, SessionStarter } from "../../session.ts";

/** Sessions of HTTP, plain or inside TLS. */
export class HttpStarter implements SessionStarter {
  /** What new sessions get. */
  context: ListenerContext;
  readonly #worker: WorkerContext;

  constructor(context: ListenerContext, worker: WorkerContext) {
    this.context = context;
    this.#worker = worker;
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): Session | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    return new HttpSession(accepted, this.context, this.#worker, first, onEnd);
  }
}
