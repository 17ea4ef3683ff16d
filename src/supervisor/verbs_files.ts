// Verbs about files: saving and loading the state, reading the configuration file again.

import { diff } from "../../config/diff.ts";
import type { Response } from "../../config/messages.ts";
import { applyBatch, type BatchResult, describeRefusals } from "./batch.ts";
import type { Client } from "./client_session.ts";
import type { MainContext, RequestType } from "./main_context.ts";
import { reloadTarget } from "./reload_target.ts";
import { eventOf } from "./request_events.ts";
import { failure, ok, processing } from "./responses.ts";
import { loadState, saveState } from "./saved_state.ts";

/** Writes the state of main to a file. */
export async function executeSaveState(
  context: MainContext,
  type: RequestType & { kind: "save_state" },
): Promise<Response> {
  const path = absolute(type.value);
  // A state in which a change may still be taken back is not one to keep.
  const release = await context.order.enterExclusive();
  const requests = context.state.dump();
  release();
  const result = await saveState(path, requests);
  emit(context, type);
  return result.ok
    ? ok(`Saved ${result.value} config messages to ${path}`)
    : failure(result.reason);
}

/** Applies the records of a state file on top of what is configured. */
export async function executeLoadState(
  context: MainContext,
  client: Client,
  type: RequestType & { kind: "load_state" },
): Promise<Response> {
  client.progress(processing(`Reading ${type.value}`));
  const read = await loadState(type.value);
  emit(context, type);
  if (!read.ok) return failure(`${read.reason}; nothing was applied`);
  const records = read.value.map(({ content }, i) => ({ number: i + 1, request: content }));
  const release = await context.order.enterExclusive();
  try {
    const result = await applyBatch(context, client, "LoadState", records);
    emit(context, type);
    return batchAnswer(`Loaded ${type.value}`, result);
  } finally {
    release();
  }
}

/** Reads a configuration file and applies what differs from the one read before. */
export async function executeReload(
  context: MainContext,
  client: Client,
  type: RequestType & { kind: "reload_configuration" },
): Promise<Response> {
  const path = type.value === "" ? context.files.configPath : type.value;
  client.progress(processing(`Reading ${path}`));
  const file = await context.files.load(path);
  emit(context, type);
  if (!file.ok) return failure(`${file.problems.join("\n")}\nNothing was changed`);
  const release = await context.order.enterExclusive();
  try {
    const newFile = context.createState();
    for (const request of file.requests) newFile.apply(request);
    const target = reloadTarget(context.state, context.fileState, newFile);
    const changes = diff(context.state, target);
    const records = changes.map((request, i) => ({ number: i, request }));
    const result = await applyBatch(context, client, "ReloadConfiguration", records);
    if (result.workerErrors === null) context.fileState = newFile;
    emit(context, type);
    return batchAnswer(`Reloaded ${path}`, result);
  } finally {
    release();
  }
}

function batchAnswer(what: string, result: BatchResult): Response {
  const { applied, refused, workerErrors } = result;
  const text = `${what}: ${applied} requests applied, ${refused.length} refused` +
    (refused.length > 0 ? ` (${describeRefusals(refused)})` : "");
  return workerErrors === null ? ok(text) : failure(`${text}; workers: ${workerErrors}`);
}

function emit(context: MainContext, type: RequestType): void {
  const event = eventOf(type);
  if (event !== null) context.events.emit("main", event);
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}
