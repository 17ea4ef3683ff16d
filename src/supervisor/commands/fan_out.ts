// Fan-out of requests to workers and collection of what they answer. A task is complete when every
// request it sent has an outcome: an answer, silence past its patience, or the loss of the worker.
// Knows neither processes nor clients: workers are channels, results are values.

import { encode } from "../../../config/codec/protobuf.ts";
import {
  Request,
  type ResponseContent,
  ResponseStatus,
  type WorkerResponse,
} from "../../../config/schema/messages.ts";
import {
  type Patience,
  Task,
  type TaskObserver,
  type TaskOptions,
  type WorkerAnswer,
  type WorkerChannel,
} from "./fan_out_task.ts";

export type { Patience, Task, TaskOptions, WorkerAnswer, WorkerChannel } from "./fan_out_task.ts";

/** One encoded request for one worker; `index` tells the requests of a task apart. */
export interface Parcel {
  readonly worker: WorkerChannel;
  readonly request: Uint8Array;
  readonly index: number;
}

/** The same request for each worker, encoded once. */
export function parcelsFor(workers: readonly WorkerChannel[], request: Request): Parcel[] {
  const encoded = encode(Request, request);
  return workers.map((worker) => ({ worker, request: encoded, index: 0 }));
}

/** A task whose requests are all known. */
export interface Fanout extends TaskOptions {
  readonly parcels: readonly Parcel[];
}

/** A request without an outcome. */
interface Debt {
  readonly task: Task;
  readonly workerId: number;
  readonly index: number;
  /** What has come of the answer so far; `null` for nothing. */
  parts: ResponseContent[] | null;
}

/** All tasks under way. */
export class Gatherer implements TaskObserver {
  readonly #now: () => number;
  readonly #tasks = new Set<Task>();
  readonly #debts = new Map<string, Debt>();
  #nextTaskId = 0;
  /** One timer for all tasks, set for the first that may run out of patience. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerDue = Number.POSITIVE_INFINITY;

  /** `now`: a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Requests without an outcome, over all tasks. */
  get outstanding(): number {
    return this.#debts.size;
  }

  /** Sends every parcel, in order and before returning; resolves with one answer for each. */
  scatter(fanout: Fanout): Promise<readonly WorkerAnswer[]> {
    const task = this.open(fanout);
    for (const { worker, request, index } of fanout.parcels) task.send(worker, request, index);
    return task.finish();
  }

  /** Starts a task whose requests come one by one; `finish` it in the end. */
  open(options: TaskOptions): Task {
    const task = new Task(this.#nextTaskId++, options, this.#now(), this);
    this.#tasks.add(task);
    this.#watch(task.dueAt);
    return task;
  }

  /** For tasks: an answer is waited for. */
  owe(task: Task, requestId: string, workerId: number, index: number): void {
    this.#debts.set(requestId, { task, workerId, index, parts: null });
  }

  /** For tasks: nothing is waited for any more. */
  done(task: Task): void {
    this.#tasks.delete(task);
    if (this.#tasks.size === 0) this.#stopWatching();
  }

  /** Takes an answer of a worker; `false` when no task waits for it. */
  receive(workerId: number, response: WorkerResponse): boolean {
    const debt = this.#debts.get(response.id);
    if (debt === undefined || debt.workerId !== workerId) return false;
    const { task, index } = debt;
    task.signOfLife(this.#now());
    if (response.status === ResponseStatus.PROCESSING) {
      if (response.content) (debt.parts ??= []).push(response.content);
      else task.processing(workerId, response.id, response.message);
      return true;
    }
    this.#debts.delete(response.id);
    task.settle({
      workerId,
      index,
      outcome: response.status === ResponseStatus.OK ? "ok" : "failure",
      message: response.message,
      content: response.content ?? null,
      ...(debt.parts === null ? {} : { parts: debt.parts }),
    });
    return true;
  }

  /** Counts everything a worker still owed as lost. */
  workerLost(workerId: number, reason: string): void {
    this.#giveUp((debt) => debt.workerId === workerId, "lost", reason);
  }

  #giveUp(isMeant: (debt: Debt) => boolean, outcome: "silent" | "lost", message: string): void {
    for (const [requestId, debt] of [...this.#debts]) {
      if (!isMeant(debt)) continue;
      this.#debts.delete(requestId);
      const { task, workerId, index } = debt;
      task.settle({ workerId, index, outcome, message, content: null });
    }
  }

  #watch(dueAt: number): void {
    if (dueAt >= this.#timerDue) return;
    this.#stopWatching();
    this.#timerDue = dueAt;
    this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, dueAt - this.#now()));
  }

  #stopWatching(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
  }

  /** Ends the patience of the tasks whose time has come; the others are looked at again. */
  #onTimer(): void {
    this.#stopWatching();
    const now = this.#now();
    for (const task of [...this.#tasks]) {
      if (task.dueAt > now) continue;
      const { patience } = task.options as { patience: Patience & { ms: number } };
      const reason = `No answer within ${patience.ms} ms`;
      this.#giveUp((debt) => debt.task === task, "silent", reason);
      // A task that is still open may owe nothing at the moment.
      task.restartPatience(now);
    }
    let first = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#tasks) first = Math.min(first, dueAt);
    this.#watch(first);
  }
}
