// What the control loop of a worker needs of its data plane. The loop owns the channel to the main process and the
// worker's copy of the configuration state. The data plane owns listeners, sessions and backends. Neither knows how
// the other works.

import type {
  ClosedSessions,
  CloseSessions,
  QueryMetricsOptions,
  Request,
  ResponseContent,
  SetMetricDetail,
  WorkerMetricDetailStatus,
  WorkerMetrics,
} from "../../config/schema/messages.ts";
import type { ProtectedProbes } from "./health/protected_orders.ts";
import type { HandOverStep } from "./listeners/hand_over.ts";
import type { UnopenedListeners } from "./listeners/unopened.ts";

/** The traffic-carrying half of a worker, driven by configuration requests. */
export interface DataPlane {
  /**
   * Applies one request that the worker's own configuration state has already accepted.
   * Resolves with `null` when it is in force, or with the reason why this worker cannot honour it.
   */
  apply(request: Request): Promise<string | null>;

  /** The listeners that should have a socket and could not be given one. */
  readonly unopened: UnopenedListeners;

  /** The initial state is in force: from now on an activation may wait for an address to become free. */
  begun(): void;

  /** Ends the sessions of a cluster, or of some of its backends, as far as they have no work in progress. */
  endSessions(which: CloseSessions): ClosedSessions;

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

  readonly measurements: Measurements;

  /** Health checks whose headers have values that no configuration holds. */
  readonly probes: ProtectedProbes;
}

/** What a worker has measured since it started. */
export interface Measurements {
  /** The answer to a query for all clusters in parts, made as they are asked for; `null` for others. */
  parts(options: QueryMetricsOptions): Iterable<WorkerMetrics> | null;

  /** The answer to a query, or why there is none. */
  query(options: QueryMetricsOptions): NonNullable<ResponseContent["content_type"]> | string;

  /** Raises the level of detail for a client, or ends that; the text says why it is refused. */
  setDetail(request: SetMetricDetail): WorkerMetricDetailStatus | string;
}
