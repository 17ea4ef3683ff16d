import assert from "node:assert/strict";
import { Counter, Counters } from "./counters.ts";

Deno.test("Counter gives every count a position of its own", () => {
  const positions = Object.values(Counter);
  assert.equal(new Set<number>(positions).size, positions.length);
});

Deno.test("Counters name every measurement once", () => {
  const names = new Counters().entries().map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
});
