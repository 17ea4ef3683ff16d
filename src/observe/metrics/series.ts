// The measurements of one scope: a backend, a cluster, or the worker itself. Counting is one addition;
// a histogram is made when its first value comes. Names belong to scope_metrics.ts.

import { DurationBuckets } from "./duration_buckets.ts";
import { Histogram } from "./histogram.ts";
import { SCOPE_COUNTS, SCOPE_TIMES } from "./scope_metrics.ts";

/** Is told every single time, for those who pass them on one by one. */
export interface TimeListener {
  timed(series: Series, time: number, value: number): void;
}

/** Counts and times of one scope. */
export class Series {
  readonly counts = new Float64Array(SCOPE_COUNTS.length);
  readonly times: (Histogram | undefined)[] = new Array(SCOPE_TIMES.length).fill(undefined);
  /** The same times between bounds that never change, with their fractions. */
  readonly durations: (DurationBuckets | undefined)[] = new Array(SCOPE_TIMES.length)
    .fill(undefined);
  /** Something was added since this was last set to false. */
  changed = false;

  /** Adds to a count of `ScopeCount`. */
  add(count: number, amount: number): void {
    this.counts[count] = (this.counts[count] as number) + amount;
    this.changed = true;
  }

  /** Records a time of `ScopeTime` in milliseconds; quantiles know whole ones only. */
  time(time: number, milliseconds: number, listener: TimeListener | null): void {
    const value = milliseconds > 0 ? Math.floor(milliseconds) : 0;
    (this.times[time] ??= new Histogram()).record(value);
    (this.durations[time] ??= new DurationBuckets()).record(milliseconds);
    listener?.timed(this, time, value);
  }

  /** Whether nothing has been measured. */
  get isEmpty(): boolean {
    return this.counts.every((count) => count === 0) &&
      this.times.every((histogram) => histogram === undefined || histogram.samples === 0);
  }

  /** Forgets everything. */
  clear(): void {
    this.counts.fill(0);
    this.times.fill(undefined);
    this.durations.fill(undefined);
    this.changed = false;
  }
}

/**
 * The measurements of a cluster and of its backends by id. After {@linkcode remove} whatever is still
 * measured for it goes nowhere until {@linkcode revive}: a removed cluster must not come back with the
 * last of its requests.
 */
export class ClusterSeries {
  readonly own = new Series();
  readonly #backends = new Map<string, Series>();
  #removed = false;

  get removed(): boolean {
    return this.#removed;
  }

  /** Backends that have been measured, by id. */
  get backends(): ReadonlyMap<string, Series> {
    return this.#backends;
  }

  /** The measurements of a backend, from now on part of the cluster. */
  backend(id: string): Series {
    let series = this.#backends.get(id);
    if (series === undefined) {
      series = new Series();
      this.#backends.set(id, series);
    }
    return series;
  }

  /** Forgets a backend. Who still holds its series adds to it in vain. */
  dropBackend(id: string): void {
    this.#backends.delete(id);
  }

  /** Forgets everything, and what is still to come. */
  remove(): void {
    this.clear();
    this.#removed = true;
  }

  /** Measures again. */
  revive(): void {
    this.#removed = false;
  }

  /** Forgets everything measured so far, here and in the series of the backends. */
  clear(): void {
    this.own.clear();
    for (const series of this.#backends.values()) series.clear();
    this.#removed = false;
  }
}
