import assert from "node:assert/strict";
import { pause } from "../../support/wait.ts";
import { DelayMeter } from "./delay_meter.ts";

Deno.test("DelayMeter notes for how long this process was held up, and only then", async () => {
  using meter = new DelayMeter();
  await pause(10);
  const from = performance.now();
  while (performance.now() - from < 120) { /* nobody else gets a turn */ }
  const to = performance.now();
  await pause(10);
  const held = meter.heldUp(from, to);
  // The first look comes a moment after the work began.
  assert.ok(held > to - from - 10 && held <= to - from, `${held} of ${to - from} ms`);
  const begin = meter.heldUp(from, from + 50);
  assert.ok(begin > 40 && begin < 50.1, `${begin} of 50 ms`);
  assert.equal(meter.heldUp(0, 1), 0);
});
