import assert from "node:assert/strict";
import { BulkTurns, LEAST_READS, LONG_TURN_MS, MOST_READS } from "./bulk_turns.ts";

function setUp() {
  const works: (() => void)[] = [];
  let now = 0;
  const turns = new BulkTurns(() => now, (work) => void works.push(work));
  const served: number[] = [];
  let asked = 0;
  return {
    turns,
    served,
    ask(count: number): void {
      for (let i = 0; i < count; i++) {
        const number = asked++;
        const turn = turns.take();
        if (turn === null) served.push(number);
        else void turn.then(() => served.push(number));
      }
    },
    /** Ends the turn; what it releases runs. */
    async endTurn(tookMs = 0): Promise<number> {
      now += tookMs;
      const due = works.splice(0);
      for (const work of due) work();
      await Promise.resolve();
      return due.length;
    },
  };
}

Deno.test("BulkTurns lets few reads begin at once and asks for no end of turn", async () => {
  const { ask, served, endTurn } = setUp();
  ask(MOST_READS - 1);
  assert.equal(served.length, MOST_READS - 1);
  assert.equal(await endTurn(), 0);
});

Deno.test("BulkTurns begins so many reads in each turn, in the order they were asked for", async () => {
  const { ask, served, endTurn, turns } = setUp();
  const all = MOST_READS * 7 + 3;
  ask(all);
  for (let turn = 1; turn <= 7; turn++) {
    assert.equal(served.length, turn * MOST_READS);
    await endTurn();
  }
  assert.deepEqual(served, Array.from({ length: all }, (_, i) => i));
  assert.equal(turns.waiting, 0);
});

Deno.test("BulkTurns keeps the ration while the queue never empties, and its queue bounded", async () => {
  const { ask, served, endTurn, turns } = setUp();
  ask(MOST_READS * 3);
  for (let turn = 0; turn < 1_000; turn++) {
    ask(MOST_READS);
    const before = served.length;
    await endTurn();
    assert.equal(served.length - before, MOST_READS);
    assert.equal(turns.waiting, MOST_READS * 2);
  }
  assert.deepEqual(served, Array.from({ length: served.length }, (_, i) => i));
});

Deno.test("BulkTurns lets reads begin at once again after a quiet turn", async () => {
  const { ask, served, endTurn } = setUp();
  ask(MOST_READS);
  await endTurn();
  ask(1);
  assert.equal(served.length, MOST_READS + 1);
});

Deno.test("BulkTurns begins fewer reads while turns take long, never none, and recovers", async () => {
  const { ask, served, endTurn } = setUp();
  ask(10_000);
  const begun = async (tookMs: number) => {
    const before = served.length;
    await endTurn(tookMs);
    return served.length - before;
  };
  const slow: number[] = [];
  for (let turn = 0; turn < 5; turn++) slow.push(await begun(LONG_TURN_MS + 1));
  assert.deepEqual(slow, [8, 4, 2, LEAST_READS, LEAST_READS]);
  const fast: number[] = [];
  for (let turn = 0; turn < 20; turn++) fast.push(await begun(LONG_TURN_MS));
  assert.deepEqual(fast.slice(0, 3), [3, 4, 5]);
  assert.equal(fast.at(-1), MOST_READS);
});
