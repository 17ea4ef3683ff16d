// How two values of one metric, from two workers, become one: counts and gauges add up unless listed here,
// histograms add up bucket by bucket, of quantiles the largest counts. Pure.

import type {
  Bucket,
  FilteredHistogram,
  FilteredMetrics,
  Percentiles,
} from "../../../config/schema/messages.ts";

/** Most buckets of a histogram that are looked at: powers of two that 64 bits hold. */
const MAX_BUCKETS = 65;

/**
 * Gauges of which the least counts: moments, ages, and what every worker finds out for itself about the
 * same backends. Their sum means nothing.
 */
const LEAST: ReadonlySet<string> = new Set([
  "process.uptime_seconds",
  "tls.cert.min_expires_at_seconds",
  "cluster.available_backends",
  "health_check.healthy_backends",
  "backend.available",
]);

/** Gauges of which the most counts: equal in all workers, or 1 when it holds for any worker. */
const MOST: ReadonlySet<string> = new Set([
  "cluster.total_backends",
  "accept_queue.backpressure",
]);

/** Suffix of gauges that are a share of a limit each worker has: the fullest worker counts. */
const SHARE = "_percent";

/** Gauges of which 0 means that there is no value. */
const ABSENT_AT_ZERO: ReadonlySet<string> = new Set(["tls.cert.min_expires_at_seconds"]);

/** The merged value. Kinds that differ cannot be merged: the first value stays. */
export function mergeMetric(
  name: string,
  one: FilteredMetrics,
  other: FilteredMetrics,
): FilteredMetrics {
  const left = one.inner;
  const right = other.inner;
  if (left === null || right === null) return left === null ? other : one;
  if (left.kind === "count" && right.kind === "count") {
    return { inner: { kind: "count", value: left.value + right.value } };
  }
  if (left.kind === "gauge" && right.kind === "gauge") {
    return { inner: { kind: "gauge", value: mergeGauges(name, left.value, right.value) } };
  }
  if (left.kind === "percentiles" && right.kind === "percentiles") {
    return { inner: { kind: "percentiles", value: mergePercentiles(left.value, right.value) } };
  }
  if (left.kind === "histogram" && right.kind === "histogram") {
    return { inner: { kind: "histogram", value: mergeHistograms(left.value, right.value) } };
  }
  return one;
}

function mergeGauges(name: string, left: bigint, right: bigint): bigint {
  const [less, more] = left < right ? [left, right] : [right, left];
  if (less === 0n && ABSENT_AT_ZERO.has(name)) return more;
  if (LEAST.has(name)) return less;
  return MOST.has(name) || name.endsWith(SHARE) ? more : left + right;
}

function mergePercentiles(left: Percentiles, right: Percentiles): Percentiles {
  const most = (key: keyof Percentiles) => left[key] > right[key] ? left[key] : right[key];
  return {
    samples: left.samples + right.samples,
    p_50: most("p_50"),
    p_90: most("p_90"),
    p_99: most("p_99"),
    p_99_9: most("p_99_9"),
    p_99_99: most("p_99_99"),
    p_99_999: most("p_99_999"),
    p_100: most("p_100"),
    sum: left.sum + right.sum,
  };
}

/**
 * A histogram with the bounds of both. Between two of its own bounds a histogram counts as at the lower one,
 * which is the least it can be; above its last bound the count does not grow.
 */
function mergeHistograms(left: FilteredHistogram, right: FilteredHistogram): FilteredHistogram {
  const buckets: Bucket[] = [];
  let [atLeft, atRight] = [0, 0];
  let [ofLeft, ofRight] = [0n, 0n];
  while (buckets.length < MAX_BUCKETS) {
    const one = left.buckets[atLeft];
    const other = right.buckets[atRight];
    const le = leastBound(one, other);
    if (le === null) break;
    if (one?.le === le) [ofLeft, atLeft] = [one.count, atLeft + 1];
    if (other?.le === le) [ofRight, atRight] = [other.count, atRight + 1];
    buckets.push({ le, count: ofLeft + ofRight });
  }
  return { sum: left.sum + right.sum, count: left.count + right.count, buckets };
}

function leastBound(one: Bucket | undefined, other: Bucket | undefined): bigint | null {
  if (one === undefined) return other?.le ?? null;
  return other === undefined || one.le < other.le ? one.le : other.le;
}
