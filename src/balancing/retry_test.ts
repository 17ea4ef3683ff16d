import { deepEqual, equal } from "node:assert/strict";
import { RetryPolicy } from "./retry.ts";

const lowest = () => 0;
const highest = () => 0.999999;

/** Fails as soon as the back-off allows it; returns the waits in seconds. */
function waits(count: number, random: () => number): number[] {
  const retry = new RetryPolicy();
  const seconds: number[] = [];
  let now = 0;
  for (let failure = 0; failure < count; failure++) {
    equal(retry.fail(now, random), true);
    seconds.push((retry.retryAtMs - now) / 1000);
    now = retry.retryAtMs;
  }
  return seconds;
}

Deno.test("RetryPolicy allows a try before any failure", () => {
  equal(new RetryPolicy().mayTry(0), true);
  equal(new RetryPolicy().down, false);
});

Deno.test("RetryPolicy waits a second after one failure", () => {
  const retry = new RetryPolicy();
  retry.fail(500, highest);
  equal(retry.mayTry(500), false);
  equal(retry.mayTry(1499), false);
  equal(retry.mayTry(1500), true);
});

Deno.test("RetryPolicy doubles the bound of the wait up to 63 seconds", () => {
  deepEqual(waits(9, highest), [1, 1, 3, 7, 15, 31, 63, 63, 63]);
  deepEqual(waits(9, lowest), [1, 1, 1, 1, 1, 1, 1, 1, 1]);
});

Deno.test("RetryPolicy ignores a failure inside a wait", () => {
  const retry = new RetryPolicy();
  retry.fail(0, highest);
  equal(retry.fail(999, highest), false);
  equal(retry.tries, 1);
  equal(retry.retryAtMs, 1000);
});

Deno.test("RetryPolicy counts a backend as down after six failures, but still lets it be tried", () => {
  const retry = new RetryPolicy();
  for (let failure = 1; failure <= 6; failure++) {
    equal(retry.down, false);
    retry.fail(failure * 100_000, highest);
  }
  equal(retry.down, true);
  equal(retry.mayTry(600_000 + 30_999), false);
  equal(retry.mayTry(600_000 + 31_000), true);
});

Deno.test("RetryPolicy starts anew after a success", () => {
  const retry = new RetryPolicy();
  retry.fail(0, highest);
  retry.fail(1000, highest);
  retry.succeed();
  equal(retry.mayTry(1000), true);
  equal(retry.tries, 0);
  retry.fail(1000, highest);
  equal(retry.tries, 1);
  equal(retry.mayTry(1999), false);
});
