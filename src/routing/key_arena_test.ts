import { deepEqual, equal } from "node:assert/strict";
import { KeyArena, keyEquals } from "./key_arena.ts";

Deno.test("KeyArena gives back every key, also the empty and the longest one", () => {
  const arena = new KeyArena();
  const keys = [0, 1, 14, 15, 300, 65_535].map((length) =>
    new Uint8Array(length).fill(length & 0xff)
  );
  const offsets = keys.map((key) => arena.store(key));
  keys.forEach((key, index) => {
    const offset = offsets[index] ?? 0;
    deepEqual(arena.read(offset), key);
    equal(keyEquals(arena.bytes, offset, key, 0, key.length), true);
    equal(keyEquals(arena.bytes, offset, new Uint8Array(key.length + 1), 0, key.length + 1), false);
    equal(offset > 0, true);
  });
});

Deno.test("KeyArena does not grow while keys come and go", () => {
  const arena = new KeyArena();
  const key = new TextEncoder().encode("a host name of some length.test");
  arena.release(arena.store(key));
  const size = arena.bytes.length;
  for (let round = 0; round < 1000; round++) {
    const offsets = [arena.store(key), arena.store(key)];
    for (const offset of offsets) arena.release(offset);
  }
  equal(arena.bytes.length, size);
});
