// Changes of the configuration: applied to the state of main first, then by every worker. A change
// that a worker refuses is undone everywhere, so that a FAILURE means nothing changed.

import type { Request, Response } from "../../config/messages.ts";
import { verbName } from "../../config/state_verbs.ts";
import { prepareUndo, scopeOf, type Undo } from "../../config/undo.ts";
import type { Client, Execution } from "./client_session.ts";
import type { WorkerAnswer } from "./gather.ts";
import { deadline, type MainContext, type RequestType } from "./main_context.ts";
import type { Release } from "./mutation_order.ts";
import { eventOf } from "./request_events.ts";
import { failure, ok, processing } from "./responses.ts";
import { describeAnswers, failuresOf, nameWorkers } from "./worker_texts.ts";

/** Starts a change; the next request may begin once it was sent to the workers. */
export function executeMutation(
  context: MainContext,
  request: RequestType,
  client: Client,
): Execution {
  const turn = context.order.enter(scopeOf(request));
  if (typeof turn === "function") {
    return { begun: Promise.resolve(), done: applyAndSend(context, request, client, turn) };
  }
  const begun = turn.then((release) => ({
    done: applyAndSend(context, request, client, release),
  }));
  return { begun: begun.then(() => {}), done: begun.then(({ done }) => done) };
}

/** Everything up to the fan-out happens before the first await: one order for state and workers. */
async function applyAndSend(
  context: MainContext,
  type: RequestType,
  client: Client,
  release: Release,
): Promise<Response> {
  try {
    const request: Request = { request_type: type };
    const event = eventOf(type);
    const undoThis = prepareUndo(context.state, type);
    const refusal = context.state.apply(request);
    if (event !== null) context.events.emit("main", event);
    if (refusal !== null) return failure(`Refused by the configuration state: ${refusal.message}`);
    context.onStateChanged();
    const targets = context.pool.targets();
    client.progress(processing(`Sent to ${targets.length} workers`));
    const answers = await context.gatherer.scatter({
      verb: verbName(type.kind),
      parcels: targets.map((worker) => ({ worker, request, index: 0 })),
      patience: deadline(context),
      onProcessing: (id, requestId, message) =>
        client.progress(processing(`Worker ${id} is processing ${requestId}. ${message}`)),
    });
    if (event !== null) context.events.emit("main", event);
    const failures = failuresOf(answers);
    if (failures.length === 0) return ok("");
    const outcome = await undo(context, [{ undo: undoThis, failures }]);
    return failure(`${describeAnswers(answers)}; ${outcome}`);
  } finally {
    release();
  }
}

/** A change some workers did not make. */
export interface RefusedChange {
  /** How to take it back, prepared before it was made. */
  readonly undo: Undo;
  readonly failures: readonly WorkerAnswer[];
}

/**
 * Undoes changes, given in the order they were made, on main and on every worker that may have
 * made them. Says in words how that went.
 */
export async function undo(
  context: MainContext,
  changes: readonly RefusedChange[],
): Promise<string> {
  const waitedFor: Promise<readonly WorkerAnswer[]>[] = [];
  let undone = 0;
  for (const change of [...changes].reverse()) {
    for (const request of change.undo(context.state)) {
      if (context.state.apply(request) !== null) continue;
      undone++;
      waitedFor.push(...sendInverse(context, request, change.failures));
    }
  }
  if (undone === 0) return "nothing had changed";
  context.onStateChanged();
  const failed = failuresOf((await Promise.all(waitedFor)).flat());
  return failed.length === 0
    ? "rolled back everywhere"
    : `rolled back, but still different on ${nameWorkers(failed.map((one) => one.workerId))} (${
      describeAnswers(failed)
    })`;
}

/** Sends an inverse to all but those that refused; a silent worker is told but not waited for. */
function sendInverse(
  context: MainContext,
  request: Request,
  failures: readonly WorkerAnswer[],
): Promise<readonly WorkerAnswer[]>[] {
  const skipped = new Set(
    failures.filter(({ outcome }) => outcome !== "silent").map(({ workerId }) => workerId),
  );
  const silent = new Set(
    failures.filter(({ outcome }) => outcome === "silent").map(({ workerId }) => workerId),
  );
  const targets = context.pool.targets().filter(({ id }) => !skipped.has(id));
  const verb = `Undo${verbName(request.request_type?.kind ?? "status")}`;
  const send = (workers: typeof targets) =>
    context.gatherer.scatter({
      verb,
      parcels: workers.map((worker) => ({ worker, request, index: 0 })),
      patience: deadline(context),
    });
  void send(targets.filter(({ id }) => silent.has(id)));
  return [send(targets.filter(({ id }) => !silent.has(id)))];
}
