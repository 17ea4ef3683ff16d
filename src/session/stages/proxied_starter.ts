// Puts the stage of the PROXY header before the sessions of another starter, for listeners whose clients
// are proxies themselves.

import type { Accepted } from "../../io/contracts.ts";
import type { WorkerContext } from "../worker_context.ts";
import { ProxyHeaderStage } from "./proxy_header.ts";
import type { OnSessionEnd, Session, SessionStarter } from "../session.ts";
import { StagedSession } from "./staged_session.ts";

/** Sessions that begin with a PROXY header. */
export class ProxiedStarter implements SessionStarter {
  readonly #inner: SessionStarter;
  readonly #stages: readonly [ProxyHeaderStage];
  readonly #worker: WorkerContext;
  readonly #timeout: () => number;

  /**
   * `failures` as for {@link ProxyHeaderStage}; `timeout` in milliseconds until the header is complete,
   * asked for each connection.
   */
  constructor(
    inner: SessionStarter,
    failures: number,
    worker: WorkerContext,
    timeout: () => number,
  ) {
    this.#inner = inner;
    const maxBytes = worker.inputBuffers.head.size;
    const header = new ProxyHeaderStage(worker, {
      maxBytes,
      failures,
      keepsHeader: false,
    });
    this.#stages = [header];
    this.#worker = worker;
    this.#timeout = timeout;
  }

  start(accepted: Accepted, onEnd: OnSessionEnd): Session {
    const timeout = this.#timeout();
    return new StagedSession(accepted, this.#stages, this.#inner, this.#worker, timeout, onEnd);
  }
}
