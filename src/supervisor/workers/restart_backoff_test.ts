import assert from "node:assert/strict";
import { RestartBackoff } from "./restart_backoff.ts";

Deno.test("RestartBackoff waits 0, 100, 200 … ms and never more than five seconds", () => {
  const backoff = new RestartBackoff();
  const waits = Array.from({ length: 9 }, () => backoff.next(5));
  assert.deepEqual(waits, [0, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  for (let i = 0; i < 2000; i++) assert.ok(backoff.next(0) <= 5000);
});

Deno.test("RestartBackoff starts again from nothing after a worker that lived ten seconds", () => {
  const backoff = new RestartBackoff();
  backoff.next(0);
  backoff.next(0);
  assert.equal(backoff.next(9_999), 200);
  assert.equal(backoff.next(10_000), 0);
  assert.equal(backoff.next(0), 100);
});
