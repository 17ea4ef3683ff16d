// Rows of the audit trail about a change a worker made itself: its metric detail rose or fell with its leases. No
// client of the command socket caused it, so these rows have a different layout.

import type { AuditSource } from "./row.ts";
import { cut, MAX_LEASE_ID, quoted, secondText, strict, withMicros } from "./text.ts";

/** Name of these rows, and of their counter. */
export const WORKER_LOCAL_VERB = "metric_detail_changed_worker_local";

/** One change. */
export interface WorkerAuditRow {
  readonly workerId: number;
  /** Levels by name. */
  readonly previous: string;
  readonly effective: string;
  /** `lease_apply`, `lease_clear` or `lease_tick_expired`. */
  readonly transitionKind: string;
  readonly leaseId: string | undefined;
  /** Milliseconds since 1970 with fractions. */
  readonly time: number;
}

const ACTOR = "sozu-worker";

/** The row as one line, without its line feed. */
export function workerAuditText(row: WorkerAuditRow, source: AuditSource): string {
  const lease = row.leaseId === undefined
    ? ""
    : `lease_id=${cut(strict(row.leaseId), MAX_LEASE_ID)}, `;
  return `[worker:${row.workerId} request:- cluster:- backend:-]\tAUDIT\tCommand(` +
    `ts=${timestamp(row.time)}, verb=${WORKER_LOCAL_VERB}, actor_uid=-, actor_gid=-, ` +
    `actor_pid=-, actor_role=worker, actor_user=${ACTOR}, actor_comm=${ACTOR}, ` +
    `worker_id=${row.workerId}, socket=(worker-ipc), target=${targetOf(row)}, result=ok, ` +
    `transition_kind=${strict(row.transitionKind)}, ${lease}sozu_version=${source.version}, ` +
    `build_git_sha=${source.buildGitSha ?? "unknown"}, boot_generation=${source.bootGeneration})`;
}

/** The row as one JSON object with sorted keys, without a line feed. */
export function workerAuditJson(row: WorkerAuditRow, source: AuditSource): string {
  const lease = row.leaseId === undefined
    ? ""
    : `"lease_id":${quoted(cut(strict(row.leaseId), MAX_LEASE_ID))},`;
  return `{"actor":{"comm":"${ACTOR}","role":"worker"},` +
    `"boot_generation":${source.bootGeneration},` +
    `"build_git_sha":${quoted(source.buildGitSha ?? "unknown")},` +
    `"effective":${quoted(row.effective)},${lease}` +
    `"previous_effective":${quoted(row.previous)},"result":"ok",` +
    `"sozu_version":${quoted(source.version)},"target":${quoted(targetOf(row))},` +
    `"transition_kind":${quoted(row.transitionKind)},"ts":"${timestamp(row.time)}",` +
    `"verb":"${WORKER_LOCAL_VERB}","worker_id":"${row.workerId}"}`;
}

function targetOf({ previous, effective }: WorkerAuditRow): string {
  return `metric_detail:${previous}->${effective}`;
}

function timestamp(time: number): string {
  const micros = Math.floor(time * 1000);
  const second = Math.floor(micros / 1_000_000);
  return withMicros(secondText(second), micros - second * 1_000_000);
}
