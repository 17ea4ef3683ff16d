import assert from "node:assert/strict";
import { WaitingLine } from "./waiting_line.ts";

Deno.test("WaitingLine keeps the order of those who wait, whoever leaves", () => {
  const line = new WaitingLine<{ waits: boolean; id: number }>();
  const all = Array.from({ length: 1_000 }, (_, id) => ({ waits: true, id }));
  for (const each of all) line.add(each);
  for (const each of all) if (each.id % 3 !== 0) line.leave(each);
  assert.equal(line.size, 334);
  const seen: number[] = [];
  for (let first = line.first; first !== null; first = line.first) {
    seen.push(first.id);
    line.leave(first);
    line.leave(first);
  }
  assert.deepEqual(seen, all.filter(({ id }) => id % 3 === 0).map(({ id }) => id));
  assert.equal(line.size, 0);
});

Deno.test("WaitingLine costs as much when it is long", () => {
  const line = new WaitingLine<{ waits: boolean }>();
  const all = Array.from({ length: 200_000 }, () => ({ waits: true }));
  for (const each of all) line.add(each);
  // From the end, so that none of them is ever the first: looked at one by one they would take hours.
  for (const each of all.reverse()) line.leave(each);
  assert.deepEqual([line.size, line.first], [0, null]);
});
