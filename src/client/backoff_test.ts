import assert from "node:assert/strict";
import fc from "fast-check";
import { delayAfter } from "./backoff.ts";

const POLICY = { attempts: 9, firstDelayMs: 50, maxDelayMs: 2_000 };

Deno.test("delayAfter doubles from the first delay up to the maximum", () => {
  const fullJitter = 1;
  const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => delayAfter(POLICY, n, fullJitter));
  assert.deepEqual(delays, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]);
});

Deno.test("delayAfter stays between half and all of the exponential value", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 2_000 }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (failures, random) => {
      const ceiling = Math.min(50 * 2 ** (failures - 1), 2_000);
      const delay = delayAfter(POLICY, failures, random);
      assert.ok(delay >= ceiling / 2 && delay <= ceiling);
    },
  ));
});
