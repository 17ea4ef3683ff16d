// Rows of the audit trail: who changed what, when, and with what result; as one line of text and as
// one JSON object. Values in, text out. Everything a client or a worker can choose is made harmless
// before it gets into a row: no control character, nothing that reorders text, no forged field.

import {
  cut,
  MAX_LEASE_ID,
  quoted,
  quotedOrNull,
  secondText,
  strict,
  value,
  withMicros,
} from "./text.ts";
import { safeText } from "../log/safe_text.ts";

/** The user behind a connection; `null` is unknown. */
export interface AuditActor {
  readonly uid: number | null;
  readonly gid: number | null;
  readonly pid: number | null;
  /** Account name. */
  readonly user: string | null;
  /** Name of the process that connected. */
  readonly comm: string | null;
}

/** A connection to the command socket. */
export interface AuditSession {
  readonly id: number;
  readonly ulid: string;
  /** When it was accepted, in milliseconds since 1970 with fractions. */
  readonly connectedAt: number;
  readonly peer: AuditActor;
}

/** What the sender of a row is. */
export interface AuditSource {
  /** Path of the command socket. */
  readonly socket: string;
  readonly version: string;
  readonly buildGitSha: string | null;
  readonly bootGeneration: number;
}

export type AuditErrorCode =
  | "dispatch_error"
  | "worker_failure"
  | "worker_timeout"
  | "peer_cred_unavailable"
  | "invalid_input"
  | "io_error"
  | "other";

/** The outcomes of a request on the workers. */
export interface AuditFanout {
  readonly status: "ok" | "partial" | "timeout" | "local_only";
  readonly ok: number;
  readonly err: number;
  readonly expected: number;
}

/** The contents of a row without client and time. */
export interface AuditEntry {
  readonly verb: string;
  readonly target: string;
  readonly clusterId: string | null;
  readonly backendId: string | null;
  readonly errorCode?: AuditErrorCode | undefined;
  /** Why it failed; a row with a reason or an error code has the result `err`. */
  readonly reason?: string | undefined;
  readonly elapsedMs?: number | undefined;
  readonly fanout?: AuditFanout | undefined;
  /** First 16 hexadecimal digits of the SHA-256 of the encoded request. */
  readonly requestSha256?: string | undefined;
  readonly leaseId?: string | undefined;
  readonly metricDetailReason?: string | undefined;
}

/** One row. */
export interface AuditRow {
  readonly session: AuditSession;
  readonly entry: AuditEntry;
  /** Id of this row alone. */
  readonly ulid: string;
  /** Milliseconds since 1970 with fractions. */
  readonly time: number;
}

/** Longest reason in characters; what is longer ends in `…`. */
const MAX_REASON = 256;

/** What else may end an id inside the brackets. */
const BRACKET_BREAKING = /[\s[\]]/g;

/** What of a row is the same for every row of a session. */
interface SessionParts {
  readonly session: AuditSession;
  readonly text: string;
  readonly actorJson: string;
  readonly connectedJson: string;
}

/**
 * Writes rows. There may be tens of thousands a second, most of them of one session, so what they have
 * in common is kept.
 */
export class AuditFormat {
  readonly #socketText: string;
  readonly #sourceText: string;
  readonly #socketJson: string;
  readonly #versionJson: string;
  readonly #buildJson: string;
  #last: SessionParts | null = null;
  #second = -1;
  #secondText = "";

  /** `source` is what all rows come from. */
  constructor({ socket, version, buildGitSha, bootGeneration }: AuditSource) {
    const build = buildGitSha ?? UNKNOWN;
    this.#socketText = `socket=${value(socket)}`;
    this.#sourceText = `sozu_version=${version}, build_git_sha=${build}, ` +
      `boot_generation=${bootGeneration}`;
    this.#socketJson = `"socket":${quoted(socket)},"sozu_version":${quoted(version)}`;
    this.#versionJson = `"boot_generation":${bootGeneration}`;
    this.#buildJson = `"build_git_sha":${quoted(build)}`;
  }

  /** The row as one line, without its line feed. */
  text({ session, entry, ulid, time }: AuditRow): string {
    const cluster = bracketed(entry.clusterId);
    const backend = bracketed(entry.backendId);
    return `[${session.ulid} ${ulid} ${cluster} ${backend}]\tAUDIT\tCommand(` +
      `ts=${this.#timestamp(time)}, verb=${entry.verb}, ${this.#partsOf(session).text}, ` +
      `${this.#socketText}, target=${value(entry.target)}, result=${resultOf(entry)}, ` +
      `${optionalFields(entry)}${this.#sourceText})`;
  }

  /** The row as one JSON object with sorted keys, without a line feed. */
  json({ session, entry, ulid, time }: AuditRow): string {
    const { actorJson, connectedJson } = this.#partsOf(session);
    return `{"actor":${actorJson},"backend_id":${quotedOrNull(entry.backendId)},` +
      `${this.#versionJson},${this.#buildJson},"client_id":${session.id},` +
      `"cluster_id":${quotedOrNull(entry.clusterId)},"connect_ts":${connectedJson},` +
      `"extras":${JSON.stringify(extrasOf(entry))},"request_ulid":"${ulid}",` +
      `"result":"${resultOf(entry)}","session_ulid":"${session.ulid}",${this.#socketJson},` +
      `"target":${quoted(entry.target)},"ts":"${this.#timestamp(time)}","verb":"${entry.verb}"}`;
  }

  #partsOf(session: AuditSession): SessionParts {
    if (this.#last?.session.ulid === session.ulid) return this.#last;
    const { uid, gid, pid, user, comm } = session.peer;
    const connected = this.#timestamp(session.connectedAt);
    const role = roleOf(uid);
    const text = `actor_uid=${uid ?? UNKNOWN}, actor_gid=${gid ?? UNKNOWN}, ` +
      `actor_pid=${pid ?? UNKNOWN}, actor_role=${role}, actor_user=${value(user ?? UNKNOWN)}, ` +
      `actor_comm=${value(comm ?? UNKNOWN)}, client_id=${session.id}, connect_ts=${connected}`;
    const actorJson = `{"comm":${quotedOrNull(comm)},"gid":${gid},"pid":${pid},` +
      `"role":"${role}","uid":${uid},"user":${quotedOrNull(user)}}`;
    return this.#last = { session, text, actorJson, connectedJson: `"${connected}"` };
  }

  /** RFC 3339, UTC, with microseconds. */
  #timestamp(time: number): string {
    const micros = Math.floor(time * 1000);
    const second = Math.floor(micros / 1_000_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = secondText(second);
    }
    return withMicros(this.#secondText, micros - second * 1_000_000);
  }
}

const UNKNOWN = "unknown";

/** The fields a row has only sometimes, each with the separator after it. */
function optionalFields(entry: AuditEntry): string {
  const { fanout } = entry;
  let fields = "";
  if (entry.errorCode !== undefined) fields += `error_code=${entry.errorCode}, `;
  if (entry.reason !== undefined) fields += `reason=${reasonText(entry.reason)}, `;
  if (entry.elapsedMs !== undefined) fields += `elapsed_ms=${Math.round(entry.elapsedMs)}, `;
  if (fanout !== undefined) {
    fields += `fanout=${fanout.status}, workers=${fanout.ok}/${fanout.err}/${fanout.expected}, `;
  }
  if (entry.requestSha256 !== undefined) fields += `request_sha256=${entry.requestSha256}, `;
  if (entry.leaseId !== undefined) {
    fields += `lease_id=${cut(strict(entry.leaseId), MAX_LEASE_ID)}, `;
  }
  if (entry.metricDetailReason !== undefined) {
    fields += `metric_detail_reason=${cut(strict(entry.metricDetailReason), MAX_REASON)}, `;
  }
  return fields;
}

function extrasOf(entry: AuditEntry): Record<string, unknown> {
  const { fanout } = entry;
  // Members that are undefined are left out of the text.
  return {
    elapsed_ms: entry.elapsedMs === undefined ? undefined : Math.round(entry.elapsedMs),
    error_code: entry.errorCode,
    fanout: fanout === undefined ? undefined : {
      status: fanout.status,
      workers_err: fanout.err,
      workers_expected: fanout.expected,
      workers_ok: fanout.ok,
    },
    lease_id: first(entry.leaseId, MAX_LEASE_ID),
    metric_detail_reason: first(entry.metricDetailReason, MAX_REASON),
    reason: entry.reason === undefined ? undefined : safeText(entry.reason),
    request_sha256: entry.requestSha256,
  };
}

function resultOf({ errorCode, reason }: AuditEntry): "ok" | "err" {
  return errorCode === undefined && reason === undefined ? "ok" : "err";
}

/** What kind of account a user id belongs to. */
function roleOf(uid: number | null): string {
  if (uid === null) return UNKNOWN;
  if (uid === 0) return "root";
  return uid < 1000 ? "system" : "user";
}

/** A list of reasons has commas; without `=` none of them can begin a field. */
function reasonText(text: string): string {
  return cut(safeText(text).replaceAll("=", "?"), MAX_REASON);
}

function bracketed(id: string | null): string {
  return id === null ? "-" : safeText(id).replace(BRACKET_BREAKING, "?") || "?";
}

function first(text: string | undefined, length: number): string | undefined {
  if (text === undefined) return undefined;
  return [...strict(text)].slice(0, length).join("");
}
