import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { INITIAL_RTT_MS, PeakEwma } from "./peak_ewma.ts";

function near(actual: number, expected: number): void {
  ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, expected), `${actual} is not ${expected}`);
}

Deno.test("PeakEwma starts with an assumed duration and decays with a second's time constant", () => {
  const average = new PeakEwma(0);
  equal(average.read(0), INITIAL_RTT_MS);
  near(average.read(1000), INITIAL_RTT_MS / Math.E);
});

Deno.test("PeakEwma.observe() follows a peak at once and comes down slowly", () => {
  const average = new PeakEwma(0);
  average.observe(200, 100);
  equal(average.read(100), 200);
  average.observe(10, 1100);
  near(average.read(1100), 200 / Math.E + 10 * (1 - 1 / Math.E));
});

Deno.test("PeakEwma.rank orders averages as read() does at any later time", () => {
  const observation = fc.record({ duration: fc.integer({ min: 1, max: 500 }), gap: fc.nat(2000) });
  const series = fc.array(observation, { maxLength: 5 });
  fc.assert(fc.property(series, series, fc.nat(3000), (left, right, later) => {
    const [a, b] = [left, right].map((observations) => {
      const average = new PeakEwma(0);
      let now = 0;
      for (const { duration, gap } of observations) average.observe(duration, now += gap);
      return average;
    });
    if (a === undefined || b === undefined) return;
    const now = 10_000 + later;
    const difference = Math.log(a.read(now)) - Math.log(b.read(now));
    if (Math.abs(difference) < 1e-9) return;
    equal(Math.sign(a.rank - b.rank), Math.sign(difference));
  }));
});
