import assert from "node:assert/strict";
import { SlowLane } from "./slow_lane.ts";

/** A lane whose moments the test lets pass, and who has had a turn. */
function lane() {
  const moments: (() => void)[] = [];
  const served: string[] = [];
  const slow = new SlowLane((work) => moments.push(work));
  const user = (name: string) => {
    const it = { closed: false };
    void slow.take(it).then(() => served.push(name));
    return it;
  };
  const pass = async () => {
    const due = moments.splice(0);
    assert.ok(due.length <= 1);
    due[0]?.();
    await Promise.resolve();
  };
  return { slow, served, user, pass, moments };
}

Deno.test("SlowLane lets one go on at a time, a moment later, in the order they came", async () => {
  const { slow, served, user, pass, moments } = lane();
  for (const name of ["a", "b", "c"]) user(name);
  await Promise.resolve();
  assert.deepEqual([served, slow.length], [[], 3]);
  await pass();
  assert.deepEqual(served, ["a"]);
  user("a again");
  for (let i = 0; i < 3; i++) await pass();
  assert.deepEqual(served, ["a", "b", "c", "a again"]);
  assert.deepEqual([slow.length, moments.length], [0, 0]);
  user("d");
  await pass();
  assert.equal(served.at(-1), "d");
});

Deno.test("SlowLane does not make anybody wait for those that are closed", async () => {
  const { served, user, pass } = lane();
  const gone = [user("a"), user("b")];
  user("c");
  user("d");
  for (const each of gone) each.closed = true;
  await pass();
  await Promise.resolve();
  assert.deepEqual(served, ["a", "b", "c"]);
});
