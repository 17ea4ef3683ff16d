import { equal } from "node:assert/strict";
import fc from "fast-check";
import { HASH_SEED, hashFinish, hashStep } from "./byte_hash.ts";
import { ByteKeyTable } from "./byte_key_table.ts";

interface Value {
  readonly id: number;
}

function hashOf(key: Uint8Array): number {
  return hashFinish(key.reduce(hashStep, HASH_SEED));
}

/** A hash under which nearly everything collides. */
function weakHashOf(key: Uint8Array): number {
  return key.length % 3;
}

Deno.test("ByteKeyTable behaves like a map, with good and with colliding hashes", () => {
  const operation = fc.record({
    set: fc.boolean(),
    key: fc.string({ maxLength: 2, unit: "grapheme" }),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), fc.boolean(), (steps, weak) => {
      const hash = weak ? weakHashOf : hashOf;
      const table = new ByteKeyTable<Value>();
      const model = new Map<string, Value>();
      for (const [id, step] of steps.entries()) {
        const key = new TextEncoder().encode(step.key);
        if (!step.set) {
          equal(table.delete(key, hash(key)), model.delete(step.key));
        } else if (!model.has(step.key)) {
          const value = { id };
          table.insert(key, hash(key), value);
          model.set(step.key, value);
        } else {
          const value = { id };
          table.replace(key, hash(key), value);
          model.set(step.key, value);
        }
        equal(table.size, model.size);
      }
      for (const { key: text } of steps) {
        const key = new TextEncoder().encode(text);
        equal(table.find(key, 0, key.length, hash(key)), model.get(text) ?? null);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("ByteKeyTable keeps every key while it is divided, grows and shrinks", () => {
  const table = new ByteKeyTable<Value>();
  const keys = Array.from({ length: 20_000 }, (_, id) => new TextEncoder().encode(`key ${id}`));
  const found = (key: Uint8Array) => table.find(key, 0, key.length, hashOf(key))?.id ?? -1;
  for (const [id, key] of keys.entries()) table.insert(key, hashOf(key), { id });
  for (const [id, key] of keys.entries()) equal(found(key), id);
  for (const [id, key] of keys.entries()) {
    if (id % 3 !== 0) equal(table.delete(key, hashOf(key)), true);
  }
  for (const [id, key] of keys.entries()) equal(found(key), id % 3 === 0 ? id : -1);
  equal(table.size, Math.ceil(keys.length / 3));
});

Deno.test("ByteKeyTable.findFolded() ignores the case of the bytes it is asked for", () => {
  const table = new ByteKeyTable<Value>();
  const key = new TextEncoder().encode("shop.test");
  table.insert(key, hashOf(key), { id: 1 });
  const asked = new TextEncoder().encode("xSHOP.Testx");
  equal(table.findFolded(asked, 1, asked.length - 1, hashOf(key))?.id, 1);
  equal(table.find(asked, 1, asked.length - 1, hashOf(key)), null);
});
