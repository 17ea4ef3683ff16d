// One task of a fan-out: what it has sent, what it still waits for, and what came back. It does not
// know the clock or the other tasks.

import type { ResponseContent } from "../../../config/schema/messages.ts";

/** The way to one worker. */
export interface WorkerChannel {
  readonly id: number;
  /** Queues an encoded request under an id; `false` when it cannot be delivered. */
  send(requestId: string, request: Uint8Array): boolean;
}

/** How long a task waits: for all answers, for the next sign of life, or without end. */
export type Patience =
  | { readonly kind: "deadline"; readonly ms: number }
  | { readonly kind: "silence"; readonly ms: number }
  | { readonly kind: "endless" };

/** What became of one request. */
export interface WorkerAnswer {
  readonly workerId: number;
  readonly index: number;
  /** `silent`: patience ran out; `lost`: the worker died; `unsent`: it could not be queued. */
  readonly outcome: "ok" | "failure" | "silent" | "lost" | "unsent";
  /** The worker's words, or ours when it gave none. */
  readonly message: string;
  readonly content: ResponseContent | null;
  /** Parts of the answer that came before {@link content}. */
  readonly parts?: readonly ResponseContent[];
}

/** What a task is. */
export interface TaskOptions {
  /** Name of the verb in request ids, as in `AddCluster`. */
  readonly verb: string;
  readonly patience: Patience;
  /** Told of every PROCESSING answer. */
  readonly onProcessing?: (workerId: number, requestId: string, message: string) => void;
  /** Only answers that are not OK are kept: for tasks of so many requests that all would be too much. */
  readonly keepsFailuresOnly?: boolean;
}

/** What a task tells its gatherer. */
export interface TaskObserver {
  /** An answer to `requestId` is waited for. */
  owe(task: Task, requestId: string, workerId: number, index: number): void;
  /** Nothing is waited for any more. */
  done(task: Task): void;
}

/** Requests to workers that belong together. */
export class Task {
  readonly options: TaskOptions;
  readonly #id: number;
  readonly #observer: TaskObserver;
  readonly #answers: WorkerAnswer[] = [];
  #resolve: ((answers: readonly WorkerAnswer[]) => void) | null = null;
  #outstanding = 0;
  #failures = 0;
  #state: "open" | "sealed" | "finished" = "open";
  #lastSign: number;
  #waiter: { readonly below: number; readonly wake: () => void } | null = null;

  /** `now` in milliseconds. */
  constructor(id: number, options: TaskOptions, now: number, observer: TaskObserver) {
    this.#id = id;
    this.options = options;
    this.#lastSign = now;
    this.#observer = observer;
  }

  /** Requests without an outcome. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** Outcomes that are not OK. */
  get failures(): number {
    return this.#failures;
  }

  /** When the task's patience ends if nothing happens, in milliseconds. */
  get dueAt(): number {
    const { patience } = this.options;
    return patience.kind === "endless" ? Number.POSITIVE_INFINITY : this.#lastSign + patience.ms;
  }

  /** Sends one encoded request; `index` tells the requests of a task apart. */
  send(worker: WorkerChannel, request: Uint8Array, index: number): void {
    const requestId = `${this.options.verb}-${worker.id}-${this.#id}-${index}`;
    if (worker.send(requestId, request)) {
      this.#outstanding++;
      this.#observer.owe(this, requestId, worker.id, index);
      return;
    }
    const message = "The request could not be queued for this worker";
    this.#keep({ workerId: worker.id, index, outcome: "unsent", message, content: null });
  }

  /** Resolves once fewer than `count` requests are without an outcome; one caller at a time. */
  below(count: number): Promise<void> {
    if (this.#outstanding < count) return Promise.resolve();
    return new Promise((wake) => this.#waiter = { below: count, wake });
  }

  /** Nothing more will be sent; resolves when every request has an outcome. Call it once. */
  finish(): Promise<readonly WorkerAnswer[]> {
    this.#state = "sealed";
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#finishIfComplete();
    });
  }

  /** A worker has answered something at `now`. */
  signOfLife(now: number): void {
    if (this.options.patience.kind === "silence") this.#lastSign = now;
  }

  /** The patience begins anew at `now`, whatever happened. */
  restartPatience(now: number): void {
    this.#lastSign = now;
  }

  /** A worker has begun. */
  processing(workerId: number, requestId: string, message: string): void {
    this.options.onProcessing?.(workerId, requestId, message);
  }

  /** A request has its outcome. */
  settle(answer: WorkerAnswer): void {
    this.#outstanding--;
    this.#keep(answer);
    const waiter = this.#waiter;
    if (waiter !== null && this.#outstanding < waiter.below) {
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
    if (this.#state !== "sealed" || this.#outstanding > 0) return;
    this.#state = "finished";
    this.#observer.done(this);
    this.#resolve?.(this.#answers);
  }
}
