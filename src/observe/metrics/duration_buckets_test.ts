import assert from "node:assert/strict";
import { DURATION_BOUNDS, DurationBuckets } from "./duration_buckets.ts";

Deno.test("DurationBuckets tells every bound, and durations below a millisecond apart", () => {
  const buckets = new DurationBuckets();
  for (const ms of [0.05, 0.1, 0.3, 0.7, 1, 1.001, 90_000]) buckets.record(ms);
  const told = buckets.buckets();
  assert.deepEqual(told.map(({ le }) => le), DURATION_BOUNDS);
  const at = (le: number) => told.find((bucket) => bucket.le === le)?.count;
  assert.deepEqual([at(100), at(250), at(500), at(1_000), at(2_500)], [2, 2, 3, 5, 6]);
  assert.equal(at(60_000_000), 6);
  assert.deepEqual([buckets.samples, buckets.sum], [7, 90_003_151]);
});

Deno.test("DurationBuckets takes what is no duration for none", () => {
  const buckets = new DurationBuckets();
  for (const ms of [-1, NaN, -Infinity]) buckets.record(ms);
  assert.deepEqual([buckets.samples, buckets.sum, buckets.buckets()[0]?.count], [3, 0, 3]);
});
