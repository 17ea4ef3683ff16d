// The TLS handshake of a connection, between accept and protocol: counts and logs how it went. Which
// certificate is shown is the acceptor's business, what to do with the negotiated protocol the next
// stage's.

import type { Accepted, TlsAcceptor, TlsFacts } from "../../io/contracts.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import { classifyHandshakeFailure } from "../../observe/metrics/tls_metrics.ts";
import type { WorkerContext } from "../worker_context.ts";
import { LogAllowance } from "../timing/log_allowance.ts";
import type { Stage } from "./staged_session.ts";

/** Lines a second at most: anybody can make a handshake fail. */
const LINES_PER_SECOND = 10;

/** Handshakes of one listener. */
export class TlsStage implements Stage {
  readonly #acceptor: TlsAcceptor;
  readonly #worker: WorkerContext;
  readonly #lines = new LogAllowance(LINES_PER_SECOND);
  readonly #log: ModuleLog;

  constructor(acceptor: TlsAcceptor, worker: WorkerContext) {
    this.#acceptor = acceptor;
    this.#worker = worker;
    this.#log = worker.loggerOf("worker::tls");
  }

  async enter(accepted: Accepted): Promise<Accepted | null> {
    const { counters, clock } = this.#worker;
    const begun = clock();
    counters.add(Counter.TLS_HANDSHAKING, 1);
    let secured: Accepted;
    try {
      secured = await this.#acceptor.handshake(accepted);
    } catch (error) {
      this.#countFailure(error, accepted);
      return null;
    } finally {
      counters.add(Counter.TLS_HANDSHAKING, -1);
    }
    const { version, cipher, resumed } = secured.tls as TlsFacts;
    counters.addHandshake(version, cipher, resumed);
    this.#worker.observer?.handshakeDone?.(clock() - begun);
    return secured;
  }

  #countFailure(error: unknown, { peer }: Accepted): void {
    const reason = error instanceof Error ? error.message : String(error);
    // Clients that leave are no failure of the handshake.
    const left = LEFT.test(reason);
    const failure = classifyHandshakeFailure(reason);
    if (!left) this.#worker.counters.addHandshakeFailure(failure);
    if (!this.#lines.take(this.#worker.wheel.now)) return;
    // Whatever clients can cause is normal: scanners come all day. It is counted by its reason.
    const level = left || failure !== "other" || REFUSED.test(reason) ? "debug" : "warn";
    this.#log[level]("TLS handshake with {ip} failed: {reason}", { ip: peer.ip, reason });
  }
}

/** How the runtimes say that the connection itself ended, or that we ended it. */
const LEFT =
  /peer closed|connection was closed|unexpected end of file|reset|hang up|bad resource|interrupted/i;

/** No certificate is shown to clients that name no host, or one that is not served. */
const REFUSED =
  /names no host|no certificate for the host|no suitable signature algorithm|No SecureContext/i;
