import assert from "node:assert/strict";
import { EndedStreams } from "./ended_streams.ts";

Deno.test("EndedStreams ignores two header blocks and a window of DATA of each stream for nothing", () => {
  const ended = new EndedStreams();
  ended.add(3);
  ended.add(5);
  assert.deepEqual([1, 2, 3, 4].map(() => ended.takeBlock(3)), [true, true, false, false]);
  assert.ok(ended.takeBlock(5), "of another stream");
  assert.ok(ended.takeBytes(3, 65_535));
  assert.ok(!ended.takeBytes(3, 1));
  assert.ok(!ended.takeBytes(3, 0), "the allowance is used up");
  assert.ok(ended.takeBytes(5, 1));
});

Deno.test("EndedStreams remembers the last 256", () => {
  const ended = new EndedStreams();
  for (let id = 1; id <= 2 * 257; id += 2) ended.add(id);
  assert.ok(!ended.has(1));
  assert.ok(ended.has(3) && ended.has(513));
  assert.ok(!ended.takeBlock(1) && !ended.takeBytes(1, 0) && !ended.has(515));
});
