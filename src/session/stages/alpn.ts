// After the handshake of an HTTPS connection: is the negotiated protocol one that is served here? A
// client that did not negotiate is taken to speak HTTP/1.1.

import type { Accepted } from "../../io/contracts.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import type { ModuleLog } from "../../observe/log/module_log.ts";
import type { WorkerContext } from "../worker_context.ts";
import { LogAllowance } from "../timing/log_allowance.ts";
import type { Stage } from "./staged_session.ts";

const HTTP11 = "http/1.1";
const HTTP2 = "h2";
/** Lines a second at most: every client can cause one. */
const LINES_PER_SECOND = 1;

/** Refuses connections without a byte of HTTP. */
export class AlpnStage implements Stage {
  /** Connections speaking HTTP/1.1 are refused; those that are open stay. */
  refusesHttp11: boolean;
  readonly #worker: WorkerContext;
  readonly #lines = new LogAllowance(LINES_PER_SECOND);
  readonly #log: ModuleLog;

  constructor(worker: WorkerContext, refusesHttp11: boolean) {
    this.#worker = worker;
    this.#log = worker.loggerOf("worker::tls");
    this.refusesHttp11 = refusesHttp11;
  }

  enter(accepted: Accepted): Promise<Accepted | null> {
    const { counters, wheel } = this.#worker;
    const alpn = accepted.tls?.alpn ?? null;
    const refusal = this.#refusal(alpn);
    if (refusal === 0) {
      counters.add(alpn === HTTP2 ? Counter.ALPN_H2 : Counter.ALPN_HTTP11, 1);
      return Promise.resolve(accepted);
    }
    counters.add(refusal, 1);
    counters.add(Counter.HTTPS_UPGRADE_FAILED, 1);
    if (refusal === Counter.ALPN_HTTP11_DISABLED && this.#lines.take(wheel.now)) {
      this.#log.debug("A client speaks HTTP/1.1, which its listener refuses (disable_http11)");
    }
    accepted.stream.close();
    return Promise.resolve(null);
  }

  /** What counts the refusal, or 0. */
  #refusal(alpn: string | null): number {
    if (alpn === HTTP2) return 0;
    if (alpn !== null && alpn !== HTTP11) return Counter.ALPN_UNSUPPORTED;
    return this.refusesHttp11 ? Counter.ALPN_HTTP11_DISABLED : 0;
  }
}
