// Two values of the same metric, from two workers, as one. Pure.

import type {
  Bucket,
  FilteredHistogram,
  FilteredMetrics,
  Percentiles,
} from "../../config/messages.ts";

/** Most buckets a histogram can have: bounds up to what 64 bits hold. */
const MAX_BUCKETS = 65;

/** Levels that are moments or ages: of several workers the least is told, their sum means nothing. */
const LEAST: ReadonlySet<string> = new Set([
  "process.uptime_seconds",
  "tls.cert.min_expires_at_seconds",
]);

/** The value of both together. Kinds that differ cannot be merged: the first is kept. */
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
    if (LEAST.has(name)) return left.value < right.value ? one : other;
    return { inner: { kind: "gauge", value: left.value + right.value } };
  }
  if (left.kind === "percentiles" && right.kind === "percentiles") {
    return { inner: { kind: "percentiles", value: mergePercentiles(left.value, right.value) } };
  }
  if (left.kind === "histogram" && right.kind === "histogram") {
    return { inner: { kind: "histogram", value: mergeHistograms(left.value, right.value) } };
  }
  return one;
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

/** The shorter one has nothing above its last bound: its last count goes on. */
function mergeHistograms(left: FilteredHistogram, right: FilteredHistogram): FilteredHistogram {
  const length = Math.min(MAX_BUCKETS, Math.max(left.buckets.length, right.buckets.length));
  const buckets: Bucket[] = [];
  for (let i = 0; i < length; i++) {
    buckets.push({
      le: 2n ** BigInt(i) - 1n,
      count: countAt(left.buckets, i) + countAt(right.buckets, i),
    });
  }
  return { sum: left.sum + right.sum, count: left.count + right.count, buckets };
}

function countAt(buckets: readonly Bucket[], index: number): bigint {
  return buckets[Math.min(index, buckets.length - 1)]?.count ?? 0n;
}
