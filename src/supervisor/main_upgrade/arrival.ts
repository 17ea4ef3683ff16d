// How a main process comes to the place of another one that still serves: its workers are started beside
// the old ones and proven while new connections go on going to those, and take part only afterwards.

import type { AggregatedMetrics, ListenerOrder } from "../../../config/schema/messages.ts";
import { loggerOf } from "../../observe/log/log.ts";
import type { MainContext } from "../context.ts";
import { eachListener, sharedListeners } from "../listeners/shared.ts";

/** The arrival of one main process. */
export class Arrival {
  readonly #context: MainContext;

  constructor(context: MainContext) {
    this.#context = context;
  }

  /** Launches the workers and lets each prove itself; the reason when one of them fails. */
  async prepare(say: (text: string) => void): Promise<string | null> {
    const { fleet, handOver, pool, state } = this.#context;
    const listeners = sharedListeners(state);
    for (const { address } of listeners) handOver.doubt(address);
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

  /** The workers of the earlier main process get no new connections any more. */
  async settle(orders: readonly ListenerOrder[]): Promise<void> {
    const { handOver, pool, state, succession } = this.#context;
    for (const { address, sockets } of orders) handOver.settle(address, sockets.map(Number));
    await eachListener(sharedListeners(state), (one) => handOver.release(one, pool.targets()));
    loggerOf("supervisor").info("This main process has taken over (boot generation {generation})", {
      generation: succession.bootGeneration,
    });
  }

  /** Sums go on where those of the earlier main process have ended. */
  inheritCounts(counted: AggregatedMetrics): void {
    this.#context.kept.inherit(counted);
  }

  /** Lets the workers finish what they have begun: the other main process stays. */
  async withdraw(): Promise<void> {
    const workers = this.#context.pool.processes();
    this.#context.fleet.beginStopping();
    await this.#context.windDown(workers);
  }
}
