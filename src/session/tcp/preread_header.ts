// The PROXY header in front of a ClientHello that decides where the connection goes: whoever fails here never had a
// service either, and counts as such.

import type { Accepted } from "../../io/contracts.ts";
import { Counter } from "../../observe/metrics/counters.ts";
import { isDefect, isReset } from "../defect.ts";
import { ProxyHeaderStage } from "../stages/proxy_header.ts";
import type { Stage } from "../stages/staged_session.ts";
import type { WorkerContext } from "../worker_context.ts";

/** Waits for a PROXY header, and keeps it as it was received. */
export class PrereadHeaderStage implements Stage {
  readonly #worker: WorkerContext;
  readonly #header: ProxyHeaderStage;

  /** `maxBytes`: of a header, at most. */
  constructor(worker: WorkerContext, maxBytes: number) {
    this.#worker = worker;
    this.#header = new ProxyHeaderStage(worker, {
      maxBytes,
      keepsHeader: true,
      onRefused: (fault) =>
        worker.counters.addHelloRejection(
          fault === "ended" ? "front_closed" : "proxy_header_invalid",
        ),
    });
  }

  async enter(accepted: Accepted): Promise<Accepted | null> {
    const { counters } = this.#worker;
    counters.add(Counter.HELLO_AWAITED, 1);
    try {
      return await this.#header.enter(accepted);
    } catch (error) {
      // A client that resets its connection may have been checking the port; others are out of time.
      if (!isDefect(error) && !isReset(error)) counters.addHelloRejection("fragmented");
      throw error;
    } finally {
      counters.add(Counter.HELLO_AWAITED, -1);
    }
  }
}
