import assert from "node:assert/strict";
import { HANG_LOOKS, Liveness, START_LOOKS } from "./liveness.ts";

/** Looks until the worker counts as hung. */
function looksUntilHung(liveness: Liveness): number {
  let looks = 1;
  while (!liveness.look()) looks++;
  return looks;
}

Deno.test("Liveness gives a worker longer to start than to answer", () => {
  const liveness = new Liveness();
  assert.equal(looksUntilHung(liveness), START_LOOKS + 1);
  liveness.signOfLife();
  assert.equal(looksUntilHung(liveness), HANG_LOOKS + 1);
});

Deno.test("Liveness begins anew with every sign of life", () => {
  const liveness = new Liveness();
  for (let i = 0; i < 1000; i++) {
    liveness.signOfLife();
    for (let look = 0; look < HANG_LOOKS; look++) assert.equal(liveness.look(), false);
  }
  assert.equal(liveness.look(), true);
});
