// Many changes at once: a loaded state, a reloaded file. Each record is applied to the state of
// main, all accepted ones go to every worker in one task, and those a worker refused are undone.

import type { Request } from "../../config/messages.ts";
import { prepareUndo, type Undo } from "../../config/undo.ts";
import type { Client } from "./client_session.ts";
import { type MainContext, silence } from "./main_context.ts";
import { processing } from "./responses.ts";
import { undo } from "./verbs_mutation.ts";
import { describeAnswers, failuresOf } from "./worker_texts.ts";

/** Refusals named in one text. */
const MAX_NAMED = 20;

/** Verbs a batch may hold beside those that change the state. */
const RUNTIME_VERBS: ReadonlySet<string> = new Set([
  "configure_metrics",
  "set_max_connections_per_ip",
]);

/** One change of a batch; `number` is how its origin counts it. */
export interface BatchRecord {
  readonly number: number;
  readonly request: Request;
}

/** How a batch went. */
export interface BatchResult {
  /** Records in force everywhere. */
  readonly applied: number;
  /** Records the state of main refused, in words. */
  readonly refused: readonly string[];
  /** What workers refused and what was done about it; `null` when they accepted everything. */
  readonly workerErrors: string | null;
}

/** Applies a batch. The caller holds an exclusive turn. */
export async function applyBatch(
  context: MainContext,
  client: Client | null,
  verb: string,
  records: readonly BatchRecord[],
): Promise<BatchResult> {
  const refused: string[] = [];
  const accepted: { record: BatchRecord; undo: Undo }[] = [];
  for (const record of records) {
    const reason = refusalOf(context, record);
    if (typeof reason === "string") refused.push(`record ${record.number}: ${reason}`);
    else accepted.push({ record, undo: reason });
  }
  if (accepted.length > 0) context.onStateChanged();
  client?.progress(processing(`Applying ${accepted.length} requests, ${refused.length} refused`));
  const answers = await context.gatherer.scatter({
    verb,
    parcels: accepted.flatMap(({ record: { request, number } }) =>
      context.pool.targets().map((worker) => ({ worker, request, index: number }))
    ),
    patience: silence(context),
  });
  const failures = failuresOf(answers);
  if (failures.length === 0) return { applied: accepted.length, refused, workerErrors: null };
  const byNumber = Map.groupBy(failures, ({ index }) => index);
  const changes = accepted.flatMap(({ record, undo }) => {
    const own = byNumber.get(record.number);
    return own === undefined ? [] : [{ undo, failures: own }];
  });
  const outcome = await undo(context, changes);
  const workerErrors = `${describeAnswers(failures)}; ${outcome}`;
  return { applied: accepted.length - changes.length, refused, workerErrors };
}

/** The way back of an accepted record, or why it is refused. */
function refusalOf(context: MainContext, { request }: BatchRecord): string | Undo {
  const verb = request.request_type;
  if (verb === null) return "the request is empty";
  if (!changesState(verb.kind)) return `${verb.kind} is no change of the configuration`;
  const undo = prepareUndo(context.state, verb);
  return context.state.apply(request)?.message ?? undo;
}

function changesState(kind: string): boolean {
  return RUNTIME_VERBS.has(kind) || isMutation(kind);
}

/** Whether a verb changes the configuration state. */
export function isMutation(kind: string): boolean {
  return /^(add|remove|replace|activate|deactivate|update|set_health_check)/.test(kind);
}

/** The first refusals of a batch, for a text. */
export function describeRefusals(refused: readonly string[]): string {
  const named = refused.slice(0, MAX_NAMED).join("; ");
  const rest = refused.length - MAX_NAMED;
  return rest > 0 ? `${named}; and ${rest} more` : named;
}
