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
