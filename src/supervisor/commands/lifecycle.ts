// Verbs about processes: status, soft stop and hard stop.

import {
  EventKind,
  type Response,
  RunState,
  type WorkerInfo,
} from "../../../config/schema/messages.ts";
import { HARD_STOP, SOFT_STOP } from "../../../config/state/verb.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import type { Client } from "../command_socket/client_session.ts";
import type { EventHub } from "../command_socket/events.ts";
import type { AskParts } from "./ask_workers.ts";
import { requestsFor, type WorkerAnswer, type WorkerChannel } from "./fan_out.ts";
import { type ServingPool, unopenedReasons } from "../listeners/open.ts";
import { ok, processing } from "../command_socket/responses.ts";
import { describeAnswers, failuresOf } from "../workers/texts.ts";

/** What the status of the workers is read from. */
export interface StatusParts extends AskParts {
  readonly pool: ServingPool & { list(): WorkerInfo[] };
}

/** Every worker with its state at this moment. */
export async function status(parts: StatusParts, client: Client): Promise<Response> {
  const targets = parts.pool.targets();
  client.progress(processing(`Asked ${targets.length} workers`));
  const answers = await parts.fanOut.run({
    verb: "Status",
    requests: requestsFor(targets, { request_type: { kind: "status", value: {} } }),
    deadline: { kind: "total", ms: parts.workerTimeoutMs },
  });
  const outcomes = new Map(answers.map((answer) => [answer.workerId, answer.outcome]));
  const vec: WorkerInfo[] = parts.pool.list().map((info) => ({
    ...info,
    run_state: info.run_state === RunState.RUNNING && outcomes.get(info.id) !== "ok"
      ? RunState.NOT_ANSWERING
      : info.run_state,
  }));
  const unopened = unopenedReasons(parts.pool.targets());
  const message = unopened.length === 0
    ? "Asked every worker"
    : `not every listener is open, they are tried again; ${unopened.join("; ")}`;
  return ok(message, { kind: "workers", value: { vec } });
}

/** What stopping takes. */
export interface StopParts extends AskParts, AuditParts {
  /** Workers of earlier main processes: they stop as well. */
  readonly adoption: { readonly workers: readonly WorkerChannel[] };
  readonly events: EventHub;
  readonly shutdown: {
    /** No worker is replaced any more, and all are marked as stopping. */
    begin(): void;
    /** All workers are done: the clients are disconnected and the main process ends. */
    complete(): void;
  };
}

/** Lets the workers finish the exchanges in progress, then ends the main process. */
export async function softStop(parts: StopParts, client: Client): Promise<Response> {
  beginAudit(parts, client, SOFT_STOP)?.done();
  client.progress(processing("Stopping: workers finish the exchanges in progress"));
  const answers = await stopWorkers(
    parts,
    "soft",
    (id, message) => client.progress(processing(`Worker ${id}: ${message}`)),
  );
  return stopped(parts, answers);
}

/** Ends workers at once, then the main process. */
export async function hardStop(parts: StopParts, client: Client): Promise<Response> {
  beginAudit(parts, client, HARD_STOP)?.done();
  client.progress(processing("Stopping at once"));
  return stopped(parts, await stopWorkers(parts, "hard", () => {}));
}

/** Tells every worker to stop; resolves when each has answered, died or not answered in time. */
export function stopWorkers(
  parts: StopParts,
  kind: "soft" | "hard",
  onProcessing: (workerId: number, message: string) => void,
): Promise<readonly WorkerAnswer[]> {
  parts.events.emit("main", { kind: EventKind.SOZU_STOP_REQUESTED });
  parts.shutdown.begin();
  return parts.fanOut.run({
    verb: kind === "soft" ? "SoftStop" : "HardStop",
    requests: requestsFor([...parts.pool.targets(), ...parts.adoption.workers], {
      request_type: kind === "soft" ? SOFT_STOP : HARD_STOP,
    }),
    // A soft stop has no deadline here: shutdown.ts has it, and a hard stop is always possible.
    deadline: kind === "soft" ? { kind: "none" } : { kind: "total", ms: parts.workerTimeoutMs },
    onProcessing: (id, _, message) => onProcessing(id, message),
  });
}

function stopped(parts: StopParts, answers: readonly WorkerAnswer[]): Response {
  parts.shutdown.complete();
  const failures = failuresOf(answers);
  const text = `Stopped ${answers.length - failures.length} workers, ${failures.length} errors` +
    (failures.length > 0 ? ` (${describeAnswers(failures)})` : "");
  return ok(`${text}; stopping the main process`);
}
