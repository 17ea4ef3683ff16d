// Chaos for some seconds. A failure tells the seed; SOZU_SEED=N replays what every connection does.
// `deno task bench chaos` runs the same for minutes.

import assert from "node:assert/strict";
import { runChaos } from "./chaos.ts";
import { KINDS } from "./chaos_plan.ts";

const SEED = Number(Deno.env.get("SOZU_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const CHAOS_MS = 4_000;
/** Enough that every kind of request is met. */
const LEAST_CONNECTIONS = 200;

const OUTCOMES = ["answer: 200", "switch: tunnel", "tunnel: tunnel", "unasked: own 502"];

Deno.test("no byte of one request turns up in another, whatever clients and backends do", async () => {
  const { findings, connections, tally } = await runChaos({
    milliseconds: CHAOS_MS,
    least: LEAST_CONNECTIONS,
    seed: SEED,
    atOnce: 24,
    enough: (tally) => {
      const met = [...tally.keys()];
      return OUTCOMES.every((how) => tally.has(how)) &&
        KINDS.every((kind) => met.some((key) => key.startsWith(`${kind}: `)));
    },
  });
  assert.deepEqual(findings, [], `SOZU_SEED=${SEED}, ${connections} connections`);
  const seen = [...tally.keys()].sort();
  for (const kind of KINDS) {
    assert.ok(seen.some((key) => key.startsWith(`${kind}: `)), `${kind} was met: ${seen}`);
  }
  for (const how of OUTCOMES) {
    assert.ok(tally.has(how), `${how}: ${seen}`);
  }
});
