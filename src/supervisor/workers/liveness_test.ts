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

Deno.test("Liveness gives more time to a worker that waits for a processor, and not without end", () => {
  const liveness = new Liveness();
  liveness.signOfLife();
  let cpuSeconds = 7;
  let wantsMore = true;
  const look = () => liveness.look(() => ({ cpuSeconds, wantsMore }));
  for (let i = 0; i < HANG_LOOKS * 2; i++) assert.equal(look(), false);
  wantsMore = false;
  assert.equal(look(), true, "it waits for something else");
  wantsMore = true;
  cpuSeconds += 2;
  assert.equal(look(), true, "it has had its time");
  liveness.signOfLife();
  let looks = 1;
  while (!look()) looks++;
  assert.equal(looks, HANG_LOOKS * 6 + 1);
});
