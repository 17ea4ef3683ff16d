// Many changes at once: a loaded state, a reloaded file. All or nothing: the records are tried on a
// copy of the state first, and only when it refuses none do they go to the state of main and to the
// workers; when a worker refuses one, all are taken back. Records go out in pieces, so that others are
// served meanwhile; the caller keeps others from changing the same objects.

import { encode } from "../../../config/codec/protobuf.ts";
import { Request } from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import { changesState, isInForce, rowOf } from "../../../config/state/verbs.ts";
import { prepareUndo, type Undo } from "../../../config/undo/undo.ts";
import { Slices } from "../../io/net/turn.ts";
import type { Task, WorkerAnswer } from "./fan_out.ts";
import { type MainContext, silence } from "../context.ts";
import { forgetRemoved } from "../metrics/main.ts";
import { MAX_OUTSTANDING, rollBack } from "./rollback.ts";
import { describeAnswers } from "../workers/texts.ts";

/** One change of a batch. */
export interface BatchRecord {
  /** How its origin counts it. */
  readonly number: number;
  /** Line it stands on; `null` when it comes from no text. */
  readonly line: number | null;
  readonly request: Request;
}

/** How a batch went. */
export interface BatchResult {
  /** Records in force everywhere that were not before. */
  readonly applied: number;
  /** Records whose objects were there already, exactly so. */
  readonly unchanged: number;
  /** Records that were refused, in words. */
  readonly refused: readonly string[];
  /** What workers refused and what was done about it; `null` when they accepted everything. */
  readonly workerErrors: string | null;
  /** Answers of workers: OK, and anything else. */
  readonly answers: { readonly ok: number; readonly errors: number };
}

const NO_ANSWERS = { ok: 0, errors: 0 };

/** Applies all records of a batch, or none. */
export async function applyBatch(
  context: MainContext,
  verb: string,
  records: readonly BatchRecord[],
): Promise<BatchResult> {
  const { refused, wanted } = await rehearse(context.state.clone(), records);
  const unchanged = records.length - refused.length - wanted.length;
  if (refused.length > 0) {
    return { applied: 0, unchanged, refused, workerErrors: null, answers: NO_ANSWERS };
  }
  const sending = new Sending(context, verb);
  const slices = new Slices();
  for (const record of wanted) {
    sending.send(record);
    if (sending.hasFailed) break;
    if (sending.task.outstanding >= MAX_OUTSTANDING) {
      await sending.task.below(MAX_OUTSTANDING / 2);
    }
    if (slices.isOver) await slices.pause();
  }
  return { unchanged, ...await sending.finish() };
}

/** Applies what a state accepts and reports the rest: for the start, when nobody else is there. */
export async function applyLeniently(
  state: ConfigState,
  records: readonly BatchRecord[],
): Promise<{ applied: number; unchanged: number; refused: readonly string[] }> {
  const { refused, wanted } = await rehearse(state, records);
  const unchanged = records.length - refused.length - wanted.length;
  return { applied: wanted.length, unchanged, refused };
}

/** Applies records to a state; tells which were refused and which had an effect. */
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
  return refusal.kind === "already_exists" && isInForce(state, verb) ? "in force" : refusal.message;
}

/** A record as refusals name it. */
export function placeOf({ number, line }: BatchRecord): string {
  return line === null ? `record ${number}` : `record ${number} on line ${line}`;
}

interface SentRecord {
  readonly number: number;
  readonly undo: Undo;
}

/** Records on their way to the state of main and to the workers. */
class Sending {
  readonly task: Task;
  readonly #context: MainContext;
  readonly #sent: SentRecord[] = [];
  readonly #refused: string[] = [];
  #requests = 0;

  constructor(context: MainContext, verb: string) {
    this.#context = context;
    this.task = context.gatherer.open({
      verb,
      patience: silence(context),
      keepsFailuresOnly: true,
    });
  }

  send(record: BatchRecord): void {
    const { request, number } = record;
    const { state, pool } = this.#context;
    const verb = request.request_type;
    if (verb === null) return;
    const undo = prepareUndo(state, verb);
    const refusal = state.apply(request);
    if (refusal !== null) {
      this.#refused.push(`${placeOf(record)}: ${refusal.message}`);
      return;
    }
    forgetRemoved(this.#context, verb);
    this.#sent.push({ number, undo });
    const encoded = encode(Request, request);
    // Asked for anew each time: a worker started meanwhile has everything up to here already.
    for (const worker of pool.targets()) {
      this.task.send(worker, encoded, number);
      this.#requests++;
    }
  }

  /** Whether everything sent so far has to be taken back. */
  get hasFailed(): boolean {
    return this.task.failures > 0 || this.#refused.length > 0;
  }

  /** Waits for the workers, and takes everything back unless all went well. */
  async finish(): Promise<Omit<BatchResult, "unchanged">> {
    const failures = await this.task.finish();
    if (this.#sent.length > 0) this.#context.onStateChanged();
    const answers = { ok: this.#requests - failures.length, errors: failures.length };
    const refused = this.#refused;
    if (!this.hasFailed) {
      return { applied: this.#sent.length, refused, workerErrors: null, answers };
    }
    const byNumber = Map.groupBy(failures, ({ index }) => index);
    const outcome = await rollBack(
      this.#context,
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

/** Refusals named in one text, and its length in characters. */
const MAX_NAMED = 1_000;
const MAX_TEXT = 64 * 1024;

/** The refusals of a batch as one text, every one of them as far as there is room. */
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
