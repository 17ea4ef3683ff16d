// Replaces this main process and all of its workers by the program that is on disk now. The successor
// starts its own workers beside ours. When all of them have proven themselves it takes the command socket.
// Then our workers hand over their listeners and are drained, and this process ends with them. A failure
// before that ends the successor and changes nothing.

import {
  type AggregatedMetrics,
  EventKind,
  type ListenerOrders,
  type Response,
} from "../../../config/schema/messages.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { queryMetrics } from "../../../config/state/verb.ts";
import { requestOf } from "../../../config/state/twin_verbs.ts";
import type { AuditTrail } from "../audit/trail.ts";
import type { Client } from "../command_socket/client_session.ts";
import type { EventHub } from "../command_socket/events.ts";
import type { ChangeOrder } from "../commands/change_order.ts";
import { type FanOut, requestsFor, type WorkerTargets } from "../commands/fan_out.ts";
import type { ListenerHandOver } from "../listeners/hand_over.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import type { ServiceManager } from "../service_manager.ts";
import type { SharedListener } from "../listeners/steps.ts";
import { mainMetrics, type MainMetricsParts } from "../metrics/main.ts";
import type { MainSnapshot } from "./snapshot.ts";
import { MainSuccessor } from "./successor.ts";
import { everythingQuery, messagesOf, recordAnswers } from "../metrics/answer.ts";
import { keepInformed } from "../command_socket/progress.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { eachListener, sharedListeners } from "../listeners/shared.ts";

/** What replacing the main process takes. */
export interface MainUpgradeParts extends AuditParts, CountParts {
  readonly audit: AuditTrail;
  readonly state: ConfigState;
  readonly order: ChangeOrder;
  readonly events: EventHub;
  readonly handOver: Pick<
    ListenerHandOver,
    "hold" | "release" | "acknowledgeAll" | "closeSockets" | "orderOf"
  >;
  readonly service: Pick<ServiceManager, "mainPid">;
  readonly mainUpgrade: {
    /** Main processes before this one since the first start, and attempts to replace this one. */
    bootGeneration: number;
    /** Everything the successor needs, which is the main process number `bootGeneration`. */
    snapshot(bootGeneration: number): MainSnapshot;
    /**
     * The successor has taken over: clients are disconnected, workers are drained, `finish` is called,
     * and this process ends.
     */
    complete(finish: () => Promise<void>): void;
  };
}

/** What the counts of main and of its workers are read from. */
interface CountParts extends MainMetricsParts {
  readonly pool: WorkerTargets;
  readonly fanOut: FanOut;
  readonly retained: RetainedCounts;
  /** How long a worker may take to answer, in milliseconds. */
  readonly workerTimeoutMs: number;
}

/** Replaces main and all workers; answers when the new ones have taken over. */
export async function upgradeMain(parts: MainUpgradeParts, client: Client): Promise<Response> {
  const bootGeneration = ++parts.mainUpgrade.bootGeneration;
  beginAudit(parts, client, { kind: "upgrade_main", value: {} })?.done(
    ` boot_generation:${bootGeneration}`,
  );
  let now = "Starting a new main process";
  const say = (text: string) => client.progress(processing(now = text));
  say(now);
  return await keepInformed(client, () => now, async () => {
    // No change runs from here on: the successor would not know of it.
    const turn = await parts.order.enterExclusive();
    const outcome = await replaceMain(parts, say);
    if (typeof outcome !== "string") {
      // Clients that wait for a turn are disconnected; they ask the successor.
      parts.events.emit("main", { kind: EventKind.MAIN_UPGRADED });
      const counted = () => parts.retained.snapshot(messagesOf(mainMetrics(parts)));
      parts.mainUpgrade.complete(() => outcome.finish(counted()));
      return ok(
        `Upgrade successful: main process ${Deno.pid} was replaced by ${outcome.pid}; ` +
          "the old workers finish what they have begun",
      );
    }
    turn.release();
    return failure(`Upgrade of main process failed: ${outcome}; everything goes on as before`);
  });
}

/** Lets a successor take over; the reason when it did not and nothing has changed. */
async function replaceMain(
  parts: MainUpgradeParts,
  say: (text: string) => void,
): Promise<MainSuccessor | string> {
  const { handOver, pool, mainUpgrade, service } = parts;
  const listeners = sharedListeners(parts.state);
  await eachListener(listeners, (one) => handOver.hold(one, pool.targets()));
  const successor = await MainSuccessor.start(mainUpgrade.snapshot(mainUpgrade.bootGeneration));
  if (typeof successor === "string") {
    await release(parts, listeners);
    return successor;
  }
  const problem = await successor.healthy(say) ??
    await successor.takeOver(await countedSoFar(parts));
  if (problem !== null) {
    await successor.dismiss();
    await release(parts, listeners);
    return problem;
  }
  say(`Main process ${successor.pid} answers at the command socket; listeners are handed over`);
  service.mainPid(successor.pid);
  const orders = await closeListeners(parts, listeners);
  await successor.acknowledge(orders, await countedSoFar(parts));
  return successor;
}

/** The counts up to now. Exchanges in progress are added when the workers have ended. */
async function countedSoFar(parts: CountParts): Promise<AggregatedMetrics> {
  const { fanOut, pool, retained, workerTimeoutMs } = parts;
  const answers = await fanOut.run({
    verb: "QueryMetrics",
    requests: requestsFor(pool.targets(), requestOf(queryMetrics(everythingQuery()))),
    deadline: { kind: "total", ms: workerTimeoutMs },
  });
  recordAnswers(retained, answers);
  return retained.snapshot(messagesOf(mainMetrics(parts)));
}

/** Closes the listeners of our workers; returns the order of the sockets that remain. */
async function closeListeners(
  { handOver, pool }: MainUpgradeParts,
  listeners: readonly SharedListener[],
): Promise<ListenerOrders> {
  const leaving = pool.targets();
  await eachListener(listeners, (listener) => {
    handOver.acknowledgeAll(listener);
    return handOver.closeSockets(listener, leaving, []);
  });
  const orders = listeners.flatMap(({ address }) => {
    const order = handOver.orderOf(address);
    return order === null ? [] : [{ address, sockets: order.map(BigInt) }];
  });
  return { orders };
}

async function release(
  { handOver, pool }: MainUpgradeParts,
  listeners: readonly SharedListener[],
): Promise<void> {
  await eachListener(listeners, (one) => handOver.release(one, pool.targets()));
}
