import assert from "node:assert/strict";
import { TurnQueue } from "./turn_queue.ts";

Deno.test("TurnQueue does the work of a turn at its end, and what comes then in the next", () => {
  const ends: (() => void)[] = [];
  const done: string[] = [];
  const queue = new TurnQueue((work) => ends.push(work));
  queue.add(() => {
    done.push("a");
    queue.add(() => done.push("c"));
  });
  queue.add(() => done.push("b"));
  assert.deepEqual([ends.length, done], [1, []]);
  ends.shift()?.();
  assert.deepEqual([ends.length, done], [1, ["a", "b"]]);
  ends.shift()?.();
  assert.deepEqual([ends.length, done], [0, ["a", "b", "c"]]);
});
