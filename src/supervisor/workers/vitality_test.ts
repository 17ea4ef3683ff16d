import assert from "node:assert/strict";
import { HANG_LOOKS, START_LOOKS, Vitality } from "./vitality.ts";

/** Looks until the worker counts as hung. */
function looksUntilHung(vitality: Vitality): number {
  let looks = 1;
  while (!vitality.look()) looks++;
  return looks;
}

Deno.test("Vitality gives a worker longer to start than to answer", () => {
  const vitality = new Vitality();
  assert.equal(looksUntilHung(vitality), START_LOOKS + 1);
  vitality.signOfLife();
  assert.equal(looksUntilHung(vitality), HANG_LOOKS + 1);
});

Deno.test("Vitality begins anew with every sign of life", () => {
  const vitality = new Vitality();
  for (let i = 0; i < 1000; i++) {
    vitality.signOfLife();
    for (let look = 0; look < HANG_LOOKS; look++) assert.equal(vitality.look(), false);
  }
  assert.equal(vitality.look(), true);
});

Deno.test("Vitality gives more time to a worker that waits for a processor, and not without end", () => {
  const vitality = new Vitality();
  vitality.signOfLife();
  let cpuSeconds = 7;
  let wantsMore = true;
  const look = () => vitality.look(() => ({ cpuSeconds, wantsMore }));
  for (let i = 0; i < HANG_LOOKS * 2; i++) assert.equal(look(), false);
  wantsMore = false;
  assert.equal(look(), true, "it waits for something else");
  wantsMore = true;
  cpuSeconds += 2;
  assert.equal(look(), true, "it has had its time");
  vitality.signOfLife();
  let looks = 1;
  while (!look()) looks++;
  assert.equal(looks, HANG_LOOKS * 6 + 1);
});
