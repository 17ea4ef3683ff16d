// The audit trail of the main process: each change leaves a row with the client that made it, in the log, in a text
// file, and in a file of JSON lines. subject.ts has the contents of the rows.

import type { MetricDetailTransition } from "../../../config/schema/messages.ts";
import { sha256Hex } from "../../io/x509/sha256.ts";
import {
  type AuditErrorCode,
  type AuditFanout,
  AuditFormat,
  type AuditRow,
  type AuditSource,
} from "../../observe/audit/row.ts";
import {
  WORKER_LOCAL_VERB,
  workerAuditJson,
  type WorkerAuditRow,
  workerAuditText,
} from "../../observe/audit/worker_row.ts";
import { DETAIL_NAMES } from "../../../config/state/verbs/settings.ts";
import type { UlidSource } from "../../protocol/http/ids/ulid.ts";
import type { AuditSubject } from "./subject.ts";
import type { ClientIdentity } from "../command_socket/identity.ts";
import type { WorkerAnswer } from "../commands/fan_out.ts";
import { describeAnswers, failuresOf, sanitise } from "../workers/texts.ts";

/** Hexadecimal digits of the hash of a request. */
const HASH_DIGITS = 16;

/** Module of the rows in the log. */
const MODULE = "supervisor::audit";

/** A file of rows. */
export interface AuditSink {
  append(row: string): void;
  flushed(): Promise<void>;
  /** Opens the file anew. */
  reopen(): void;
}

/** The log, as far as the trail uses it. */
export interface AuditLog {
  wantsInfo(module: string): boolean;
  writeInfo(module: string, message: string): void;
}

/** What a trail is made of. */
export interface AuditTrailParts {
  readonly source: AuditSource;
  readonly text: AuditSink | null;
  readonly json: AuditSink | null;
  readonly log: AuditLog;
  readonly ulids: UlidSource;
  /** Milliseconds since 1970, with fractions. */
  readonly now: () => number;
}

/** The trail. */
export class AuditTrail {
  /** Rows so far. There are as many verbs as in the schema. */
  readonly rowsByVerb = new Map<string, number>();
  readonly #parts: AuditTrailParts;
  readonly #format: AuditFormat;

  constructor(parts: AuditTrailParts) {
    this.#parts = parts;
    this.#format = new AuditFormat(parts.source);
  }

  /** Whether an output wants rows; otherwise none need be prepared. */
  get isWanted(): boolean {
    const { text, json, log } = this.#parts;
    return text !== null || json !== null || log.wantsInfo(MODULE);
  }

  /** The rows of one request. `encoded` is the request as it is sent to workers. */
  begin(client: ClientIdentity, subject: AuditSubject, encoded?: Uint8Array): AuditedRequest {
    return new AuditedRequest(
      (details) => this.#write(client, subject, details),
      this.#parts.now,
      encoded,
    );
  }

  /** The metric detail of a worker rose or fell with its leases. */
  workerTransition(workerId: number, transition: MetricDetailTransition): void {
    const { source, now } = this.#parts;
    const nameOf = (level: number) => DETAIL_NAMES[level] ?? String(level);
    const row: WorkerAuditRow = {
      workerId,
      previous: nameOf(transition.previous_effective),
      effective: nameOf(transition.effective),
      transitionKind: transition.transition_kind,
      leaseId: transition.client_id,
      time: now(),
    };
    this.#countRow(WORKER_LOCAL_VERB);
    this.#append(() => workerAuditText(row, source), () => workerAuditJson(row, source));
  }

  /** Opens the files anew, after log rotation moved the old ones away. */
  reopen(): void {
    this.#parts.text?.reopen();
    this.#parts.json?.reopen();
  }

  /** Resolves when every row was written or dropped. */
  async flushed(): Promise<void> {
    await this.#parts.text?.flushed();
    await this.#parts.json?.flushed();
  }

  #write(session: ClientIdentity, subject: AuditSubject, details: AuditDetails): void {
    const { ulids, now } = this.#parts;
    this.#countRow(subject.verb);
    const row: AuditRow = {
      session,
      entry: {
        verb: subject.verb,
        target: subject.target + (details.targetSuffix ?? ""),
        clusterId: subject.clusterId,
        backendId: subject.backendId,
        errorCode: details.errorCode,
        reason: details.reason,
        elapsedMs: details.elapsedMs,
        fanout: details.fanout,
        requestSha256: details.requestSha256,
        leaseId: subject.leaseId,
        metricDetailReason: subject.metricDetailReason,
      },
      ulid: ulids.next(),
      time: now(),
    };
    this.#append(() => this.#format.text(row), () => this.#format.json(row));
  }

  #countRow(verb: string): void {
    this.rowsByVerb.set(verb, (this.rowsByVerb.get(verb) ?? 0) + 1);
  }

  /** Writes a row to each output that wants it; texts without an output are not made. */
  #append(asText: () => string, asJson: () => string): void {
    const { text, json, log } = this.#parts;
    const isLogged = log.wantsInfo(MODULE);
    if (text !== null || isLogged) {
      const line = asText();
      text?.append(line);
      if (isLogged) log.writeInfo(MODULE, line);
    }
    json?.append(asJson());
  }
}

interface AuditDetails {
  readonly targetSuffix?: string;
  readonly errorCode?: AuditErrorCode;
  readonly reason?: string;
  readonly elapsedMs?: number;
  readonly fanout?: AuditFanout;
  readonly requestSha256?: string | undefined;
}

/** The rows of one request. */
export class AuditedRequest {
  readonly #write: (details: AuditDetails) => void;
  readonly #now: () => number;
  readonly #began: number;
  readonly #encoded: Uint8Array | undefined;
  #hash: string | undefined;

  constructor(
    write: (details: AuditDetails) => void,
    now: () => number,
    encoded: Uint8Array | undefined,
  ) {
    this.#write = write;
    this.#now = now;
    this.#began = now();
    this.#encoded = encoded;
  }

  /** It was accepted and is on its way to the workers, or it is done; `targetSuffix` says more. */
  done(targetSuffix = ""): void {
    this.#write({ targetSuffix, requestSha256: this.#requestSha256() });
  }

  /** It failed in the main process. */
  failed(errorCode: AuditErrorCode, reason: string, targetSuffix = ""): void {
    this.#write({ targetSuffix, errorCode, reason, requestSha256: this.#requestSha256() });
  }

  /** The workers have answered; `note` is the outcome of the rollback, if there was one. */
  completed(answers: readonly WorkerAnswer[], note = ""): void {
    const failures = failuresOf(answers);
    const isTimeout = failures.some(({ outcome }) => outcome === "timed_out");
    const fanout: AuditFanout = {
      status: failures.length === 0 ? "ok" : isTimeout ? "timeout" : "partial",
      ok: answers.length - failures.length,
      err: failures.length,
      expected: answers.length,
    };
    const details = {
      elapsedMs: this.#now() - this.#began,
      fanout,
      requestSha256: this.#requestSha256(),
    };
    if (failures.length === 0) return this.#write(details);
    const errorCode = isTimeout ? "worker_timeout" : "worker_failure";
    const outcomes = describeAnswers(answers, sanitise);
    const reason = note === "" ? outcomes : `${outcomes}; ${note}`;
    this.#write({ ...details, errorCode, reason });
  }

  #requestSha256(): string | undefined {
    if (this.#encoded === undefined) return undefined;
    return this.#hash ??= sha256Hex(this.#encoded).slice(0, HASH_DIGITS);
  }
}
