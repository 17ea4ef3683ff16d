// Applies a batch of changes, such as a saved state or a reloaded file. The records are tried on a copy of the state
// first. What it accepts is applied to the state of main and sent to the workers; what it refuses is left out, or keeps
// the others out as well. When a worker refuses a record, all are rolled back. Records are sent in slices, so that other clients are served
// meanwhile. The caller holds a turn of ChangeOrder, so no other change concerns the same objects.

import { encode } from "../../../config/codec/protobuf.ts";
import { Request } from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { changesState, goneAlready, isInForce, rowOf } from "../../../config/state/verbs.ts";
import { prepareUndo, scopeOf, type Undo } from "../../../config/undo/undo.ts";
import { Slices } from "../../io/net/turn.ts";
import type { Task, WorkerAnswer } from "./fan_out.ts";
import { forgetRemoved } from "../metrics/main.ts";
import type { RetainedCounts } from "../metrics/retained.ts";
import { MAX_PENDING, rollBack, type RollbackParts } from "./rollback.ts";
import { describeAnswers } from "../workers/texts.ts";

/** What applying a batch takes. */
export interface BatchParts extends RollbackParts {
  readonly retained: RetainedCounts;
}

/** One change of a batch. */
export interface BatchRecord {
  /** Its number in the file. */
  readonly number: number;
  /** Its line; `null` when it comes from no text. */
  readonly line: number | null;
  readonly request: Request;
}

/** The result of a batch. */
export interface BatchResult {
  /** Records that are in force now and were not before. */
  readonly applied: number;
  /** Records that were in force before. */
  readonly unchanged: number;
  /** The refusals as texts. */
  readonly refused: readonly string[];
  /** Refusals of workers and the outcome of the rollback; `null` when they accepted everything. */
  readonly workerErrors: string | null;
  /** Answers of workers: OK, and anything else. */
  readonly answers: { readonly ok: number; readonly errors: number };
}

const NO_ANSWERS = { ok: 0, errors: 0 };

/**
 * Applies the records of a batch: all that the state accepts, or none when it refuses one and `refusals` is `fatal`.
 * Nothing stays applied that a worker refuses a part of.
 */
export async function applyBatch(
  parts: BatchParts,
  verb: string,
  records: readonly BatchRecord[],
  refusals: "fatal" | "left out",
): Promise<BatchResult> {
  const { refused, wanted } = await rehearse(parts.state.clone(), records);
  const unchanged = records.length - refused.length - wanted.length;
  if (refused.length > 0 && refusals === "fatal") {
    return { applied: 0, unchanged, refused, workerErrors: null, answers: NO_ANSWERS };
  }
  const sending = new Sending(parts, verb);
  const slices = new Slices();
  for (const record of wanted) {
    sending.send(record);
    if (sending.hasFailed) break;
    if (sending.task.pending >= MAX_PENDING) {
      await sending.task.below(MAX_PENDING / 2);
    }
    if (slices.isOver) await slices.pause();
  }
  const result = await sending.finish();
  return { ...result, unchanged, refused: [...refused, ...result.refused] };
}

/** Applies what a state accepts and reports the rest: for the start, when there are no clients. */
export async function applyLeniently(
  state: ConfigState,
  records: readonly BatchRecord[],
): Promise<{ applied: number; unchanged: number; refused: readonly string[] }> {
  const { refused, wanted } = await rehearse(state, records);
  const unchanged = records.length - refused.length - wanted.length;
  return { applied: wanted.length, unchanged, refused };
}

/** Applies records to a state; returns which were refused and which had an effect. */
async function rehearse(
  state: ConfigState,
  records: readonly BatchRecord[],
): Promise<{ refused: string[]; wanted: BatchRecord[] }> {
  const refused: string[] = [];
  const wanted: BatchRecord[] = [];
  const slices = new Slices();
  for (const record of records) {
    const refusal = refusalBy(state, record.request);
    if (refusal === null) wanted.push(record);
    else if (refusal !== "in force") refused.push(`${placeOf(record)}: ${refusal}`);
    if (slices.isOver) await slices.pause();
  }
  return { refused, wanted };
}

/** Why a state refuses a request; `in force` when there is nothing to do; `null` when applied. */
function refusalBy(state: ConfigState, request: Request): string | null {
  const verb = request.request_type;
  if (verb === null) return "the request is empty";
  if (!changesState(verb.kind) && rowOf(verb.kind).inBatch !== true) {
    return `${verb.kind} is no change of the configuration`;
  }
  const refusal = state.apply(request);
  if (refusal === null) return null;
  const isDone = refusal.kind === "already_exists"
    ? isInForce(state, verb)
    : goneAlready(state, verb) !== null;
  return isDone ? "in force" : refusal.message;
}

/** A record as refusals name it. */
export function placeOf({ number, line }: BatchRecord): string {
  return line === null ? `record ${number}` : `record ${number} on line ${line}`;
}

interface SentRecord {
  /** The object that it changes. */
  readonly scope: string;
  readonly number: number;
  readonly undo: Undo;
}

/** Applies records to the state of main and sends them to the workers. */
class Sending {
  readonly task: Task;
  readonly #parts: BatchParts;
  readonly #sent: SentRecord[] = [];
  readonly #refused: string[] = [];
  #requests = 0;

  constructor(parts: BatchParts, verb: string) {
    this.#parts = parts;
    this.task = parts.fanOut.open({
      verb,
      deadline: { kind: "idle", ms: parts.workerTimeoutMs },
      keepsFailuresOnly: true,
    });
  }

  send(record: BatchRecord): void {
    const { request, number } = record;
    const { state, pool } = this.#parts;
    const verb = request.request_type;
    if (verb === null) return;
    const undo = prepareUndo(state, verb);
    const refusal = state.apply(request);
    if (refusal !== null) {
      this.#refused.push(`${placeOf(record)}: ${refusal.message}`);
      return;
    }
    forgetRemoved(this.#parts.retained, verb);
    this.#sent.push({ number, undo, scope: scopeOf(verb) });
    const encoded = encode(Request, request);
    // The targets are read for each record: a worker that started meanwhile has the records so far.
    for (const worker of pool.targets()) {
      this.task.send(worker, encoded, number);
      this.#requests++;
    }
  }

  /** Whether everything sent so far has to be rolled back. */
  get hasFailed(): boolean {
    return this.task.failures > 0 || this.#refused.length > 0;
  }

  /** Waits for the workers, and rolls everything back when one of them refused a record. */
  async finish(): Promise<Omit<BatchResult, "unchanged">> {
    const failures = await this.task.finish();
    if (this.#sent.length > 0) this.#parts.onStateChanged();
    const answers = { ok: this.#requests - failures.length, errors: failures.length };
    const refused = this.#refused;
    if (!this.hasFailed) {
      const { probeValues, state } = this.#parts;
      probeValues.settle(state.tables, this.#sent.map(({ scope }) => scope));
      return { applied: this.#sent.length, refused, workerErrors: null, answers };
    }
    const byNumber = Map.groupBy(failures, ({ index }) => index);
    const outcome = await rollBack(
      this.#parts,
      this.#sent.map(({ number, undo }) => ({ undo, failures: byNumber.get(number) ?? [] })),
    );
    const reason = failures.length === 0 ? "" : `${describeFailures(failures)}; `;
    return { applied: 0, refused, workerErrors: reason + outcome, answers };
  }
}

function describeFailures(failures: readonly WorkerAnswer[]): string {
  const numbers = [...new Set(failures.map(({ index }) => index))].sort((a, b) => a - b);
  return `${describeAnswers(failures)} (record ${numbers.slice(0, 20).join(", ")})`;
}

/** Most refusals in one text, and its longest length in characters. */
const MAX_NAMED = 1_000;
const MAX_TEXT = 64 * 1024;

/** The refusals of a batch as one text, up to the limits. */
export function describeRefusals(refused: readonly string[]): string {
  let length = 0;
  let named = 0;
  for (const refusal of refused.slice(0, MAX_NAMED)) {
    length += refusal.length + 2;
    if (length > MAX_TEXT && named > 0) break;
    named++;
  }
  const text = refused.slice(0, named).join("; ");
  const rest = refused.length - named;
  return rest > 0 ? `${text}; and ${rest} more` : text;
}
