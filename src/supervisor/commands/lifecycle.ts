// Verbs about processes: their status, stopping them, replacing them.

import {
  EventKind,
  type Response,
  RunState,
  type WorkerInfo,
} from "../../../config/schema/messages.ts";
import { HARD_STOP, SOFT_STOP } from "../../../config/state/verb.ts";
import { beginAudit } from "../audit/begin.ts";
import type { Client } from "../command_socket/client_session.ts";
import { parcelsFor, type WorkerAnswer } from "./fan_out.ts";
import { deadline, type MainContext } from "../context.ts";
import { unopenedReasons } from "../listeners/open.ts";
import { ok, processing } from "../command_socket/responses.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** Every worker with what it says of itself now. */
export async function status(context: MainContext, client: Client): Promise<Response> {
  const targets = context.pool.targets();
  client.progress(processing(`Asked ${targets.length} workers`));
  const answers = await context.gatherer.scatter({
    verb: "Status",
    parcels: parcelsFor(targets, { request_type: { kind: "status", value: {} } }),
    patience: deadline(context),
  });
  const outcomes = new Map(answers.map((answer) => [answer.workerId, answer.outcome]));
  const vec: WorkerInfo[] = context.pool.list().map((info) => ({
    ...info,
    run_state: info.run_state === RunState.RUNNING && outcomes.get(info.id) !== "ok"
      ? RunState.NOT_ANSWERING
      : info.run_state,
  }));
  const unopened = unopenedReasons(context.pool.targets());
  const message = unopened.length === 0
    ? ""
    : `not every listener is open, they are tried again; ${unopened.join("; ")}`;
  return ok(message, { kind: "workers", value: { vec } });
}

/** Lets workers finish what they do, then ends the main process. */
export async function softStop(context: MainContext, client: Client): Promise<Response> {
  beginAudit(context, client, SOFT_STOP)?.done();
  client.progress(processing("Stopping: workers finish the exchanges in progress"));
  const answers = await stopWorkers(
    context,
    "soft",
    (id, message) => client.progress(processing(`Worker ${id}: ${message}`)),
  );
  return stopped(context, answers);
}

/** Ends workers at once, then the main process. */
export async function hardStop(context: MainContext, client: Client): Promise<Response> {
  beginAudit(context, client, HARD_STOP)?.done();
  client.progress(processing("Stopping at once"));
  return stopped(context, await stopWorkers(context, "hard", () => {}));
}

/** Tells every worker to stop; resolves when each has answered, died or run out of time. */
export function stopWorkers(
  context: MainContext,
  kind: "soft" | "hard",
  onProcessing: (workerId: number, message: string) => void,
): Promise<readonly WorkerAnswer[]> {
  context.events.emit("main", { kind: EventKind.SOZU_STOP_REQUESTED });
  context.shutdown.begin();
  return context.gatherer.scatter({
    verb: kind === "soft" ? "SoftStop" : "HardStop",
    parcels: parcelsFor([...context.pool.targets(), ...context.adoption.workers], {
      request_type: kind === "soft" ? SOFT_STOP : HARD_STOP,
    }),
    // Sessions end when their clients are done; a second, hard, stop is always possible.
    patience: kind === "soft" ? { kind: "endless" } : deadline(context),
    onProcessing: (id, _, message) => onProcessing(id, message),
  });
}

function stopped(context: MainContext, answers: readonly WorkerAnswer[]): Response {
  context.shutdown.complete();
  const failures = failuresOf(answers);
  const text = `Stopped ${answers.length - failures.length} workers, ${failures.length} errors` +
    (failures.length > 0 ? ` (${describeAnswers(failures)})` : "");
  return ok(`${text}; stopping the main process`);
}
