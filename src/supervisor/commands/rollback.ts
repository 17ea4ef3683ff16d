// Taking back changes that were made, on main and on every worker that may have made them, so that a
// FAILURE means nothing changed. Long lists are sent piece by piece: others are served meanwhile.

import { encode } from "../../../config/codec/protobuf.ts";
import { Request } from "../../../config/schema/messages.ts";
import type { Undo } from "../../../config/undo/undo.ts";
import { Slices } from "../../io/net/turn.ts";
import type { Task, WorkerAnswer } from "./fan_out.ts";
import { type MainContext, silence } from "../context.ts";
import { describeAnswers, nameWorkers } from "../workers/texts.ts";

/**
 * Requests of one task that may wait for the workers. Enough to keep them busy, few enough that a
 * request of somebody else waits some milliseconds in line behind them, not seconds.
 */
export const MAX_OUTSTANDING = 1024;

/** A change to take back. */
export interface MadeChange {
  /** How to take it back, prepared before it was made. */
  readonly undo: Undo;
  /** What came back from the workers that did not make it. */
  readonly failures: readonly WorkerAnswer[];
}

/** Takes back changes, given in the order they were made. Says in words how that went. */
export async function rollBack(
  context: MainContext,
  changes: readonly MadeChange[],
): Promise<string> {
  const inverse = new Inverse(context);
  const slices = new Slices();
  for (let i = changes.length - 1; i >= 0; i--) {
    inverse.send(changes[i] as MadeChange);
    if (inverse.task.outstanding >= MAX_OUTSTANDING) {
      await inverse.task.below(MAX_OUTSTANDING / 2);
    }
    if (slices.isOver) await slices.pause();
  }
  return await inverse.finish();
}

/** The way back, on its way to the workers. */
class Inverse {
  readonly task: Task;
  /** For workers that were silent: they are told, and not waited for. */
  readonly #unawaited: Task;
  readonly #context: MainContext;
  #undone = 0;

  constructor(context: MainContext) {
    const options = { verb: "Undo", patience: silence(context), keepsFailuresOnly: true };
    this.#context = context;
    this.task = context.gatherer.open(options);
    this.#unawaited = context.gatherer.open(options);
  }

  send({ undo, failures }: MadeChange): void {
    const { state, pool } = this.#context;
    const outcomes = new Map(failures.map(({ workerId, outcome }) => [workerId, outcome]));
    for (const request of undo(state)) {
      if (state.apply(request) !== null) continue;
      const encoded = encode(Request, request);
      for (const worker of pool.targets()) {
        const outcome = outcomes.get(worker.id);
        if (outcome === undefined) this.task.send(worker, encoded, this.#undone);
        else if (outcome === "silent") this.#unawaited.send(worker, encoded, this.#undone);
      }
      this.#undone++;
    }
  }

  async finish(): Promise<string> {
    void this.#unawaited.finish();
    const failed = await this.task.finish();
    if (this.#undone === 0) return "nothing had changed";
    this.#context.onStateChanged();
    return failed.length === 0
      ? "rolled back everywhere"
      : `rolled back, but still different on ${nameWorkers(failed.map((one) => one.workerId))} (${
        describeAnswers(failed)
      })`;
  }
}
