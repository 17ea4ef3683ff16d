// A whole data plane in a world in memory, many times over. A failure names its seed, the things that
// must not have happened and what came before them; SOZU_SEED repeats it.

import assert from "node:assert/strict";
import { runSimulation, type SimulationResult } from "./plane/simulation.ts";

/** Runs in every test run; `deno task bench simulation` makes thousands. */
const SEEDS = 40;

/** Lines before the end that a failure shows. */
const SHOWN = 60;

Deno.test("a data plane loses, mixes up and leaves nothing, whatever its world does", async () => {
  const wanted = Deno.env.get("SOZU_SEED");
  const seeds = wanted === undefined
    ? Array.from({ length: SEEDS }, (_, index) => index + 1)
    : [Number(wanted)];
  let [requests, completed] = [0, 0];
  for (const seed of seeds) {
    const result = await runSimulation(seed);
    assert.deepEqual(result.violations, [], told(result));
    requests += result.requests;
    completed += result.completed;
  }
  // Much goes wrong in these worlds, but not everything.
  if (wanted === undefined) assert.ok(completed > requests / 2, `${completed} of ${requests}`);
});

Deno.test("a simulated data plane does the same again for the same seed, and else something else", async () => {
  const [first, again, other] = [
    await runSimulation(7),
    await runSimulation(7),
    await runSimulation(11),
  ];
  assert.equal(again.hash, first.hash);
  assert.equal(again.steps, first.steps);
  assert.notEqual(other.hash, first.hash);
});

function told({ seed, violations, trace }: SimulationResult): string {
  return [`repeat with SOZU_SEED=${seed}`, ...violations, ...trace.slice(-SHOWN)].join("\n");
}
