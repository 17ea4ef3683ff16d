// Streams that make no progress are ended: those on which nothing happens, and those whose peer does not let
// us send. Nothing is timed per stream; all are looked at when the first of them could be due.

import { EndReason } from "./events.ts";
import type { Link } from "./link.ts";
import { type H2Stream, NOT_STALLED } from "./stream.ts";

/** Watches the streams of one connection. */
export class StreamGuards<O> {
  /** When {@link expire} is to be called, in milliseconds. Never later than the first stream is due. */
  deadlineMs = Infinity;
  readonly #link: Link<O>;

  constructor(link: Link<O>) {
    this.#link = link;
  }

  /** A stream was opened. */
  opened(): void {
    if (this.deadlineMs === Infinity) {
      this.deadlineMs = this.#link.nowMs + this.#link.limits.streamIdleMs;
    }
  }

  /** Ends the streams that are due, and notes when the next one may be. */
  expire(): void {
    const link = this.#link;
    if (link.nowMs < this.deadlineMs) return;
    const limit = link.limits.streamIdleMs;
    let earliest = Infinity;
    for (const stream of link.streams.sorted()) {
      const reason = this.#isDue(stream);
      if (reason === null) {
        const stalled = stream.stalledMs === NOT_STALLED ? Infinity : stream.stalledMs;
        const since = Math.min(stream.keepsIdle ? link.nowMs : stream.activeMs, stalled);
        earliest = Math.min(earliest, since + limit);
        continue;
      }
      if (reason === EndReason.IDLE_TIMEOUT) link.counters.reapedIdle++;
      else this.#countStall(stream);
      link.cancel(stream, reason);
    }
    // Those that are due exactly now are not late yet.
    this.deadlineMs = Math.max(earliest, link.nowMs + 1);
  }

  #isDue(stream: H2Stream<O>): EndReason | null {
    const { nowMs, limits } = this.#link;
    const idle = nowMs - stream.activeMs > limits.streamIdleMs;
    if (idle && !stream.keepsIdle) return EndReason.IDLE_TIMEOUT;
    if (!stream.offered || stream.stalledMs === NOT_STALLED) return null;
    return nowMs - stream.stalledMs > limits.streamIdleMs ? EndReason.WINDOW_STALL : null;
  }

  #countStall(stream: H2Stream<O>): void {
    const { counters } = this.#link;
    counters.reapedStalled++;
    if (stream.drained > 0) counters.reapedDripping++;
  }
}
