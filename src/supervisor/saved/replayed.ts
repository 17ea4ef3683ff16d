// The records of a saved state as changes to be made. What an older program let pass and nobody may set any
// more is raised to what is served; that costs no listener, and is said.

import { raiseToFloors } from "../../../config/rules/h2_floors.ts";
import type { SavedRecord } from "../../../config/codec/saved_state.ts";
import { loggerOf } from "../../observe/log/log.ts";
import { type BatchRecord, placeOf } from "../commands/batch.ts";

/** Counts of the main process. */
export interface ReplayCounters {
  /** Settings that were raised. */
  clamped: number;
}

/** The changes of a state file. */
export function replayed(
  path: string,
  saved: readonly SavedRecord[],
  counters: ReplayCounters,
): BatchRecord[] {
  return saved.map(({ request: { content }, record, line }) => {
    const raised = raiseToFloors(content);
    const change = { number: record, line, request: raised?.request ?? content };
    if (raised !== null) {
      counters.clamped += raised.changes.length;
      loggerOf("supervisor::state").warn("{path}: too low in {place}, raised: {changes}", {
        path,
        place: placeOf(change),
        changes: raised.changes.join(", "),
      });
    }
    return change;
  });
}
