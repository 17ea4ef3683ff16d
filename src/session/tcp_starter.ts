// Starts TCP sessions for one listener, after a PROXY header where one is due.

import type { Accepted } from "../io/contracts.ts";
import type { WorkerContext } from "./context.ts";
import { ProxiedStarter } from "./proxied_starter.ts";
import type { OnSessionEnd, Session, SessionStarter } from "./session.ts";
import type { TcpListenerContext } from "./tcp_context.ts";
import { TcpSession } from "./tcp_session.ts";

/** Sessions of TCP, plain or inside TLS. */
export class TcpStarter implements SessionStarter {
  /** What new sessions get. */
  context: TcpListenerContext;
  /** Every client has to send a PROXY header, whatever its cluster says. */
  expectsProxy: boolean;
  readonly #worker: WorkerContext;
  readonly #proxied: SessionStarter;

  constructor(context: TcpListenerContext, expectsProxy: boolean, worker: WorkerContext) {
    this.context = context;
    this.expectsProxy = expectsProxy;
    this.#worker = worker;
    const inner: SessionStarter = { start: (accepted, onEnd) => this.#session(accepted, onEnd) };
    const timeout = () => this.context.timeouts.front;
    this.#proxied = new ProxiedStarter(inner, null, worker, timeout);
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): Session | null {
    const { fallback } = this.context.services;
    const expects = this.expectsProxy || fallback?.settings.proxyHeader.expects === true;
    return expects ? this.#proxied.start(accepted, onEnd) : this.#session(accepted, onEnd);
  }

  #session(accepted: Accepted, onEnd: OnSessionEnd): Session | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    return new TcpSession(accepted, this.context, this.#worker, first, onEnd);
  }
}
