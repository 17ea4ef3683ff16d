// Starts TCP sessions for one listener, after what has to come before them: a PROXY header, a TLS
// handshake.

import type { Accepted } from "../../io/contracts.ts";
import type { WorkerContext } from "../worker_context.ts";
import { ProxyHeaderStage } from "../stages/proxy_header.ts";
import { PrereadHeaderStage } from "./preread_header.ts";
import type { OnSessionEnd, Session, SessionStarter } from "../session.ts";
import { type Stage, StagedSession } from "../stages/staged_session.ts";
import type { TcpListenerContext } from "./context.ts";
import { TcpConnection } from "./connection.ts";
import { TcpSession } from "./session.ts";

/** What a listener says about its sessions; replaced in place by an update. */
export interface TcpSessionSettings {
  context: TcpListenerContext;
  /** Every client has to send a PROXY header, whatever its cluster says. */
  expectsProxy: boolean;
}

/** Sessions of TCP, plain or inside TLS. */
export class TcpStarter implements SessionStarter {
  readonly #settings: TcpSessionSettings;
  readonly #worker: WorkerContext;
  readonly #endsTls: boolean;
  readonly #stages: readonly Stage[];
  readonly #stagesAfterHeader: readonly Stage[];
  /** The header where the client's first message tells its service. */
  readonly #headerBeforeHello: readonly Stage[];
  readonly #sessions: SessionStarter = {
    start: (accepted, onEnd) => this.#session(accepted, onEnd, this.#worker.wheel.now),
  };

  /** `tls`: the handshake, where TLS ends here. */
  constructor(settings: TcpSessionSettings, worker: WorkerContext, tls: Stage | null = null) {
    this.#settings = settings;
    this.#worker = worker;
    this.#endsTls = tls !== null;
    this.#stages = tls === null ? [] : [tls];
    const maxBytes = worker.inputBuffers.head.size;
    const header = new ProxyHeaderStage(worker, { maxBytes, keepsHeader: true });
    this.#stagesAfterHeader = [header, ...this.#stages];
    this.#headerBeforeHello = [new PrereadHeaderStage(worker, maxBytes)];
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): Session | null {
    const { context, expectsProxy } = this.#settings;
    const { routes, timeouts } = context;
    const { now } = this.#worker.wheel;
    if (!this.#endsTls && !routes.unnamed) {
      if (!expectsProxy) return this.#session(accepted, onEnd, now);
      const next: SessionStarter = { start: (passed, end) => this.#session(passed, end, now) };
      return this.#staged(accepted, this.#headerBeforeHello, next, timeouts.hello, onEnd);
    }
    const expects = expectsProxy ||
      routes.whole?.cluster.settings.proxyHeader.expects === true;
    const stages = expects ? this.#stagesAfterHeader : this.#stages;
    if (stages.length === 0) return this.#session(accepted, onEnd, now);
    const timeout = this.#endsTls ? timeouts.handshake : timeouts.front;
    return this.#staged(accepted, stages, this.#sessions, timeout, onEnd);
  }

  #staged(
    accepted: Accepted,
    stages: readonly Stage[],
    next: SessionStarter,
    timeout: number,
    onEnd: OnSessionEnd,
  ): Session {
    return new StagedSession(accepted, stages, next, this.#worker, timeout, onEnd);
  }

  #session(accepted: Accepted, onEnd: OnSessionEnd, acceptedAt: number): Session | null {
    const first = this.#worker.inputBuffers.small.take();
    if (first === null) return null;
    const { context } = this.#settings;
    const connection = new TcpConnection(accepted, context, this.#worker, first, acceptedAt);
    return new TcpSession(connection, onEnd);
  }
}
