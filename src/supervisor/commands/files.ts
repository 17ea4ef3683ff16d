// Verbs about files: saving and loading the state, reading the configuration file again.

import { diff } from "../../../config/diff/diff.ts";
import { type Request, type Response, ResponseStatus } from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { reloadConfiguration } from "../../../config/state/verb.ts";
import { scopeOf } from "../../../config/undo/undo.ts";
import type { Verb } from "../../../config/state/verbs.ts";
import { servableState } from "../../configuration/servable.ts";
import { Slices } from "../../io/net/turn.ts";
import { type AuditParts, beginAudit } from "../audit/begin.ts";
import {
  applyBatch,
  type BatchParts,
  type BatchRecord,
  type BatchResult,
  describeRefusals,
  placeOf,
} from "./batch.ts";
import type { Client } from "../command_socket/client_session.ts";
import type { EventHub } from "../command_socket/events.ts";
import type { FileRequests } from "../configuration_file.ts";
import type { ProcessSettings } from "../process_settings.ts";
import type { ChangeOrder } from "./change_order.ts";
import { keepInformed } from "../command_socket/progress.ts";
import { reloadTarget } from "./reload_target.ts";
import { eventOf } from "../command_socket/request_events.ts";
import { failure, ok, processing } from "../command_socket/responses.ts";
import { protectAll, type ProtectedParts } from "../protected/change.ts";
import { readProbeValues } from "../protected/value_files.ts";
import { type ReplayCounters, replayed } from "../saved/replayed.ts";
import { loadState, saveState } from "../saved/state.ts";

/** What saving the state takes. */
export interface SaveParts extends AuditParts {
  readonly order: ChangeOrder;
  readonly events: EventHub;
}

/** What loading a saved state takes. */
export interface LoadParts extends SaveParts, BatchParts {
  readonly state: ConfigState;
  readonly counters: { skipped: number } & ReplayCounters;
  readonly settings: ProcessSettings;
}

/** What reloading the configuration file takes. */
export interface ReloadParts extends SaveParts, BatchParts, ProtectedParts {
  readonly state: ConfigState;
  readonly order: ChangeOrder;
  readonly pool: ProtectedParts["pool"];
  readonly file: {
    /** The path the main process was started with. */
    readonly path: string;
    /** The state the file described when it was last read. */
    state: ConfigState;
    load(path: string): Promise<FileRequests>;
  };
}

/** Writes the state of main to a file. */
export async function executeSaveState(
  parts: SaveParts,
  client: Client,
  type: Verb & { kind: "save_state" },
): Promise<Response> {
  const path = absolute(type.value);
  const audited = beginAudit(parts, client, { kind: "save_state", value: path });
  // A state with a change that may still be rolled back is not saved.
  const turn = await parts.order.enterExclusive();
  const requests = parts.state.dump();
  turn.release();
  const result = await keepInformed(
    client,
    () => `Saving ${requests.length} config messages`,
    () => saveState(path, requests),
  );
  emit(parts, type);
  if (!result.ok) {
    audited?.failed("io_error", result.reason);
    return failure(result.reason);
  }
  audited?.done(` messages:${result.value}`);
  return ok(`Saved ${result.value} config messages to ${path}`);
}

/**
 * Applies the records of a state file on top of what is configured. Records that the state refuses are left out, counted
 * and named. When a worker refuses one, nothing is applied.
 */
export function executeLoadState(
  parts: LoadParts,
  client: Client,
  type: Verb & { kind: "load_state" },
): Promise<Response> {
  client.progress(processing(`Reading ${type.value}`));
  return keepInformed(client, () => `Loading ${type.value}`, () => load(parts, client, type));
}

async function load(
  parts: LoadParts,
  client: Client,
  type: Verb & { kind: "load_state" },
): Promise<Response> {
  const audited = beginAudit(parts, client, type);
  const read = await loadState(type.value);
  emit(parts, type);
  if (!read.ok) {
    audited?.failed("invalid_input", read.reason);
    return failure(`${read.reason}; nothing was applied`);
  }
  const { records, leftOut } = await servableOf(
    parts,
    replayed(type.value, read.value, parts.counters),
  );
  if (leftOut !== null) client.progress(processing(leftOut));
  const scopes = await scopesOf(records);
  const turn = await parts.order.enterExclusive();
  turn.narrowTo(scopes);
  try {
    client.progress(processing(`Applying ${records.length} records`));
    const result = await applyBatch(parts, "LoadState", records, "left out");
    const { ok: accepted, errors } = result.answers;
    const counts = ` ok:${accepted} errors:${errors + result.refused.length}`;
    parts.counters.skipped += result.refused.length;
    const problem = result.workerErrors;
    const skipped = skippedText(result.refused);
    if (skipped !== null) client.progress(processing(skipped));
    if (problem === null) {
      for (const { request } of records) parts.settings.remember(request.request_type);
      audited?.done(counts);
    } else audited?.failed("worker_failure", problem, counts);
    emit(parts, type);
    const answer = batchAnswer(`Loaded ${type.value}`, `Cannot load ${type.value}`, {
      ...result,
      refused: [],
    });
    if (skipped !== null) answer.message += `; ${skipped}`;
    if (leftOut !== null) answer.message += `; ${leftOut}`;
    return answer;
  } finally {
    turn.release();
  }
}

/**
 * The records whose values can be served. Others, which an older program may have saved, are left out, counted and
 * reported; the rest is loaded.
 */
async function servableOf(
  parts: LoadParts,
  all: readonly BatchRecord[],
): Promise<{ readonly records: readonly BatchRecord[]; readonly leftOut: string | null }> {
  const records: BatchRecord[] = [];
  const refused: string[] = [];
  const slices = new Slices();
  for (const record of all) {
    const objection = parts.state.objection(record.request);
    if (objection === null) records.push(record);
    else refused.push(`${placeOf(record)}: ${objection.message}`);
    if (slices.isOver) await slices.pause();
  }
  if (refused.length === 0) return { records, leftOut: null };
  parts.counters.skipped += refused.length;
  const leftOut = `${refused.length} records cannot be served and are left out: ` +
    describeRefusals(refused);
  return { records, leftOut };
}

function skippedText(refused: readonly string[]): string | null {
  return refused.length === 0
    ? null
    : `${refused.length} records are refused and left out: ${describeRefusals(refused)}`;
}

/** Reads a configuration file and applies what differs from the one read before. */
export function executeReload(
  parts: ReloadParts,
  client: Client,
  type: Verb & { readonly value: string },
): Promise<Response> {
  const path = type.value === "" ? parts.file.path : type.value;
  client.progress(processing(`Reading ${path}`));
  return keepInformed(client, () => `Reloading ${path}`, () => reload(parts, client, path));
}

async function reload(parts: ReloadParts, client: Client, path: string): Promise<Response> {
  const type = reloadConfiguration(path);
  const audited = beginAudit(parts, client, type);
  const file = await parts.file.load(path);
  emit(parts, type);
  if (!file.ok) {
    audited?.failed("invalid_input", file.problems.join("; "));
    return failure(`${file.problems.join("\n")}\nNothing was changed`);
  }
  const { requests, checks, problems } = readProbeValues(
    file.requests,
    file.probeFiles,
    parts.probeValues,
  );
  if (problems.length > 0) {
    audited?.failed("io_error", problems.join("; "));
    return failure(`${problems.join("\n")}\nNothing was changed`);
  }
  const answer = await applyFile(parts, { ...file, requests }, path, audited);
  if (answer.status !== ResponseStatus.OK) return answer;
  const problem = await protectAll(parts, checks);
  return problem === null ? answer : failure(problem);
}

/** Applies a file that was read. */
async function applyFile(
  parts: ReloadParts,
  file: FileRequests & { readonly ok: true },
  path: string,
  audited: ReturnType<typeof beginAudit>,
): Promise<Response> {
  const type = reloadConfiguration(path);
  const turn = await parts.order.enterExclusive();
  try {
    const newFile = servableState();
    const refused = refusedBy(newFile, file.requests);
    if (refused.length > 0) {
      audited?.failed("invalid_input", describeRefusals(refused));
      return failure(`${path}: ${describeRefusals(refused)}\nNothing was changed`);
    }
    const target = reloadTarget(parts.state, parts.file.state, newFile);
    const records = diff(parts.state, target).map((request, number) => ({
      number,
      line: null,
      request,
    }));
    turn.narrowTo(await scopesOf(records));
    const result = await applyBatch(parts, "ReloadConfiguration", records, "fatal");
    const problem = problemOf(result);
    if (problem === null) {
      parts.file.state = newFile;
      audited?.done();
    } else audited?.failed(errorCodeOf(result), problem);
    emit(parts, type);
    const answer = batchAnswer(`Reloaded ${path}`, `Cannot reload ${path}`, result);
    if (problem === null && file.kept.length > 0) {
      answer.message += `; not before the next start: ${file.kept.join(", ")}`;
    }
    return answer;
  } finally {
    turn.release();
  }
}

/** The refusals of requests of a file that contradict each other. */
function refusedBy(
  state: { apply(request: Request): { message: string } | null },
  requests: readonly Request[],
): string[] {
  return requests.flatMap((request) => {
    const refusal = state.apply(request);
    return refusal === null ? [] : [`${request.request_type?.kind}: ${refusal.message}`];
  });
}

/** The objects that the records concern. */
async function scopesOf(records: readonly BatchRecord[]): Promise<Set<string>> {
  const scopes = new Set<string>();
  const slices = new Slices();
  for (const { request } of records) {
    if (request.request_type !== null) scopes.add(scopeOf(request.request_type));
    if (slices.isOver) await slices.pause();
  }
  return scopes;
}

/** Why a batch failed; `null` when it did not. */
function problemOf({ refused, workerErrors }: BatchResult): string | null {
  return refused.length > 0 ? describeRefusals(refused) : workerErrors;
}

function errorCodeOf({ refused }: BatchResult): "dispatch_error" | "worker_failure" {
  return refused.length > 0 ? "dispatch_error" : "worker_failure";
}

function batchAnswer(done: string, failed: string, result: BatchResult): Response {
  const { applied, unchanged, refused, workerErrors } = result;
  if (refused.length > 0) {
    return failure(
      `${failed}: ${refused.length} records are refused, nothing was applied: ` +
        describeRefusals(refused),
    );
  }
  return workerErrors === null
    ? ok(`${done}: ${applied} requests applied, ${unchanged} in force already`)
    : failure(`${failed}, nothing was applied; workers: ${workerErrors}`);
}

function emit(parts: SaveParts, type: Verb): void {
  const event = eventOf(type);
  if (event !== null) parts.events.emit("main", event);
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}
