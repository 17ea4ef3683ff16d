// Sends spans to a collector: OTLP over HTTP with JSON, many spans in one request. The queue is bounded. When
// the collector is slow or down, spans are dropped and counted; traffic never waits.

import { reasonOf } from "./sink.ts";

/** Most queued spans, and most spans of one request. */
const MAX_WAITING = 2048;
const MAX_BATCH = 512;

/** How long spans wait for a common request, in milliseconds. */
const BATCH_MS = 1_000;

/** Deadline of one request, and the pauses after failures, in milliseconds. */
const REQUEST_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Failures in a row after which a batch is dropped. */
const MAX_ATTEMPTS = 5;

/** Deadline of the last request when the exporter closes, in milliseconds. */
const FLUSH_MS = 2_000;

/** What an exporter reports to its owner. */
export interface SpanExporterEvents {
  sent(count: number): void;
  dropped(count: number): void;
  /** Sending began to fail; called once until it works again. */
  failing(problem: string): void;
}

/** Answers after which the same request may succeed later (OTLP 1, failures of HTTP). */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Exports spans in the background. */
export class SpanExporter {
  readonly #url: string;
  readonly #encode: (spans: readonly string[]) => string;
  readonly #events: SpanExporterEvents;
  #waiting: string[] = [];
  #state: "idle" | "gathering" | "sending" | "closed" = "idle";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakeUp: (() => void) | null = null;
  #failing = false;
  #waiters: (() => void)[] = [];

  /** `endpoint` is the base URL of a collector; `encode` makes a body of encoded spans. */
  constructor(
    endpoint: string,
    encode: (spans: readonly string[]) => string,
    events: SpanExporterEvents,
  ) {
    this.#url = `${endpoint.replace(/\/+$/, "")}/v1/traces`;
    this.#encode = encode;
    this.#events = events;
  }

  /** Queues an encoded span; a span that does not fit is dropped. */
  push(span: string): void {
    if (this.#state === "closed" || this.#waiting.length >= MAX_WAITING) {
      this.#events.dropped(1);
      return;
    }
    this.#waiting.push(span);
    if (this.#state === "idle") {
      this.#state = "gathering";
      this.#timer = setTimeout(() => this.#start(), BATCH_MS);
    } else if (this.#state === "gathering" && this.#waiting.length >= MAX_BATCH) this.#start();
  }

  /** There is no file to reopen. */
  reopen(): void {}

  /** Resolves when every accepted span was sent or dropped, or at the deadline. */
  async flushed(): Promise<void> {
    if (this.#state === "idle" || this.#state === "closed") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    const timer = setTimeout(resolve, FLUSH_MS);
    this.#start();
    await promise;
    clearTimeout(timer);
  }

  /** Drops what is not sent yet. */
  close(): void {
    this.#state = "closed";
    clearTimeout(this.#timer);
    this.#wakeUp?.();
    this.#events.dropped(this.#waiting.length);
    this.#waiting = [];
    this.#wake();
  }

  #start(): void {
    if (this.#state !== "gathering") return;
    clearTimeout(this.#timer);
    this.#state = "sending";
    void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      const sent = await this.#send(batch);
      if (sent) this.#events.sent(batch.length);
      else this.#events.dropped(batch.length);
    }
    if (this.#state === "sending") this.#state = "idle";
    this.#wake();
  }

  async #send(batch: readonly string[]): Promise<boolean> {
    const body = this.#encode(batch);
    for (let attempt = 1; this.#state === "sending"; attempt++) {
      const problem = await this.#post(body);
      if (problem === null) {
        this.#failing = false;
        return true;
      }
      if (!this.#failing) this.#events.failing(problem.text);
      this.#failing = true;
      if (!problem.mayPass || attempt === MAX_ATTEMPTS) return false;
      await this.#pause(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS));
    }
    return false;
  }

  /** `null` when the collector took it. */
  async #post(body: string): Promise<{ text: string; mayPass: boolean } | null> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        redirect: "error",
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      await response.body?.cancel();
      if (response.ok) return null;
      const text = `${this.#url} answered ${response.status}`;
      return { text, mayPass: RETRYABLE.has(response.status) };
    } catch (error) {
      return { text: `Cannot reach ${this.#url}: ${reasonOf(error)}`, mayPass: true };
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wakeUp = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
    this.#wakeUp = null;
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
