// Rows of the audit trail: who changed what, when, and with what result; as one line of text and as
// one JSON object. Values in, text out. Everything a client or a worker can choose is made harmless
// before it gets into a row: no control character, nothing that reorders text, no forged field.

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

/** How the workers took a request. */
export interface AuditFanout {
  readonly status: "ok" | "partial" | "timeout" | "local_only";
  readonly ok: number;
  readonly err: number;
  readonly expected: number;
}

/** What a row tells besides who and when. */
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
  readonly source: AuditSource;
  readonly session: AuditSession;
  readonly entry: AuditEntry;
  /** Id of this row alone. */
  readonly ulid: string;
  /** Milliseconds since 1970 with fractions. */
  readonly time: number;
}

/** Longest reason and longest lease name in characters; what is longer ends in `…`. */
const MAX_REASON = 256;
const MAX_LEASE_ID = 64;

// Control characters, the byte order mark, line separators and everything that reorders text.
const UNSAFE =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** What else may end an id inside the brackets. */
const BRACKET_BREAKING = /[\s[\]]/g;

/** The row as one line, without its line feed. */
export function formatAuditText({ source, session, entry, ulid, time }: AuditRow): string {
  const { peer } = session;
  const fields = [
    `ts=${timestamp(time)}`,
    `verb=${entry.verb}`,
    `actor_uid=${peer.uid ?? UNKNOWN}`,
    `actor_gid=${peer.gid ?? UNKNOWN}`,
    `actor_pid=${peer.pid ?? UNKNOWN}`,
    `actor_role=${roleOf(peer.uid)}`,
    `actor_user=${value(peer.user ?? UNKNOWN)}`,
    `actor_comm=${value(peer.comm ?? UNKNOWN)}`,
    `client_id=${session.id}`,
    `connect_ts=${timestamp(session.connectedAt)}`,
    `socket=${value(source.socket)}`,
    `target=${value(entry.target)}`,
    `result=${resultOf(entry)}`,
    ...optionalFields(entry),
    `sozu_version=${source.version}`,
    `build_git_sha=${source.buildGitSha ?? UNKNOWN}`,
    `boot_generation=${source.bootGeneration}`,
  ];
  const ids = [session.ulid, ulid, bracketed(entry.clusterId), bracketed(entry.backendId)];
  return `[${ids.join(" ")}]\tAUDIT\tCommand(${fields.join(", ")})`;
}

/** The row as one JSON object with sorted keys, without a line feed. */
export function formatAuditJson({ source, session, entry, ulid, time }: AuditRow): string {
  const { peer } = session;
  return JSON.stringify({
    actor: {
      comm: safeOrNull(peer.comm),
      gid: peer.gid,
      pid: peer.pid,
      role: roleOf(peer.uid),
      uid: peer.uid,
      user: safeOrNull(peer.user),
    },
    backend_id: safeOrNull(entry.backendId),
    boot_generation: source.bootGeneration,
    build_git_sha: source.buildGitSha ?? UNKNOWN,
    client_id: session.id,
    cluster_id: safeOrNull(entry.clusterId),
    connect_ts: timestamp(session.connectedAt),
    extras: extrasOf(entry),
    request_ulid: ulid,
    result: resultOf(entry),
    session_ulid: session.ulid,
    socket: safe(source.socket),
    sozu_version: source.version,
    target: safe(entry.target),
    ts: timestamp(time),
    verb: entry.verb,
  });
}

const UNKNOWN = "unknown";

function optionalFields(entry: AuditEntry): string[] {
  const fields: string[] = [];
  const { fanout } = entry;
  if (entry.errorCode !== undefined) fields.push(`error_code=${entry.errorCode}`);
  if (entry.reason !== undefined) fields.push(`reason=${reasonText(entry.reason)}`);
  if (entry.elapsedMs !== undefined) fields.push(`elapsed_ms=${Math.round(entry.elapsedMs)}`);
  if (fanout !== undefined) {
    fields.push(`fanout=${fanout.status}`);
    fields.push(`workers=${fanout.ok}/${fanout.err}/${fanout.expected}`);
  }
  if (entry.requestSha256 !== undefined) fields.push(`request_sha256=${entry.requestSha256}`);
  if (entry.leaseId !== undefined) {
    fields.push(`lease_id=${cut(strict(entry.leaseId), MAX_LEASE_ID)}`);
  }
  if (entry.metricDetailReason !== undefined) {
    fields.push(`metric_detail_reason=${cut(strict(entry.metricDetailReason), MAX_REASON)}`);
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
    reason: entry.reason === undefined ? undefined : safe(entry.reason),
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

/** RFC 3339, UTC, with microseconds. */
function timestamp(time: number): string {
  const micros = Math.floor(time * 1000);
  const text = new Date(Math.floor(micros / 1000)).toISOString();
  return `${text.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}Z`;
}

/** A text without anything that could drive a terminal, break a line or reorder what is shown. */
function safe(text: string): string {
  return text.replace(UNSAFE, "?");
}

function safeOrNull(text: string | null): string | null {
  return text === null ? null : safe(text);
}

/** The value of one field of the line: without a comma it cannot begin another field. */
function value(text: string): string {
  return safe(text).replaceAll(",", "?");
}

/** A list of reasons has commas of its own; without `=` none of them begins a field. */
function reasonText(text: string): string {
  return cut(safe(text).replaceAll("=", "?"), MAX_REASON);
}

function strict(text: string): string {
  return safe(text).replace(/[,=]/g, "?");
}

function bracketed(id: string | null): string {
  return id === null ? "-" : safe(id).replace(BRACKET_BREAKING, "?") || "?";
}

/** Counts characters, not UTF-16 units, so that none is cut in half. */
function cut(text: string, length: number): string {
  return text.length <= length || [...text].length <= length
    ? text
    : `${[...text].slice(0, length).join("")}…`;
}

function first(text: string | undefined, length: number): string | undefined {
  if (text === undefined) return undefined;
  return [...strict(text)].slice(0, length).join("");
}
