// Fan-out of requests to workers and collection of what they answer. A task is complete when every
// request it sent has an outcome: an answer, silence past its patience, or the loss of the worker.
// Knows neither processes nor clients: workers are channels, results are values.

import {
  type Request,
  type ResponseContent,
  ResponseStatus,
  type WorkerRequest,
  type WorkerResponse,
} from "../../config/messages.ts";

/** The way to one worker. */
export interface WorkerChannel {
  readonly id: number;
  /** Queues a request; `false` when it cannot be delivered. */
  send(request: WorkerRequest): boolean;
}

/** One request for one worker; `index` tells the requests of a task apart. */
export interface Parcel {
  readonly worker: WorkerChannel;
  readonly request: Request;
  readonly index: number;
}

/** How long a task waits: for all answers, for the next sign of life, or without end. */
export type Patience =
  | { readonly kind: "deadline"; readonly ms: number }
  | { readonly kind: "silence"; readonly ms: number }
  | { readonly kind: "endless" };

/** What became of one parcel. */
export interface WorkerAnswer {
  readonly workerId: number;
  readonly index: number;
  /** `silent`: patience ran out; `lost`: the worker died; `unsent`: it could not be queued. */
  readonly outcome: "ok" | "failure" | "silent" | "lost" | "unsent";
  /** The worker's words, or ours when it gave none. */
  readonly message: string;
  readonly content: ResponseContent | null;
}

/** A task to start. */
export interface Fanout {
  /** Name of the verb in request ids, as in `AddCluster`. */
  readonly verb: string;
  readonly parcels: readonly Parcel[];
  readonly patience: Patience;
  /** Told of every PROCESSING answer. */
  readonly onProcessing?: (workerId: number, requestId: string, message: string) => void;
}

interface Task {
  readonly fanout: Fanout;
  /** Worker id → request id → index, of what has no outcome yet. */
  readonly outstanding: Map<number, Map<string, number>>;
  readonly answers: WorkerAnswer[];
  readonly finish: (answers: readonly WorkerAnswer[]) => void;
  timer: ReturnType<typeof setTimeout> | null;
  lastSign: number;
}

/** All tasks under way. */
export class Gatherer {
  readonly #now: () => number;
  readonly #tasks = new Set<Task>();
  readonly #byRequestId = new Map<string, Task>();
  #nextTaskId = 0;

  /** `now`: a monotonic clock in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Requests without an outcome, over all tasks. */
  get outstanding(): number {
    return this.#byRequestId.size;
  }

  /** Sends every parcel, in order and before returning; resolves with one answer for each. */
  scatter(fanout: Fanout): Promise<readonly WorkerAnswer[]> {
    const taskId = this.#nextTaskId++;
    return new Promise((finish) => {
      const task: Task = {
        fanout,
        outstanding: new Map(),
        answers: [],
        finish,
        timer: null,
        lastSign: this.#now(),
      };
      this.#tasks.add(task);
      for (const parcel of fanout.parcels) this.#dispatch(task, taskId, parcel);
      if (!this.#finishIfComplete(task)) this.#arm(task);
    });
  }

  /** Takes an answer of a worker; `false` when no task waits for it. */
  receive(workerId: number, response: WorkerResponse): boolean {
    const task = this.#byRequestId.get(response.id);
    const index = task?.outstanding.get(workerId)?.get(response.id);
    if (task === undefined || index === undefined) return false;
    task.lastSign = this.#now();
    if (response.status === ResponseStatus.PROCESSING) {
      task.fanout.onProcessing?.(workerId, response.id, response.message);
      return true;
    }
    this.#settle(task, workerId, response.id, {
      workerId,
      index,
      outcome: response.status === ResponseStatus.OK ? "ok" : "failure",
      message: response.message,
      content: response.content ?? null,
    });
    this.#finishIfComplete(task);
    return true;
  }

  /** Counts everything a worker still owed as lost. */
  workerLost(workerId: number, reason: string): void {
    for (const task of [...this.#tasks]) {
      this.#giveUpOn(task, workerId, "lost", reason);
      this.#finishIfComplete(task);
    }
  }

  #dispatch(task: Task, taskId: number, { worker, request, index }: Parcel): void {
    const id = `${task.fanout.verb}-${worker.id}-${taskId}-${index}`;
    if (!worker.send({ id, content: request })) {
      task.answers.push({
        workerId: worker.id,
        index,
        outcome: "unsent",
        message: "The request could not be queued for this worker",
        content: null,
      });
      return;
    }
    this.#byRequestId.set(id, task);
    const ids = task.outstanding.get(worker.id);
    if (ids === undefined) task.outstanding.set(worker.id, new Map([[id, index]]));
    else ids.set(id, index);
  }

  #settle(task: Task, workerId: number, requestId: string, answer: WorkerAnswer): void {
    this.#byRequestId.delete(requestId);
    const ids = task.outstanding.get(workerId);
    ids?.delete(requestId);
    if (ids?.size === 0) task.outstanding.delete(workerId);
    task.answers.push(answer);
  }

  #giveUpOn(task: Task, workerId: number, outcome: "silent" | "lost", message: string): void {
    const ids = task.outstanding.get(workerId);
    for (const [requestId, index] of [...(ids ?? [])]) {
      this.#settle(task, workerId, requestId, {
        workerId,
        index,
        outcome,
        message,
        content: null,
      });
    }
  }

  #finishIfComplete(task: Task): boolean {
    if (!this.#tasks.has(task)) return true;
    if (task.outstanding.size > 0) return false;
    if (task.timer !== null) clearTimeout(task.timer);
    this.#tasks.delete(task);
    task.finish(task.answers);
    return true;
  }

  #arm(task: Task): void {
    const { patience } = task.fanout;
    if (patience.kind === "endless") return;
    // A sign of life moves the end of a silence; it is looked at when the old end has come.
    const remaining = patience.ms - (this.#now() - task.lastSign);
    task.timer = setTimeout(() => this.#onTimer(task, patience), Math.max(0, remaining));
  }

  #onTimer(task: Task, patience: { kind: "deadline" | "silence"; ms: number }): void {
    if (patience.kind === "silence" && this.#now() - task.lastSign < patience.ms) {
      this.#arm(task);
      return;
    }
    const reason = `No answer within ${patience.ms} ms`;
    for (const workerId of [...task.outstanding.keys()]) {
      this.#giveUpOn(task, workerId, "silent", reason);
    }
    this.#finishIfComplete(task);
  }
}
