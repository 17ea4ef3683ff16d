import assert from "node:assert/strict";
import fc from "fast-check";
import { Histogram, LARGEST_VALUE, QUANTILES } from "./histogram.ts";

function of(...values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

Deno.test("Histogram is exact below 2048 and reports the top of a class above", () => {
  assert.deepEqual(of(0).quantiles(), QUANTILES.map(() => 0));
  assert.equal(of(2047).quantiles().at(-1), 2047);
  assert.equal(of(2048).quantiles().at(-1), 2049);
  assert.equal(of(4096).quantiles().at(-1), 4099);
  assert.equal(of(1e15).quantiles().at(-1), LARGEST_VALUE);
  assert.deepEqual(new Histogram().quantiles(), QUANTILES.map(() => 0));
});

Deno.test("Histogram finds the quantiles of a hundred values, and of twice as many", () => {
  const histogram = of(...Array.from({ length: 100 }, (_, i) => i + 1));
  assert.deepEqual(histogram.quantiles(), [50, 90, 99, 100, 100, 100, 100]);
  for (let i = 1; i <= 100; i++) histogram.record(i);
  assert.equal(histogram.samples, 200);
  assert.deepEqual(histogram.quantiles().slice(0, 3), [50, 90, 99]);
  assert.equal(histogram.sum, 10_100);
});

Deno.test("Histogram counts up to bounds of 2^i - 1 that end with the first to cover all", () => {
  assert.deepEqual(of(0, 1, 2, 3, 5, 5).buckets(), [
    { le: 0, count: 1 },
    { le: 1, count: 2 },
    { le: 3, count: 4 },
    { le: 7, count: 6 },
  ]);
  assert.deepEqual(new Histogram().buckets(), []);
  assert.equal(of(5000).buckets().at(-1)?.le, 8191);
});

Deno.test("Histogram agrees with a sorted list of the same values to three digits", () => {
  const value = fc.oneof(fc.nat(3000), fc.nat(LARGEST_VALUE));
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 300 }), (values) => {
    const histogram = of(...values);
    const sorted = [...values].sort((a, b) => a - b);
    histogram.quantiles().forEach((found, i) => {
      const rank = Math.max(1, Math.ceil(values.length * (QUANTILES[i] as number) - 1e-9));
      const exact = sorted[rank - 1] as number;
      assert.ok(found >= exact && found <= exact * 1.001 + 1, `${found} for ${exact}`);
    });
    for (const { le, count } of histogram.buckets()) {
      assert.equal(count, values.filter((it) => it <= le).length);
    }
    assert.equal(histogram.samples, values.length);
  }));
});

Deno.test("Histogram starts over after clear()", () => {
  const histogram = of(1, 5000);
  histogram.clear();
  assert.deepEqual(histogram.buckets(), []);
  histogram.record(2);
  assert.deepEqual([histogram.samples, histogram.sum], [1, 2]);
});
