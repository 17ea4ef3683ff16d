// One task of a fan-out: the requests it has sent, those that are still pending, and the answers that
// came. It knows neither the clock nor the other tasks.

import type { ResponseContent } from "../../../config/schema/messages.ts";

/** The channel to one worker. */
export interface WorkerChannel {
  readonly id: number;
  /** Queues an encoded request under an id; `false` when it cannot be delivered. */
  send(requestId: string, request: Uint8Array): boolean;
}

/** The workers that take requests at this moment. */
export interface WorkerTargets {
  targets(): readonly WorkerChannel[];
}

/**
 * When a task stops waiting: `total` milliseconds after it began, after `idle` milliseconds without an
 * answer, or never.
 */
export type Deadline =
  | { readonly kind: "total"; readonly ms: number }
  | { readonly kind: "idle"; readonly ms: number }
  | { readonly kind: "none" };

/** The outcome of one request. */
export interface WorkerAnswer {
  readonly workerId: number;
  readonly index: number;
  /** `timed_out`: the deadline passed; `lost`: the worker ended; `unsent`: it could not be queued. */
  readonly outcome: "ok" | "failure" | "timed_out" | "lost" | "unsent";
  /** The message of the worker, or of main when the worker gave none. */
  readonly message: string;
  readonly content: ResponseContent | null;
  /** Parts of the answer that came before {@link content}. */
  readonly parts?: readonly ResponseContent[];
}

/** Options of a task. */
export interface TaskOptions {
  /** Name of the verb in request ids, as in `AddCluster`. */
  readonly verb: string;
  readonly deadline: Deadline;
  /** Called for every PROCESSING answer. */
  readonly onProcessing?: (workerId: number, requestId: string, message: string) => void;
  /** Only answers that are not OK are kept: a batch of a hundred thousand requests would keep as many. */
  readonly keepsFailuresOnly?: boolean;
}

/** What a task reports to its fan-out. */
export interface TaskObserver {
  /** The request was sent; its answer is pending. */
  addPending(task: Task, requestId: string, workerId: number, index: number): void;
  /** Every request of the task has an outcome, and no other will be sent. */
  finished(task: Task): void;
}

/** Requests to workers that belong together. */
export class Task {
  readonly options: TaskOptions;
  readonly #id: number;
  readonly #observer: TaskObserver;
  readonly #answers: WorkerAnswer[] = [];
  #resolve: ((answers: readonly WorkerAnswer[]) => void) | null = null;
  #pending = 0;
  #failures = 0;
  #state: "open" | "sealed" | "finished" = "open";
  /** The start of the time the deadline counts, in milliseconds. */
  #countedFrom: number;
  #waiter: { readonly below: number; readonly wake: () => void } | null = null;

  /** `now` in milliseconds. */
  constructor(id: number, options: TaskOptions, now: number, observer: TaskObserver) {
    this.#id = id;
    this.options = options;
    this.#countedFrom = now;
    this.#observer = observer;
  }

  /** Requests without an outcome. */
  get pending(): number {
    return this.#pending;
  }

  /** Outcomes that are not OK. */
  get failures(): number {
    return this.#failures;
  }

  /** When the deadline passes if no answer comes before it, in milliseconds. */
  get dueAt(): number {
    const { deadline } = this.options;
    return deadline.kind === "none" ? Number.POSITIVE_INFINITY : this.#countedFrom + deadline.ms;
  }

  /** Sends one encoded request; `index` tells the requests of a task apart. */
  send(worker: WorkerChannel, request: Uint8Array, index: number): void {
    const requestId = `${this.options.verb}-${worker.id}-${this.#id}-${index}`;
    if (worker.send(requestId, request)) {
      this.#pending++;
      this.#observer.addPending(this, requestId, worker.id, index);
      return;
    }
    const message = "The request could not be queued for this worker";
    this.#keep({ workerId: worker.id, index, outcome: "unsent", message, content: null });
  }

  /** Resolves once fewer than `count` requests are pending; one caller at a time. */
  below(count: number): Promise<void> {
    if (this.#pending < count) return Promise.resolve();
    return new Promise((wake) => this.#waiter = { below: count, wake });
  }

  /** No further request will be sent; resolves when every request has an outcome. Call it once. */
  finish(): Promise<readonly WorkerAnswer[]> {
    this.#state = "sealed";
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#finishIfComplete();
    });
  }

  /** A worker has answered at `now`: an idle deadline counts from here. */
  answered(now: number): void {
    if (this.options.deadline.kind === "idle") this.#countedFrom = now;
  }

  /** The deadline counts from `now`, whatever its kind. */
  restartDeadline(now: number): void {
    this.#countedFrom = now;
  }

  /** A worker has begun with a request. */
  processing(workerId: number, requestId: string, message: string): void {
    this.options.onProcessing?.(workerId, requestId, message);
  }

  /** A pending request has its outcome. */
  complete(answer: WorkerAnswer): void {
    this.#pending--;
    this.#keep(answer);
    const waiter = this.#waiter;
    if (waiter !== null && this.#pending < waiter.below) {
      this.#waiter = null;
      waiter.wake();
    }
    this.#finishIfComplete();
  }

  #keep(answer: WorkerAnswer): void {
    if (answer.outcome !== "ok") this.#failures++;
    else if (this.options.keepsFailuresOnly === true) return;
    this.#answers.push(answer);
  }

  #finishIfComplete(): void {
    if (this.#state !== "sealed" || this.#pending > 0) return;
    this.#state = "finished";
    this.#observer.finished(this);
    this.#resolve?.(this.#answers);
  }
}
