// Times recorded since the last pass of a drain, by series. Equal values are counted, so memory depends on the
// number of different values. It is bounded; samples beyond the bound are dropped and counted.

import { LARGEST_VALUE } from "./histogram.ts";
import { SCOPE_TIMES } from "./scope_metrics.ts";
import type { Series, TimeListener } from "./series.ts";

/** Most different values of all series between two passes. */
const MAX_VALUES = 65_536;

const TIMES = SCOPE_TIMES.length;

/** One value and how often it was recorded. */
export interface PendingTime {
  /** Position in SCOPE_TIMES. */
  readonly time: number;
  readonly value: number;
  readonly times: number;
}

/** The times of one process. */
export class PendingTimes implements TimeListener {
  /** Samples beyond the bound. */
  dropped = 0;
  #bySeries = new Map<Series, Map<number, number>>();
  #values = 0;

  timed(series: Series, time: number, value: number): void {
    let counts = this.#bySeries.get(series);
    if (counts === undefined) {
      counts = new Map();
      this.#bySeries.set(series, counts);
    }
    const key = Math.min(value, LARGEST_VALUE) * TIMES + time;
    const known = counts.get(key);
    if (known === undefined && this.#values >= MAX_VALUES) {
      this.dropped++;
      return;
    }
    if (known === undefined) this.#values++;
    counts.set(key, (known ?? 0) + 1);
  }

  /** Returns and removes the times of one series. */
  take(series: Series): PendingTime[] {
    const counts = this.#bySeries.get(series);
    if (counts === undefined) return [];
    this.#bySeries.delete(series);
    this.#values -= counts.size;
    return [...counts].map(([key, times]) => ({
      time: key % TIMES,
      value: Math.floor(key / TIMES),
      times,
    }));
  }

  /** Removes times that were not taken: their clusters were removed. */
  forget(): void {
    this.#bySeries = new Map();
    this.#values = 0;
  }
}
