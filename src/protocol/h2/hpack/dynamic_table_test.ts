import assert from "node:assert/strict";
import fc from "fast-check";
import { asciiBytes, asciiText } from "../../../bytes/ascii.ts";
import { DynamicTable, ENTRY_OVERHEAD } from "./dynamic_table.ts";

function add(table: DynamicTable, name: string, value: string, kind = 0): void {
  const bytes = asciiBytes(name + value);
  table.add(bytes, 0, name.length, bytes, name.length, bytes.length, kind);
}

function contents(table: DynamicTable): [string, string, number][] {
  return Array.from({ length: table.count }, (_, index) => [
    asciiText(table.bytes, table.nameStart(index), table.nameEnd(index)),
    asciiText(table.bytes, table.nameEnd(index), table.valueEnd(index)),
    table.kind(index),
  ]);
}

Deno.test("DynamicTable gives the newest entry index 0 and counts sizes as the RFC does", () => {
  const table = new DynamicTable(4096);
  add(table, "a", "1", 3);
  add(table, "bb", "22", 4);
  assert.deepEqual(contents(table), [["bb", "22", 4], ["a", "1", 3]]);
  assert.equal(table.size, 2 + 4 + 2 * ENTRY_OVERHEAD);
});

Deno.test("DynamicTable drops the oldest for the newest, and everything for what cannot fit", () => {
  const table = new DynamicTable(2 * (ENTRY_OVERHEAD + 2));
  for (const name of ["a", "b", "c"]) add(table, name, name);
  assert.deepEqual(contents(table).map(([name]) => name), ["c", "b"]);
  add(table, "long", "x".repeat(100));
  assert.deepEqual([contents(table), table.size], [[], 0]);
  add(table, "d", "d");
  table.resize(0);
  assert.equal(table.count, 0);
  add(table, "e", "e");
  assert.equal(table.count, 0);
});

Deno.test("DynamicTable agrees with a list, whatever is added and however it is resized", () => {
  const action = fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 90 })) },
    { weight: 1, arbitrary: fc.nat(500) },
  );
  fc.assert(fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
    const table = new DynamicTable(300);
    let model: [string, string, number][] = [];
    const sizeOf = (entries: typeof model) =>
      entries.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_OVERHEAD, 0);
    const shrink = () => {
      while (sizeOf(model) > table.maxSize) model.pop();
    };
    for (const [kind, it] of actions.entries()) {
      if (typeof it === "number") table.resize(it);
      else {
        const [name, value] = it.map((text) => text.replaceAll(/[^ -~]/g, "?")) as [string, string];
        add(table, name, value, kind);
        model = [[name, value, kind], ...model];
      }
      shrink();
      assert.deepEqual(contents(table), model);
      assert.equal(table.size, sizeOf(model));
      assert.ok(table.bytes.length <= 2 * 500);
    }
  }));
});
