// The output of a log. Records are collected in a bounded buffer and written in the background, many at a time.
// When the target does not keep up or is down they are dropped and counted; logging never waits.

import { RecordBuffer } from "../../bytes/record_buffer.ts";
import type { LogSink } from "./sink.ts";
import type { Timers } from "../contracts.ts";
import { runtimeTimers } from "../net/timers.ts";
import { atEndOfTurn } from "../net/turn.ts";

/** Most queued records, in bytes and in number; as many may be in a write. */
const LIMITS = { bytes: 2 * 1024 * 1024, records: 32 * 1024 };

/** A buffer with this many bytes is written at once. */
const ENOUGH_BYTES = 192 * 1024;

/** How long records may wait for a common write, in milliseconds: few writes, and the log is still live. */
const BATCH_MS = 100;

/** Pauses after failures in a row, in milliseconds: the first, and the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Deadline of the last write when the output closes, in milliseconds. */
const FLUSH_MS = 2_000;

/** What an output reports to its owner. */
export interface LogOutputEvents {
  /** The target began to fail; called once until it works again. */
  failing(problem: string): void;
  /** The target works again; `dropped` records were lost meanwhile. */
  recovered(dropped: number): void;
  /** The number of records dropped just now, without those that `begin` refused. */
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
   * `sink` is closed with the output. Lines of text are written at the end of their turn, other records wait
   * a little for a common write.
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

  /** The record begun last ends before `at`. It waits a little for a common write. */
  end(at: number): void {
    this.#filling.commit(at);
    if (this.#state === "idle") this.#gather(BATCH_MS);
    else if (this.#state === "gathering" && this.#filling.length >= ENOUGH_BYTES) this.#hurry();
  }

  /** Opens the file anew, if the target is one. */
  reopen(): void {
    this.#sink.reopen();
  }

  /** Resolves when every accepted record was written, or at the deadline. */
  async flushed(): Promise<void> {
    if (this.#state === "idle" || this.#state === "closed") return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiters.push(resolve);
    const cancel = this.#timers.after(FLUSH_MS, resolve);
    this.#hurry();
    await promise;
    cancel();
  }

  /** Drops what is not written yet and closes the target. */
  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#cancel?.();
    this.#endPause?.();
    this.#sink.close();
    this.#wake();
  }

  /** Schedules a write; 0 means at the end of the turn. */
  #gather(delayMs: number): void {
    this.#state = "gathering";
    if (delayMs > 0) this.#cancel = this.#timers.after(delayMs, () => this.#start());
    else atEndOfTurn(() => this.#start());
  }

  /** Writes the collected records at the end of the turn. */
  #gatherNoLonger(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#gather(0);
  }

  /** Writes the collected records now. */
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
