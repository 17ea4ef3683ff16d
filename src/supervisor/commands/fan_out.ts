// Fan-out: one request goes to many workers, and their answers are gathered. A task is complete when
// every request it sent has an outcome: an answer, a deadline that passed, or the end of the worker.
// It knows neither processes nor clients: a worker is a channel, an outcome is a value.

import { encode } from "../../../config/codec/protobuf.ts";
import {
  Request,
  type ResponseContent,
  ResponseStatus,
  type WorkerResponse,
} from "../../../config/schema/messages.ts";
import {
  type Deadline,
  Task,
  type TaskObserver,
  type TaskOptions,
  type WorkerAnswer,
  type WorkerChannel,
} from "./fan_out_task.ts";

export type {
  Deadline,
  Task,
  TaskOptions,
  WorkerAnswer,
  WorkerChannel,
  WorkerTargets,
} from "./fan_out_task.ts";

/** One encoded request for one worker; `index` tells the requests of a task apart. */
export interface AddressedRequest {
  readonly worker: WorkerChannel;
  readonly request: Uint8Array;
  readonly index: number;
}

/** The same request for each worker, encoded once. */
export function requestsFor(
  workers: readonly WorkerChannel[],
  request: Request,
): AddressedRequest[] {
  const encoded = encode(Request, request);
  return workers.map((worker) => ({ worker, request: encoded, index: 0 }));
}

/** A task whose requests are all known. */
export interface KnownTask extends TaskOptions {
  readonly requests: readonly AddressedRequest[];
}

/** A request whose answer is pending. */
interface PendingRequest {
  readonly task: Task;
  readonly workerId: number;
  readonly index: number;
  /** Parts of the answer so far; `null` for none. */
  parts: ResponseContent[] | null;
}

/** All tasks in progress. */
export class FanOut implements TaskObserver {
  readonly #now: () => number;
  readonly #tasks = new Set<Task>();
  readonly #pending = new Map<string, PendingRequest>();
  #nextTaskId = 0;
  /** One timer for all tasks, set for the deadline that passes first. */
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerDue = Number.POSITIVE_INFINITY;

  /** `now`: a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Pending requests of all tasks. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Sends every request, in order and before returning; resolves with one answer for each. */
  run(known: KnownTask): Promise<readonly WorkerAnswer[]> {
    const task = this.open(known);
    for (const { worker, request, index } of known.requests) task.send(worker, request, index);
    return task.finish();
  }

  /** Starts a task whose requests come one by one; the caller calls `finish` after the last one. */
  open(options: TaskOptions): Task {
    const task = new Task(this.#nextTaskId++, options, this.#now(), this);
    this.#tasks.add(task);
    this.#watch(task.dueAt);
    return task;
  }

  /** For tasks only. */
  addPending(task: Task, requestId: string, workerId: number, index: number): void {
    this.#pending.set(requestId, { task, workerId, index, parts: null });
  }

  /** For tasks only. */
  finished(task: Task): void {
    this.#tasks.delete(task);
    if (this.#tasks.size === 0) this.#stopTimer();
  }

  /** Takes an answer of a worker; `false` when no such request is pending. */
  receive(workerId: number, response: WorkerResponse): boolean {
    const pending = this.#pending.get(response.id);
    if (pending === undefined || pending.workerId !== workerId) return false;
    const { task, index } = pending;
    task.answered(this.#now());
    if (response.status === ResponseStatus.PROCESSING) {
      if (response.content) (pending.parts ??= []).push(response.content);
      else task.processing(workerId, response.id, response.message);
      return true;
    }
    this.#pending.delete(response.id);
    task.complete({
      workerId,
      index,
      outcome: response.status === ResponseStatus.OK ? "ok" : "failure",
      message: response.message,
      content: response.content ?? null,
      ...(pending.parts === null ? {} : { parts: pending.parts }),
    });
    return true;
  }

  /** Completes the pending requests of a worker that has ended. */
  workerLost(workerId: number, reason: string): void {
    this.#completeAll((pending) => pending.workerId === workerId, "lost", reason);
  }

  #completeAll(
    isMeant: (pending: PendingRequest) => boolean,
    outcome: "timed_out" | "lost",
    message: string,
  ): void {
    for (const [requestId, pending] of [...this.#pending]) {
      if (!isMeant(pending)) continue;
      this.#pending.delete(requestId);
      const { task, workerId, index } = pending;
      task.complete({ workerId, index, outcome, message, content: null });
    }
  }

  #watch(dueAt: number): void {
    if (dueAt >= this.#timerDue) return;
    this.#stopTimer();
    this.#timerDue = dueAt;
    this.#timer = setTimeout(() => this.#onTimer(), Math.max(0, dueAt - this.#now()));
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDue = Number.POSITIVE_INFINITY;
  }

  /** Completes what is pending in tasks whose deadline has passed, and sets the timer for the next. */
  #onTimer(): void {
    this.#stopTimer();
    const now = this.#now();
    for (const task of [...this.#tasks]) {
      if (task.dueAt > now) continue;
      const { deadline } = task.options as { deadline: Deadline & { ms: number } };
      const reason = `No answer within ${deadline.ms} ms`;
      this.#completeAll((pending) => pending.task === task, "timed_out", reason);
      // A task that is still open may have no pending request at the moment.
      task.restartDeadline(now);
    }
    let first = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#tasks) first = Math.min(first, dueAt);
    this.#watch(first);
  }
}
