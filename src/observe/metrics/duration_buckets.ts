// Durations in microseconds in buckets with fixed bounds, so that the counts of several scopes, workers and
// moments can be added up bucket by bucket. Recording does not allocate and takes a few comparisons.

import type { CumulativeBucket } from "./histogram.ts";

/** Upper bounds in microseconds, from a tenth of a millisecond to a minute; longer ones have no bound. */
export const DURATION_BOUNDS: readonly number[] = [
  100,
  250,
  500,
  1_000,
  2_500,
  5_000,
  10_000,
  25_000,
  50_000,
  100_000,
  250_000,
  500_000,
  1_000_000,
  2_500_000,
  5_000_000,
  10_000_000,
  30_000_000,
  60_000_000,
];

/**
 * Suffix of a time in microseconds, between main and its workers. A client gets it only when it asks for
 * durations.
 */
export const DURATION_SUFFIX = "_histogram_us";

/** Counts of durations. */
export class DurationBuckets {
  /** Recorded durations. */
  samples = 0;
  /** Their sum in microseconds. */
  sum = 0;
  readonly #counts = new Float64Array(DURATION_BOUNDS.length + 1);

  /** Records a duration in milliseconds with its fraction; what is below 0 counts as 0. */
  record(milliseconds: number): void {
    const micros = milliseconds > 0 ? Math.round(milliseconds * 1000) : 0;
    let at = 0;
    while (at < DURATION_BOUNDS.length && micros > (DURATION_BOUNDS[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.samples++;
    this.sum += micros;
  }

  /** Cumulative counts at {@linkcode DURATION_BOUNDS}, every bound whether or not it is reached. */
  buckets(): CumulativeBucket[] {
    let count = 0;
    return DURATION_BOUNDS.map((le, at) => ({ le, count: count += this.#counts[at] as number }));
  }
}
