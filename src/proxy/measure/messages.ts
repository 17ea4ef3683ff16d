// Measurements as messages. A duration is sent twice, as in sozu 2.1: as quantiles under its name, and as a
// histogram under its name with `_histogram` appended. A filter names the first.

import type {
  FilteredMetrics,
  Percentiles,
  QueryMetricsOptions,
} from "../../../config/schema/messages.ts";
import type { Metric } from "../../observe/metrics/counters.ts";
import { DURATION_SUFFIX, type DurationBuckets } from "../../observe/metrics/duration_buckets.ts";
import type { Histogram } from "../../observe/metrics/histogram.ts";
import { SCOPE_COUNTS, SCOPE_TIMES } from "../../observe/metrics/scope_metrics.ts";
import type { Series } from "../../observe/metrics/series.ts";

/** What a query asks for. */
export interface Wanted {
  /** Names, `null` for all. */
  readonly names: ReadonlySet<string> | null;
  /** Times also in microseconds between fixed bounds, see {@linkcode DURATION_SUFFIX}. */
  readonly durations: boolean;
}

/** What a query asks to be told. */
export function wantedBy({ metric_names, durations = false }: QueryMetricsOptions): Wanted {
  return { names: metric_names.length === 0 ? null : new Set(metric_names), durations };
}

function isWanted({ names }: Wanted, name: string): boolean {
  return names === null || names.has(name);
}

type Messages = Map<string, FilteredMetrics>;

/** Adds one count or level; a count that is there already grows by it. */
export function addMetric(into: Messages, { name, value, gauge }: Metric, wanted: Wanted): void {
  if (!isWanted(wanted, name)) return;
  // The wire knows whole numbers, and no level below zero.
  const whole = BigInt(Math.floor(gauge ? Math.max(0, value) : value));
  const known = into.get(name)?.inner;
  const before = !gauge && known?.kind === "count" ? known.value : 0n;
  into.set(name, { inner: { kind: gauge ? "gauge" : "count", value: before + whole } });
}

/** Adds what was counted and timed. */
export function addSeries(into: Messages, series: Series, wanted: Wanted): void {
  const { counts, times, durations } = series;
  SCOPE_COUNTS.forEach((name, i) => {
    const value = counts[i] as number;
    if (value !== 0) addMetric(into, { name, value, gauge: false }, wanted);
  });
  SCOPE_TIMES.forEach((name, i) => {
    if (!isWanted(wanted, name)) return;
    const histogram = times[i];
    if (histogram !== undefined && histogram.samples > 0) addTime(into, name, histogram);
    const micros = durations[i];
    if (wanted.durations && micros !== undefined) {
      into.set(name + DURATION_SUFFIX, bucketed(micros));
    }
  });
}

function addTime(into: Messages, name: string, histogram: Histogram): void {
  into.set(name, { inner: { kind: "percentiles", value: percentiles(histogram) } });
  into.set(`${name}_histogram`, bucketed(histogram));
}

function bucketed(times: Histogram | DurationBuckets): FilteredMetrics {
  const buckets = times.buckets().map(({ le, count }) => ({
    count: BigInt(count),
    le: BigInt(le),
  }));
  const value = { sum: BigInt(times.sum), count: BigInt(times.samples), buckets };
  return { inner: { kind: "histogram", value } };
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
