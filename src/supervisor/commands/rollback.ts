// Rolls back changes, on main and on every worker that may have made them, so that FAILURE means nothing changed. Long
// lists are sent in slices: other clients are served meanwhile.

import { encode } from "../../../config/codec/protobuf.ts";
import { Request } from "../../../config/schema/messages.ts";
import type { ConfigState } from "../../../config/state/state.ts";
import type { Undo } from "../../../config/undo/undo.ts";
import { Slices } from "../../io/net/turn.ts";
import type { Task, WorkerAnswer } from "./fan_out.ts";
import type { AskParts } from "./ask_workers.ts";
import { deliverValues } from "../protected/delivery.ts";
import type { ProbeValues } from "../protected/probe_values.ts";
import { describeAnswers, nameWorkers } from "../workers/texts.ts";

/**
 * Most pending requests of one task: enough to keep the workers busy, and few enough that the request of another
 * client waits milliseconds behind them, not seconds.
 */
export const MAX_PENDING = 1024;

/** What a rollback takes. */
export interface RollbackParts extends AskParts {
  readonly state: ConfigState;
  readonly probeValues: ProbeValues;
  /** Called after every change of the state. */
  readonly onStateChanged: () => void;
}

/** A change to roll back. */
export interface MadeChange {
  /** Its inverse, prepared before the change was made. */
  readonly undo: Undo;
  /** The answers of the workers that did not make it. */
  readonly failures: readonly WorkerAnswer[];
}

/** Rolls back changes, given in the order they were made; returns the outcome as a text. */
export async function rollBack(
  parts: RollbackParts,
  changes: readonly MadeChange[],
): Promise<string> {
  const inverse = new Inverse(parts);
  const slices = new Slices();
  for (let i = changes.length - 1; i >= 0; i--) {
    inverse.send(changes[i] as MadeChange);
    if (inverse.task.pending >= MAX_PENDING) {
      await inverse.task.below(MAX_PENDING / 2);
    }
    if (slices.isOver) await slices.pause();
  }
  return await inverse.finish();
}

/** The inverse requests, sent to the workers. */
class Inverse {
  readonly task: Task;
  /** Requests to workers that had timed out; their answers are not awaited. */
  readonly #unawaited: Task;
  readonly #parts: RollbackParts;
  #undone = 0;

  constructor(parts: RollbackParts) {
    const deadline = { kind: "idle", ms: parts.workerTimeoutMs } as const;
    const options = { verb: "Undo", deadline, keepsFailuresOnly: true };
    this.#parts = parts;
    this.task = parts.fanOut.open(options);
    this.#unawaited = parts.fanOut.open(options);
  }

  send({ undo, failures }: MadeChange): void {
    const { state, pool } = this.#parts;
    const outcomes = new Map(failures.map(({ workerId, outcome }) => [workerId, outcome]));
    for (const request of undo(state)) {
      if (state.apply(request) !== null) continue;
      const encoded = encode(Request, request);
      for (const worker of pool.targets()) {
        const outcome = outcomes.get(worker.id);
        if (outcome === undefined) this.task.send(worker, encoded, this.#undone);
        else if (outcome === "timed_out") this.#unawaited.send(worker, encoded, this.#undone);
      }
      this.#undone++;
    }
  }

  async finish(): Promise<string> {
    void this.#unawaited.finish();
    const failed = await this.task.finish();
    if (this.#undone === 0) return "nothing had changed";
    this.#parts.onStateChanged();
    // A worker drops the values of headers with the check that names them.
    deliverValues(this.#parts, this.#parts.pool.targets());
    return failed.length === 0
      ? "rolled back everywhere"
      : `rolled back, but still different on ${nameWorkers(failed.map((one) => one.workerId))} (${
        describeAnswers(failed)
      })`;
  }
}
