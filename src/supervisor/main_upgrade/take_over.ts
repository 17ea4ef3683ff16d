// How a main process takes over from another one that still serves. Its workers are started beside the
// old ones and proven while new connections still go to the old ones; they get new connections once the
// old main process has closed its listeners.

import type { AggregatedMetrics, ListenerOrder } from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { ListenerHandOver } from "../listeners/hand_over.ts";
import { eachListener, sharedListeners } from "../listeners/shared.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import type { Drain, LeavingWorker } from "../workers/drain.ts";

/** What taking over takes. */
export interface TakeOverParts {
  readonly state: ConfigState;
  readonly fleet: {
    /** Launches every worker; resolves when each has the state, with the reasons of those without. */
    start(): Promise<string[]>;
    /** No worker is watched or replaced any more. */
    beginStopping(): void;
  };
  readonly pool: {
    targets(): readonly LeavingWorker[];
    processes(): readonly LeavingWorker[];
    /** Whether every worker there should be carries traffic. */
    readonly isWhole: boolean;
  };
  readonly handOver: Pick<
    ListenerHandOver,
    "markUncertain" | "hold" | "prove" | "setOrder" | "release"
  >;
  readonly retained: Pick<RetainedCounts, "restore">;
  readonly drain: Drain;
  /** Main processes before this one since the first start. */
  readonly bootGeneration: number;
}

/** One main process on its way to the place of another one. */
export class TakeOver {
  readonly #parts: TakeOverParts;

  constructor(parts: TakeOverParts) {
    this.#parts = parts;
  }

  /** Launches the workers and lets each prove itself; the reason when one of them fails. */
  async prepare(say: (text: string) => void): Promise<string | null> {
    const { fleet, handOver, pool, state } = this.#parts;
    const listeners = sharedListeners(state);
    for (const { address } of listeners) handOver.markUncertain(address);
    await eachListener(listeners, (one) => handOver.hold(one, []));
    say("The new main process starts its workers");
    const [problem] = await fleet.start();
    if (problem !== undefined) return problem;
    say("The new workers have the state and prove that they accept connections");
    for (const worker of pool.targets()) {
      const failures = await eachListener(
        listeners,
        (one) => handOver.prove(one, worker, pool.targets()),
      );
      if (failures.length > 0) return `Worker ${worker.id}: ${failures.join("; ")}`;
    }
    return pool.isWhole ? null : "A worker has ended meanwhile";
  }

  /**
   * The old main process has closed its listeners: the workers of this one get the new connections.
   * `orders`: the sockets of each listener in the order the kernel has them.
   */
  async complete(orders: readonly ListenerOrder[]): Promise<void> {
    const { handOver, pool, state, bootGeneration } = this.#parts;
    for (const { address, sockets } of orders) handOver.setOrder(address, sockets.map(Number));
    await eachListener(sharedListeners(state), (one) => handOver.release(one, pool.targets()));
    loggerOf("supervisor").info("This main process has taken over (boot generation {generation})", {
      generation: bootGeneration,
    });
  }

  /** Counts go on where those of the old main process have ended. */
  restoreCounts(counted: AggregatedMetrics): void {
    this.#parts.retained.restore(counted);
  }

  /** Drains the workers: the old main process stays. */
  async withdraw(): Promise<void> {
    const workers = this.#parts.pool.processes();
    this.#parts.fleet.beginStopping();
    await this.#parts.drain(workers);
  }
}
