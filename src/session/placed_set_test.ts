import assert from "node:assert/strict";
import fc from "fast-check";
import { NOWHERE, type Placed, PlacedSet } from "./placed_set.ts";

Deno.test("PlacedSet agrees with the engine's set, whatever comes and goes", () => {
  const steps = fc.array(fc.record({ index: fc.nat(7), add: fc.boolean() }), { maxLength: 100 });
  fc.assert(fc.property(steps, (script) => {
    const things: Placed[] = Array.from({ length: 8 }, () => ({ place: NOWHERE }));
    const placed = new PlacedSet<Placed>();
    const reference = new Set<Placed>();
    for (const { index, add } of script) {
      const thing = things[index] as Placed;
      if (!add) {
        placed.delete(thing);
        reference.delete(thing);
      } else if (!reference.has(thing)) {
        placed.add(thing);
        reference.add(thing);
      }
      assert.equal(placed.size, reference.size);
      assert.deepEqual(new Set(placed), reference);
      for (const it of things) assert.equal(it.place !== NOWHERE, reference.has(it));
    }
  }));
});
