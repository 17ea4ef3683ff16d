import assert from "node:assert/strict";
import fc from "fast-check";
import { StreamTable } from "./stream_table.ts";

Deno.test("StreamTable agrees with a map, whatever comes and goes", () => {
  const step = fc.tuple(fc.boolean(), fc.nat(60).map((n) => 2 * n + 1));
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
    const table = new StreamTable<{ id: number }>();
    const model = new Map<number, { id: number }>();
    for (const [adds, id] of steps) {
      if (adds && !model.has(id)) {
        const stream = { id };
        model.set(id, stream);
        table.add(stream);
      } else if (!adds) assert.equal(table.delete(id), model.delete(id));
      assert.equal(table.size, model.size);
      assert.equal(table.get(id), model.get(id) ?? null);
    }
    const ids = [...model.keys()].sort((a, b) => a - b);
    assert.deepEqual(table.sorted().map((stream) => stream.id), ids);
    for (const id of ids) assert.equal(table.get(id), model.get(id));
  }));
});

Deno.test("StreamTable stays small over many streams of which few live at the same time", () => {
  const table = new StreamTable<{ id: number }>();
  for (let id = 1; id < 200_001; id += 2) {
    table.add({ id });
    if (id > 20) assert.ok(table.delete(id - 20));
  }
  assert.equal(table.size, 10);
  assert.deepEqual(table.sorted().map(({ id }) => id).slice(0, 2), [199_981, 199_983]);
});
