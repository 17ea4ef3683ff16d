// Measurements as messages. Each time is told twice, as quantiles under its name and as a histogram
// under its name with `_histogram` behind it, as in sozu 2.1; a filter names the first.

import type { FilteredMetrics, Percentiles } from "../config/messages.ts";
import type { Metric } from "../src/observe/counters.ts";
import type { Histogram } from "../src/observe/histogram.ts";
import { SCOPE_COUNTS, SCOPE_TIMES } from "../src/observe/scope_metrics.ts";
import type { Series } from "../src/observe/series.ts";

/** Names to tell, `null` for all. */
export type Wanted = ReadonlySet<string> | null;

type Messages = Map<string, FilteredMetrics>;

/** Adds one count or level; a count that is there already grows by it. */
export function addMetric(into: Messages, { name, value, gauge }: Metric, wanted: Wanted): void {
  if (wanted !== null && !wanted.has(name)) return;
  // The wire knows whole numbers, and no level below zero.
  const whole = BigInt(Math.floor(gauge ? Math.max(0, value) : value));
  const known = into.get(name)?.inner;
  const before = !gauge && known?.kind === "count" ? known.value : 0n;
  into.set(name, { inner: { kind: gauge ? "gauge" : "count", value: before + whole } });
}

/** Adds what was counted and timed. */
export function addSeries(into: Messages, { counts, times }: Series, wanted: Wanted): void {
  SCOPE_COUNTS.forEach((name, i) => {
    const value = counts[i] as number;
    if (value !== 0) addMetric(into, { name, value, gauge: false }, wanted);
  });
  SCOPE_TIMES.forEach((name, i) => {
    const histogram = times[i];
    if (histogram !== undefined && histogram.samples > 0) addTime(into, name, histogram, wanted);
  });
}

/** Adds one time. */
export function addTime(into: Messages, name: string, histogram: Histogram, wanted: Wanted): void {
  if (wanted !== null && !wanted.has(name)) return;
  into.set(name, { inner: { kind: "percentiles", value: percentiles(histogram) } });
  const { samples, sum } = histogram;
  const buckets = histogram.buckets().map(({ le, count }) => ({
    count: BigInt(count),
    le: BigInt(le),
  }));
  into.set(`${name}_histogram`, {
    inner: { kind: "histogram", value: { sum: BigInt(sum), count: BigInt(samples), buckets } },
  });
}

function percentiles(histogram: Histogram): Percentiles {
  const [p50, p90, p99, p999, p9999, p99999, p100] = histogram.quantiles().map(BigInt);
  return {
    samples: BigInt(histogram.samples),
    p_50: p50 ?? 0n,
    p_90: p90 ?? 0n,
    p_99: p99 ?? 0n,
    p_99_9: p999 ?? 0n,
    p_99_99: p9999 ?? 0n,
    p_99_999: p99999 ?? 0n,
    p_100: p100 ?? 0n,
    sum: BigInt(histogram.sum),
  };
}
