// What the worker's control loop asks of its data plane. The loop owns the channel to the main
// process and the worker's copy of the configuration state; the data plane owns listeners, sessions
// and backends. Neither knows how the other works.

import type { Request, ResponseContent } from "../config/messages.ts";
import type { Metric } from "../src/observe/counters.ts";
import type { HandOverStep } from "./hand_over.ts";

/** The traffic-carrying half of a worker, driven by configuration requests. */
export interface DataPlane {
  /**
   * Applies one request that the worker's own configuration state has already accepted.
   * Resolves with `null` when it is in force, or with the reason why this worker cannot honour it.
   */
  apply(request: Request): Promise<string | null>;

  /** Does one step of a hand-over: its answer, `null` when it has none, or why it failed. */
  handOver(
    step: HandOverStep,
  ): Promise<NonNullable<ResponseContent["content_type"]> | string | null>;

  /**
   * From now on every connection ends after the response that is under way, or after the next.
   * Resolves when none is left.
   */
  windDown(): Promise<void>;

  /** Stops accepting, lets exchanges in progress finish; resolves when the last session is gone. */
  softStop(): Promise<void>;

  /** Closes every listener and every session at once. */
  hardStop(): void;

  /** What this worker has counted since it started. */
  metrics(): readonly Metric[];
}
