// Replaces one worker by a new process without losing a connection: the new one is started, given the
// state and proven before the old one is taken out of the listeners; a failure up to there removes the
// new one and changes nothing.

import { EventKind, type Response, RunState } from "../../../config/schema/messages.ts";
import { beginAudit } from "../audit/begin.ts";
import type { Client } from "../command_socket/client_session.ts";
import { parcelsFor } from "../commands/fan_out.ts";
import type { SharedListener } from "../listeners/steps.ts";
import type { MainContext } from "../context.ts";
import { keepInformed } from "../command_socket/progress.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { eachListener, sharedListeners } from "../listeners/shared.ts";
import type { WorkerProcess } from "./process.ts";

/** Says how far a replacement has come. */
type Say = (text: string) => void;

/** Replaces a worker; answers when the old one has left. */
export async function upgradeWorker(
  context: MainContext,
  client: Client,
  id: number,
): Promise<Response> {
  beginAudit(context, client, { kind: "upgrade_worker", value: id })?.done();
  const old = context.pool.targets().find((worker) => worker.id === id);
  if (old === undefined || old.runState !== RunState.RUNNING) {
    return failure(`Cannot upgrade worker ${id}: there is no running worker with this id`);
  }
  let now = `Starting a worker in the place of worker ${id}`;
  const say: Say = (text) => client.progress(processing(now = text));
  say(now);
  return await keepInformed(client, () => now, async () => {
    const successor = await replace(context, old, say);
    if (typeof successor === "string") {
      return failure(`Cannot upgrade worker ${id}: ${successor}; worker ${id} goes on`);
    }
    say(`Worker ${successor.id} has taken over, worker ${id} finishes what it has begun`);
    context.events.emit("main", { kind: EventKind.WORKER_UPGRADED });
    const cut = await context.windDown([old]);
    return ok(
      `Upgrade successful: worker ${id} was replaced by worker ${successor.id}` +
        (cut ? "; what was still under way when its time was over was cut" : ""),
    );
  });
}

/** Puts a new worker in the place of `old`; the reason when nothing has changed. */
async function replace(
  context: MainContext,
  old: WorkerProcess,
  say: Say,
): Promise<WorkerProcess | string> {
  const { pool, fleet } = context;
  const listeners = sharedListeners(context.state);
  await eachListener(listeners, (one) => context.handOver.hold(one, pool.targets()));
  const successor = launch(context, old);
  try {
    if (typeof successor === "string") return successor;
    const problem = await fleet.started(successor) ??
      await prove(context, successor, listeners, say) ??
      (pool.completeReplacement(old) ? null : `worker ${old.id} or its successor ended meanwhile`);
    if (problem !== null) {
      dismiss(context, successor);
      return problem;
    }
    await eachListener(listeners, (one) => context.handOver.trust(one, successor));
    const others = pool.targets();
    say(`Worker ${old.id} hands its listeners over`);
    await eachListener(listeners, (one) => context.handOver.leave(one, [old], others));
    return successor;
  } finally {
    await eachListener(listeners, (one) => context.handOver.release(one, pool.targets()));
  }
}

function launch({ pool }: MainContext, old: WorkerProcess): WorkerProcess | string {
  try {
    return pool.beginReplacement(old) ?? `worker ${old.id} is being replaced or stopped already`;
  } catch (error) {
    return `the program cannot be run: ${error instanceof Error ? error.message : error}`;
  }
}

/** A worker that has come to accept connections may have got some with its proof; they end in peace. */
function dismiss(context: MainContext, successor: WorkerProcess): void {
  context.pool.abandonReplacement(successor);
  if (successor.phase === "serving") void context.windDown([successor]);
  else successor.kill();
}

async function prove(
  context: MainContext,
  successor: WorkerProcess,
  listeners: readonly SharedListener[],
  say: Say,
): Promise<string | null> {
  say(`Worker ${successor.id} has the state and proves that it accepts connections`);
  const { handOver, pool } = context;
  const failures = await eachListener(
    listeners,
    (listener) => handOver.prove(listener, successor, pool.targets()),
  );
  if (failures.length > 0) return `worker ${successor.id} does not accept: ${failures.join("; ")}`;
  const [answer] = await context.gatherer.scatter({
    verb: "Status",
    parcels: parcelsFor([successor], { request_type: { kind: "status", value: {} } }),
    patience: { kind: "deadline", ms: context.settings.workerTimeoutMs },
  });
  return answer?.outcome === "ok" ? null : `worker ${successor.id}: ${answer?.message}`;
}
