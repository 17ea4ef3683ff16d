import assert from "node:assert/strict";
import fc from "fast-check";
import { probePeriodMs } from "./period.ts";

Deno.test("probePeriodMs() is the interval and less than a fifth of it", () => {
  const seconds = fc.integer({ min: 1, max: 0xffffffff });
  fc.assert(fc.property(fc.string(), seconds, (id, interval) => {
    const period = probePeriodMs(id, interval);
    assert.ok(period >= interval * 1000 && period < interval * 1200);
    assert.equal(period, probePeriodMs(id, interval));
  }));
});

Deno.test("probePeriodMs() sets clusters apart by their names", () => {
  const periods = new Set<number>();
  for (let i = 0; i < 100; i++) periods.add(probePeriodMs(`cluster-${i}`, 10));
  assert.ok(periods.size > 80, `${periods.size} different periods`);
});
