// The series of one scope: the counts and times of a backend, a cluster, or the worker itself. Counting is one
// addition; a histogram is made for its first value. The names are in scope_metrics.ts.

import { DurationBuckets } from "./duration_buckets.ts";
import { Histogram } from "./histogram.ts";
import { SCOPE_COUNTS, SCOPE_TIMES } from "./scope_metrics.ts";

/** Called with every single time, for outputs that send each of them. */
export interface TimeListener {
  timed(series: Series, time: number, value: number): void;
}

/** Counts and times of one scope. */
export class Series {
  readonly counts = new Float64Array(SCOPE_COUNTS.length);
  readonly times: (Histogram | undefined)[] = new Array(SCOPE_TIMES.length).fill(undefined);
  /** The same times with their fractions, in buckets with fixed bounds. */
  readonly durations: (DurationBuckets | undefined)[] = new Array(SCOPE_TIMES.length)
    .fill(undefined);
  /** Whether something was added since this was set to false. */
  changed = false;

  /** Adds to a count of `ScopeCount`. */
  add(count: number, amount: number): void {
    this.counts[count] = (this.counts[count] as number) + amount;
    this.changed = true;
  }

  /** Records a time of `ScopeTime` in milliseconds; quantiles have whole milliseconds only. */
  time(time: number, milliseconds: number, listener: TimeListener | null): void {
    const value = milliseconds > 0 ? Math.floor(milliseconds) : 0;
    (this.times[time] ??= new Histogram()).record(value);
    (this.durations[time] ??= new DurationBuckets()).record(milliseconds);
    listener?.timed(this, time, value);
  }

  /** Whether nothing was counted. */
  get isEmpty(): boolean {
    return this.counts.every((count) => count === 0) &&
      this.times.every((histogram) => histogram === undefined || histogram.samples === 0);
  }

  /** Sets every count and time to zero. */
  clear(): void {
    this.counts.fill(0);
    this.times.fill(undefined);
    this.durations.fill(undefined);
    this.changed = false;
  }
}

/**
 * The series of a cluster and of its backends by id. After {@linkcode remove} what is counted for it is dropped
 * until {@linkcode revive}: the last requests of a removed cluster must not bring its metrics back.
 */
export class ClusterSeries {
  readonly own = new Series();
  readonly #backends = new Map<string, Series>();
  #removed = false;

  get removed(): boolean {
    return this.#removed;
  }

  /** Backends with a series, by id. */
  get backends(): ReadonlyMap<string, Series> {
    return this.#backends;
  }

  /** The series of a backend; it is made when there is none. */
  backend(id: string): Series {
    let series = this.#backends.get(id);
    if (series === undefined) {
      series = new Series();
      this.#backends.set(id, series);
    }
    return series;
  }

  /** Removes the series of a backend. What its last connections still add to it is not reported. */
  dropBackend(id: string): void {
    this.#backends.delete(id);
  }

  /** Clears everything and drops what is counted from now on. */
  remove(): void {
    this.clear();
    this.#removed = true;
  }

  /** Counts again after a removal. */
  revive(): void {
    this.#removed = false;
  }

  /** Clears the series of the cluster and of its backends. */
  clear(): void {
    this.own.clear();
    for (const series of this.#backends.values()) series.clear();
  }
}
