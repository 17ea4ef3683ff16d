// Records of a log on their way out of the process. They gather in a bounded buffer and are written in
// the background, many at a time; when the other end does not keep up or is gone they are dropped and
// counted rather than kept for ever, and nobody who logs ever waits.

import { RecordBuffer } from "../../bytes/record_buffer.ts";
import type { LogSink } from "./sink.ts";
import type { Timers } from "../contracts.ts";
import { runtimeTimers } from "../net/timers.ts";
import { atEndOfTurn } from "../net/turn.ts";

/** Records that may wait, in bytes and number; as many may be under way to the target. */
const LIMITS = { bytes: 2 * 1024 * 1024, records: 32 * 1024 };

/** A buffer that holds this much is written without waiting for more. */
const ENOUGH_BYTES = 192 * 1024;

/** How long records may wait for company, in milliseconds: few writes, and a log that is still live. */
const BATCH_MS = 100;

/** Pauses after failures in a row, in milliseconds: the first, and the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** How long an output that is asked to finish may take, in milliseconds. */
const FLUSH_MS = 2_000;

/** What the owner of an output is told. */
export interface LogOutputEvents {
  /** The target began to fail; said once until it works again. */
  failing(problem: string): void;
  /** It works again, or has caught up; `dropped` records were lost meanwhile. */
  recovered(dropped: number): void;
  /** So many records were dropped just now, those refused by `begin` apart. */
  dropped(count: number): void;
}

/** An open log output. */
export class LogOutput {
  readonly #sink: LogSink;
  readonly #events: Partial<LogOutputEvents>;
  readonly #encoder = new TextEncoder();
  #filling = new RecordBuffer();
  #draining = new RecordBuffer();
  #state: "idle" | "gathering" | "writing" | "pausing" | "closed" = "idle";
  readonly #timers: Timers;
  /** Takes back what was to happen next. */
  #cancel: (() => void) | undefined;
  #endPause: (() => void) | null = null;
  #failures = 0;
  #dropped = 0;
  #droppedBefore = 0;
  #waiters: (() => void)[] = [];

  /**
   * `sink` is closed with the output. Lines of text go out at the end of their turn, other records wait
   * a little for company.
   */
  constructor(
    sink: LogSink,
    events: Partial<LogOutputEvents> = {},
    timers: Timers = runtimeTimers,
  ) {
    this.#sink = sink;
    this.#timers = timers;
    this.#events = events;
  }

  /** Records lost because the target did not keep up or failed. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Queues one line; a line that does not fit is dropped. */
  readonly writeLine = (line: string): void => {
    const at = this.begin(line.length * 3);
    if (at < 0) {
      this.#events.dropped?.(1);
      return;
    }
    const { bytes } = this.#filling;
    this.#filling.commit(at + this.#encoder.encodeInto(line, bytes.subarray(at)).written);
    if (this.#state === "idle") this.#gather(0);
    else if (this.#cancel !== undefined && this.#state === "gathering") this.#gatherNoLonger();
  };

  /**
   * Where in {@linkcode bytes} a record of up to `bound` bytes may be written, to be followed by
   * {@linkcode end} in the same turn; -1 when there is no room for it: the caller counts it as dropped.
   */
  begin(bound: number): number {
    if (this.#state !== "closed" && this.#filling.reserve(bound, LIMITS)) {
      return this.#filling.length;
    }
    this.#dropped++;
    return -1;
  }

  /** The buffer of the record begun last. */
  get bytes(): Uint8Array {
    return this.#filling.bytes;
  }

  /** The record begun last ends before `at`. It waits a little for company. */
  end(at: number): void {
    this.#filling.commit(at);
    if (this.#state === "idle") this.#gather(BATCH_MS);
    else if (this.#state === "gathering" && this.#filling.length >= ENOUGH_BYTES) this.#hurry();
  }

  /** Opens its file anew, where it has one. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Resolves when every accepted record was written, or after a while. */
  async flushed(): Promise<void> {
    if (this.#state === "idle" || this.#state === "closed") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    const cancel = this.#timers.after(FLUSH_MS, resolve);
    this.#hurry();
    await promise;
    cancel();
  }

  /** Gives up what is not written yet and closes the target. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancel?.();
    this.#endPause?.();
    this.#sink.close();
    this.#wake();
  }

  /** Waits for more, with 0 only until the end of the turn. */
  #gather(delayMs: number): void {
    this.#state = "gathering";
    if (delayMs > 0) this.#cancel = this.#timers.after(delayMs, () => this.#start());
    else atEndOfTurn(() => this.#start());
  }

  /** What is gathered goes out at the end of the turn. */
  #gatherNoLonger(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#gather(0);
  }

  /** What is gathered goes out now. */
  #hurry(): void {
    if (this.#state === "gathering") this.#start();
  }

  #start(): void {
    if (this.#state !== "gathering") return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#state = "writing";
    void this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#filling.count > 0 && !this.#isClosed()) {
      const records = this.#filling;
      this.#filling = this.#draining;
      this.#draining = records;
      await this.#writeAll(records);
      records.clear();
    }
    if (!this.#isClosed()) {
      this.#state = "idle";
      if (this.#dropped > this.#droppedBefore) this.#recover();
    }
    this.#wake();
  }

  async #writeAll(records: RecordBuffer): Promise<void> {
    for (let first = 0; first < records.count && !this.#isClosed();) {
      const { taken, lost, problem } = await this.#sink.write(records, first);
      first += taken;
      if (lost > 0) {
        this.#dropped += lost;
        this.#events.dropped?.(lost);
      }
      if (problem !== null) await this.#failed(problem);
      else if (this.#failures > 0) this.#recover();
    }
  }

  #recover(): void {
    this.#failures = 0;
    const dropped = this.#dropped - this.#droppedBefore;
    this.#droppedBefore = this.#dropped;
    this.#events.recovered?.(dropped);
  }

  async #failed(problem: string): Promise<void> {
    if (this.#isClosed()) return;
    if (this.#failures === 0) this.#events.failing?.(problem);
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, LONGEST_PAUSE_MS);
    this.#failures = Math.min(this.#failures + 1, 16);
    this.#state = "pausing";
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      this.#cancel = this.#timers.after(pause, resolve);
    });
    this.#endPause = null;
    if (!this.#isClosed()) this.#state = "writing";
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
