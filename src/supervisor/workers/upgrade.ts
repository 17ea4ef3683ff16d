// Replaces one worker by a new process without losing a connection. The successor is started, takes in the state and
// proves itself; then the old worker hands over its listeners and is drained. A failure before the hand-over
// dismisses the successor and changes nothing.

import { EventKind, type Response, RunState } from "../../../config/schema/messages.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import type { Client } from "../command_socket/client_session.ts";
import type { EventHub } from "../command_socket/events.ts";
import { type FanOut, requestsFor } from "../commands/fan_out.ts";
import type { ListenerHandOver } from "../listeners/hand_over.ts";
import type { SharedListener } from "../listeners/steps.ts";
import { keepInformed } from "../command_socket/progress.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { eachListener, sharedListeners } from "../listeners/shared.ts";
import type { Drain, LeavingWorker } from "./drain.ts";
import type { WorkerProcess } from "./process.ts";

/** A worker that is replaced, or that replaces one. */
export type UpgradedWorker =
  & LeavingWorker
  & Readonly<Pick<WorkerProcess, "phase" | "runState">>;

/** What replacing a worker takes. */
export interface WorkerUpgradeParts extends AuditParts {
  readonly pool: {
    targets(): readonly UpgradedWorker[];
    /** See {@link WorkerPool}. */
    beginReplacement(worker: UpgradedWorker): UpgradedWorker | null;
    completeReplacement(worker: UpgradedWorker): boolean;
    abandonReplacement(successor: UpgradedWorker): void;
  };
  readonly fleet: {
    /** Resolves when the worker has the whole state, with the reason when it has not. */
    started(worker: UpgradedWorker): Promise<string | null>;
  };
  readonly handOver: Pick<
    ListenerHandOver,
    "hold" | "release" | "prove" | "acknowledge" | "closeSockets"
  >;
  readonly fanOut: FanOut;
  readonly events: EventHub;
  readonly drain: Drain;
  /** How long a worker may take to answer, in milliseconds. */
  readonly workerTimeoutMs: number;
}

/** Tells the client how far a replacement is. */
type Say = (text: string) => void;

/** Replaces a worker; answers when the old one has ended. */
export async function upgradeWorker(
  parts: WorkerUpgradeParts,
  client: Client,
  id: number,
): Promise<Response> {
  beginAudit(parts, client, { kind: "upgrade_worker", value: id })?.done();
  const old = parts.pool.targets().find((worker) => worker.id === id);
  if (old === undefined || old.runState !== RunState.RUNNING) {
    return failure(`Cannot upgrade worker ${id}: there is no running worker with this id`);
  }
  let now = `Starting a worker in the place of worker ${id}`;
  const say: Say = (text) => client.progress(processing(now = text));
  say(now);
  return await keepInformed(client, () => now, async () => {
    const successor = await replace(parts, old, say);
    if (typeof successor === "string") {
      return failure(`Cannot upgrade worker ${id}: ${successor}; worker ${id} goes on`);
    }
    say(`Worker ${successor.id} has taken over, worker ${id} finishes what it has begun`);
    parts.events.emit("main", { kind: EventKind.WORKER_UPGRADED });
    const cut = await parts.drain([old]);
    return ok(
      `Upgrade successful: worker ${id} was replaced by worker ${successor.id}` +
        (cut ? "; what was still under way when its time was over was cut" : ""),
    );
  });
}

/** Puts a new worker in the place of `old`; the reason when nothing has changed. */
async function replace(
  parts: WorkerUpgradeParts,
  old: UpgradedWorker,
  say: Say,
): Promise<UpgradedWorker | string> {
  const { pool, fleet } = parts;
  const listeners = sharedListeners(parts.state);
  await eachListener(listeners, (one) => parts.handOver.hold(one, pool.targets()));
  const successor = launch(parts, old);
  try {
    if (typeof successor === "string") return successor;
    const problem = await fleet.started(successor) ??
      await prove(parts, successor, listeners, say) ??
      (pool.completeReplacement(old) ? null : `worker ${old.id} or its successor ended meanwhile`);
    if (problem !== null) {
      dismiss(parts, successor);
      return problem;
    }
    await eachListener(listeners, (one) => parts.handOver.acknowledge(one, successor));
    const others = pool.targets();
    say(`Worker ${old.id} hands its listeners over`);
    await eachListener(listeners, (one) => parts.handOver.closeSockets(one, [old], others));
    return successor;
  } finally {
    await eachListener(listeners, (one) => parts.handOver.release(one, pool.targets()));
  }
}

function launch({ pool }: WorkerUpgradeParts, old: UpgradedWorker): UpgradedWorker | string {
  try {
    return pool.beginReplacement(old) ?? `worker ${old.id} is being replaced or stopped already`;
  } catch (error) {
    return `the program cannot be run: ${error instanceof Error ? error.message : error}`;
  }
}

/** A successor that accepted connections during its proof is drained; otherwise it is killed. */
function dismiss(parts: WorkerUpgradeParts, successor: UpgradedWorker): void {
  parts.pool.abandonReplacement(successor);
  if (successor.phase === "serving") void parts.drain([successor]);
  else successor.kill();
}

async function prove(
  parts: WorkerUpgradeParts,
  successor: UpgradedWorker,
  listeners: readonly SharedListener[],
  say: Say,
): Promise<string | null> {
  say(`Worker ${successor.id} has the state and proves that it accepts connections`);
  const { handOver, pool } = parts;
  const failures = await eachListener(
    listeners,
    (listener) => handOver.prove(listener, successor, pool.targets()),
  );
  if (failures.length > 0) return `worker ${successor.id} does not accept: ${failures.join("; ")}`;
  const [answer] = await parts.fanOut.run({
    verb: "Status",
    requests: requestsFor([successor], { request_type: { kind: "status", value: {} } }),
    deadline: { kind: "total", ms: parts.workerTimeoutMs },
  });
  return answer?.outcome === "ok" ? null : `worker ${successor.id}: ${answer?.message}`;
}
