// A connection that has left HTTP behind: what its tunnel asks of the session and the exchange that
// opened it.

import { Interruption } from "../exchange.ts";
import { Outcome, type RequestAccount } from "../account.ts";
import type { ResetSeen } from "../../defect.ts";
import type { WritingEnd } from "../../sole_reader.ts";
import { runTunnel, type TunnelClient } from "../../tunnel.ts";
import type { Upstream } from "../../upstream/upstream.ts";
import type { WorkerContext } from "../../worker_context.ts";
import type { ClientInput } from "./input.ts";
import type { H1Exchange } from "./exchange.ts";
import { releaseHead } from "./release_head.ts";
import type { HttpSession } from "./session.ts";
import { SessionPhase } from "./session_phase.ts";

/**
 * Pipes until both directions have ended or either stream fails; `upstream.bytes[from, to)` came with
 * the head that opened the tunnel. Never rejects; false when a direction did not end by itself.
 */
export async function runUpgraded(
  exchange: H1Exchange,
  session: HttpSession,
  upstream: Upstream,
  from: number,
  to: number,
): Promise<boolean> {
  const { tunnelInputBuffers, tunnelBuffers } = session.worker;
  releaseHead(exchange.record, session.input);
  session.input.becomeTunnel(tunnelInputBuffers);
  upstream.becomeTunnel(tunnelBuffers);
  return await runTunnel(new UpgradedClient(exchange, session), upstream, from, to);
}

/** The client of a tunnel behind a 101, or behind a CONNECT. */
class UpgradedClient implements TunnelClient {
  readonly stream: WritingEnd;
  readonly input: ClientInput;
  readonly worker: WorkerContext;
  readonly account: RequestAccount;
  readonly #exchange: H1Exchange;
  readonly #session: HttpSession;

  constructor(exchange: H1Exchange, session: HttpSession) {
    this.stream = session.stream;
    this.input = session.input;
    this.worker = session.worker;
    this.account = exchange.record.account;
    this.#exchange = exchange;
    this.#session = session;
  }

  armTunnel(): void {
    if (this.#session.phase === SessionPhase.EXCHANGE) this.#session.armExchange();
  }

  async endWrite(): Promise<void> {
    await this.#session.endWrite();
  }

  broke(error: unknown, seen: ResetSeen): void {
    this.#session.client.broke(error, seen);
  }

  clientReset(): void {
    this.#session.clientReset();
    this.#session.close();
  }

  async backendBroke(): Promise<void> {
    const session = this.#session;
    // It is we who closed the backend connection, because the client left or was silent for too long.
    if (this.#exchange.record.interruption !== Interruption.NONE) return session.close();
    this.account.outcome = Outcome.BACKEND_BROKEN;
    this.#exchange.conclude();
    try {
      await session.sayGoodbye();
    } catch {
      session.close();
    }
  }
}
