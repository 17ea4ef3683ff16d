// The state a main process begins with: from its configuration file and the saved state, or from the
// snapshot of the main process before it.

import type { Config } from "../../config/file/load.ts";
import type { Request } from "../../config/schema/messages.ts";
import type { ConfigState } from "../../config/state/state.ts";
import { setHealthCheck } from "../../config/state/verb.ts";
import { scopeOf } from "../../config/undo/undo.ts";
import { loggerOf } from "../observe/log/log.ts";
import { applyLeniently, type BatchRecord, describeRefusals } from "./commands/batch.ts";
import type { MainSnapshot } from "./main_upgrade/snapshot.ts";
import { readProbeValues } from "./protected/value_files.ts";
import type { ProbeValues } from "./protected/probe_values.ts";
import type { ProcessSettings } from "./process_settings.ts";
import { type ReplayCounters, replayed } from "./saved/replayed.ts";
import { isMissing, keepUnreadable, loadState } from "./saved/state.ts";

/** What the initial state goes into. */
export interface InitialStateParts {
  readonly state: ConfigState;
  /** The state that the configuration file describes. */
  readonly file: { readonly state: ConfigState };
  readonly settings: ProcessSettings;
  readonly probeValues: ProbeValues;
  readonly counters: { skipped: number } & ReplayCounters;
}

/**
 * Takes in the configuration file, then the saved state. Requests that are refused are logged. `false` when the values
 * of headers of a health check cannot be read: its cluster is served without the check.
 */
export async function loadInitialState(
  parts: InitialStateParts,
  config: Config,
): Promise<boolean> {
  const { config_path, probe_files } = config;
  const read = readProbeValues(config.requests, probe_files, parts.probeValues);
  const { requests, checks, problems } = read;
  for (const problem of problems) loggerOf("supervisor").error("{problem}", { problem });
  await takeIn(
    parts,
    config_path,
    requests.map((request, i) => ({ number: i + 1, line: null, request })),
  );
  for (const request of parts.state.dump()) parts.file.state.apply(request);
  for (const check of checks) parts.probeValues.hold(check);
  await loadSaved(parts, config);
  // A saved check counts, and it names the fingerprints of the process that saved it.
  parts.probeValues.settle(
    parts.state.tables,
    checks.map((check) => scopeOf(setHealthCheck(check))),
  );
  return problems.length === 0;
}

async function loadSaved(parts: InitialStateParts, config: Config): Promise<void> {
  const { saved_state } = config;
  if (saved_state === undefined || await isMissing(saved_state)) return;
  const saved = await loadState(saved_state);
  if (!saved.ok) {
    const kept = config.automatic_state_save
      ? await keepUnreadable(saved_state)
      : "it is left as it is";
    loggerOf("supervisor").error("{reason}; {kept}", { reason: saved.reason, kept });
    return;
  }
  await takeIn(
    parts,
    saved_state,
    replayed(saved_state, saved.value, parts.counters),
  );
}

async function takeIn(
  { state, settings, counters }: InitialStateParts,
  origin: string,
  records: readonly BatchRecord[],
): Promise<void> {
  const log = loggerOf("supervisor");
  const { applied, unchanged, refused } = await applyLeniently(state, records);
  log.info("{origin}: {applied} requests applied, {unchanged} in force, {count} refused", {
    origin,
    applied,
    unchanged,
    count: refused.length,
  });
  if (refused.length > 0) {
    counters.skipped += refused.length;
    log.warn("{origin}: {refused}", { origin, refused: describeRefusals(refused) });
  }
  for (const { request } of records) settings.remember(request.request_type);
}

/** Takes in the snapshot of the main process before this one. */
export function restoreSnapshot(parts: InitialStateParts, snapshot: MainSnapshot): void {
  restoreRequests(parts, parts.state, snapshot.state);
  restoreRequests(parts, parts.file.state, snapshot.fileState);
  for (const { request_type } of snapshot.settings) parts.settings.remember(request_type);
  for (const check of snapshot.protectedChecks) parts.probeValues.hold(check);
}

/** Requests that the older program accepted and this one refuses are left out and logged. */
function restoreRequests(
  { counters }: InitialStateParts,
  state: ConfigState,
  requests: readonly Request[],
): void {
  const refused = requests.flatMap((request) => state.apply(request)?.message ?? []);
  if (refused.length === 0) return;
  counters.skipped += refused.length;
  loggerOf("supervisor").error("Of the old main process {count} requests are refused: {refused}", {
    count: refused.length,
    refused: describeRefusals(refused),
  });
}
