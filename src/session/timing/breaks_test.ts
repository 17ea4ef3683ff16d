import assert from "node:assert/strict";
import { Breaks, MOST_BUSY_MS } from "./breaks.ts";

/** Breaks whose turns and pauses end when the test says so. */
function setUp() {
  const log: string[] = [];
  const ends: (() => void)[] = [];
  const world = { now: 1_000 };
  const breaks = new Breaks({
    clock: () => world.now,
    atEndOfTurn: (work) => void (log.push("turn"), ends.push(work)),
    afterPause: (work) => void (log.push("pause"), ends.push(work)),
  });
  const end = async (taken: Promise<void>) => {
    ends.shift()?.();
    await taken;
  };
  return { breaks, log, world, end };
}

Deno.test("Breaks are turns, and all who wait share one", async () => {
  const { breaks, log, end } = setUp();
  const first = breaks.take();
  assert.equal(breaks.take(), first);
  await end(first);
  assert.notEqual(breaks.take(), first);
  assert.deepEqual(log, ["turn", "turn"]);
});

Deno.test("Breaks are pauses once work has gone on for long, and work that begins anew has turns again", async () => {
  const { breaks, log, world, end } = setUp();
  for (let spent = 0; spent <= MOST_BUSY_MS; spent += 2) {
    await end(breaks.take());
    world.now += 2;
  }
  assert.deepEqual(log, ["turn", "turn", "pause"]);
  await end(breaks.take());
  world.now += MOST_BUSY_MS + 1;
  await end(breaks.take());
  assert.deepEqual(log.slice(3), ["turn", "turn"]);
});
