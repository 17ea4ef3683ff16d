// Replaces this main process and all of its workers by the program that is on disk now. The new main
// process starts its own workers beside ours; when all have proven themselves it takes the command
// socket, our workers are taken out of the listeners, finish what they have begun, and this process
// leaves with them. A failure before that ends the new processes and changes nothing.

import {
  type AggregatedMetrics,
  EventKind,
  type ListenerOrders,
  type Response,
} from "../../../config/schema/messages.ts";
import { queryMetrics, requestOf } from "../../../config/state/verb.ts";
import { beginAudit } from "../audit/begin.ts";
import type { Client } from "../command_socket/client_session.ts";
import { parcelsFor } from "../commands/fan_out.ts";
import type { SharedListener } from "../listeners/steps.ts";
import type { MainContext } from "../context.ts";
import { mainMetrics } from "../metrics/main.ts";
import { MainSuccessor } from "./successor.ts";
import { mergeMetrics, messagesOf, wholeQuery } from "../metrics/answer.ts";
import { keepInformed } from "../command_socket/progress.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { eachListener, sharedListeners } from "../listeners/shared.ts";

/** Replaces main and all workers; answers when the new ones have taken over. */
export async function upgradeMain(context: MainContext, client: Client): Promise<Response> {
  context.succession.begin();
  beginAudit(context, client, { kind: "upgrade_main", value: {} })?.done(
    ` boot_generation:${context.succession.bootGeneration}`,
  );
  let now = "Starting a new main process";
  const say = (text: string) => client.progress(processing(now = text));
  say(now);
  return await keepInformed(client, () => now, async () => {
    // Nothing is changed from here on: the new main process would not know of it.
    const turn = await context.order.enterExclusive();
    const outcome = await succeed(context, say);
    if (typeof outcome !== "string") {
      // Whoever waits for a turn is disconnected and asks the new main process.
      context.events.emit("main", { kind: EventKind.MAIN_UPGRADED });
      const counted = () => context.kept.estate(messagesOf(mainMetrics(context)));
      context.succession.complete(() => outcome.conclude(counted()));
      return ok(
        `Upgrade successful: main process ${Deno.pid} was replaced by ${outcome.pid}; ` +
          "the old workers finish what they have begun",
      );
    }
    turn.release();
    return failure(`Upgrade of main process failed: ${outcome}; everything goes on as before`);
  });
}

/** Lets a new main process take over; the reason when nothing has changed. */
async function succeed(
  context: MainContext,
  say: (text: string) => void,
): Promise<MainSuccessor | string> {
  const { handOver, pool, succession, service } = context;
  const listeners = sharedListeners(context.state);
  await eachListener(listeners, (one) => handOver.hold(one, pool.targets()));
  const successor = await MainSuccessor.start(succession.estate());
  if (typeof successor === "string") {
    await release(context, listeners);
    return successor;
  }
  const problem = await successor.healthy(say) ??
    await successor.takeOver(await countedSoFar(context));
  if (problem !== null) {
    await successor.dismiss();
    await release(context, listeners);
    return problem;
  }
  say(`Main process ${successor.pid} answers at the command socket; listeners are handed over`);
  service.mainPid(successor.pid);
  const orders = await leaveListeners(context, listeners);
  await successor.settle(orders, await countedSoFar(context));
  return successor;
}

/** What has been counted until now; what our workers still have under way comes on top. */
async function countedSoFar(context: MainContext): Promise<AggregatedMetrics> {
  const { gatherer, pool, kept, settings } = context;
  const query = wholeQuery();
  const answers = await gatherer.scatter({
    verb: "QueryMetrics",
    parcels: parcelsFor(pool.targets(), requestOf(queryMetrics(query))),
    patience: { kind: "deadline", ms: settings.workerTimeoutMs },
  });
  mergeMetrics(answers, query, [], kept);
  return kept.estate(messagesOf(mainMetrics(context)));
}

/** Takes our workers out of the listeners; what is left there, by place. */
async function leaveListeners(
  { handOver, pool }: MainContext,
  listeners: readonly SharedListener[],
): Promise<ListenerOrders> {
  const leaving = pool.targets();
  await eachListener(listeners, (listener) => {
    handOver.trustAll(listener);
    return handOver.leave(listener, leaving, []);
  });
  const orders = listeners.flatMap(({ address }) => {
    const order = handOver.orderOf(address);
    return order === null ? [] : [{ address, sockets: order.map(BigInt) }];
  });
  return { orders };
}

async function release(
  { handOver, pool }: MainContext,
  listeners: readonly SharedListener[],
): Promise<void> {
  await eachListener(listeners, (one) => handOver.release(one, pool.targets()));
}
