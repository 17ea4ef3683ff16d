// Starts HTTP sessions for one listener, in the version that the client speaks. The listener replaces its
// context when it is reconfigured; sessions that have begun keep the one they began with.

import type { Accepted } from "../../io/contracts.ts";
import type { ListenerContext } from "../listener_context.ts";
import type { OnSessionEnd, Session, SessionStarter } from "../session.ts";
import type { WorkerContext } from "../worker_context.ts";
import { H1Starter } from "./h1/starter.ts";
import { type Http2Slot, loadedHttp2 } from "./http2.ts";

/** Sessions of HTTP, plain or inside TLS. */
export class HttpStarter implements SessionStarter {
  /** What new sessions get. */
  context: ListenerContext;
  readonly #h1: H1Starter;
  readonly #http2: Http2Slot;

  constructor(context: ListenerContext, worker: WorkerContext, http2: Http2Slot) {
    this.context = context;
    this.#h1 = new H1Starter(worker, http2);
    this.#http2 = http2;
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): Session | null {
    const isH2 = accepted.speaksH2 === true || accepted.tls?.alpn === "h2";
    const starter = isH2 ? loadedHttp2(this.#http2) : this.#h1;
    return starter.start(accepted, this.context, onEnd);
  }
}
