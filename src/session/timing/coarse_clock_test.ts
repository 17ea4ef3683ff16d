import assert from "node:assert/strict";
import { CoarseClock } from "./coarse_clock.ts";

Deno.test("CoarseClock follows the exact clock through jumps of the wall clock", () => {
  let exact = 500.25;
  let wall = 1_700_000_000_000;
  const clock = new CoarseClock(() => exact, () => wall);
  const begun = clock.now();
  exact += 40.9;
  wall += 41;
  clock.align();
  assert.equal(clock.now() - begun, 41);

  wall -= 3_600_000;
  clock.align();
  assert.ok(Math.abs(clock.now() - exact) < 0.01);
  exact += 10;
  wall += 10;
  assert.ok(Math.abs(clock.now() - exact) < 0.01);
});

Deno.test("CoarseClock is not moved by the steps of the wall clock", () => {
  let exact = 0;
  const clock = new CoarseClock(() => exact, () => Math.floor(exact));
  let last = clock.now();
  for (let i = 0; i < 1000; i++) {
    exact += 0.37;
    clock.align();
    assert.ok(clock.now() >= last, `back in time at ${exact}`);
    last = clock.now();
  }
});
