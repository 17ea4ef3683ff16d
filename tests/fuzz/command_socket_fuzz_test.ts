// Damaged input on the command socket of real processes for about three seconds. The seed changes from
// day to day and is told by a failure; SOZU_SEED=N replays what the clients send.

import assert from "node:assert/strict";
import { isAlive, SozuProcess } from "../support/process/sozu_process.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { damagedInput, isHarmless } from "./command_damage.ts";
import { fuzzCommandSocket } from "./command_fuzz.ts";

const EXTENT = { durationMs: 3_000, inputs: 100, served: 20 };

function seedOfThisRun(): number {
  const given = Deno.env.get("SOZU_SEED");
  return given === undefined ? Math.floor(Date.now() / 86_400_000) : Number(given);
}

Deno.test("main and its workers survive damaged input, and serve other clients meanwhile", async () => {
  const seed = seedOfThisRun();
  console.log(`SOZU_SEED=${seed}`);
  await using sozu = await SozuProcess.start('log_level = "error"');
  const before = await sozu.runningWorkers();
  const figures = await fuzzCommandSocket(sozu.socketPath, seed, EXTENT);
  assert.ok(figures.inputs > 100, `only ${figures.inputs} inputs were sent`);
  assert.ok(figures.served > 20, `only ${figures.served} requests were served`);
  assert.ok(isAlive(sozu.pid), "main is alive");
  assert.deepEqual(await sozu.runningWorkers(), before, "no worker was replaced");
  await sozu.expectOk({ kind: "status", value: {} });
  assert.doesNotMatch(sozu.stderr, /Unhandled|Uncaught|Executing a request failed|Internal error/);
});

Deno.test("damagedInput() damages both encodings and holds nothing dangerous", () => {
  const random = seededRandom(1);
  let lines = 0;
  for (let i = 0; i < 300; i++) {
    const input = damagedInput((limit) => Math.floor(random() * limit));
    if (input[0] === 0x7b) lines++;
    assert.ok(isHarmless(input));
  }
  assert.ok(lines > 50 && lines < 250, `${lines} of 300 begin with a brace`);
  const stop = Uint8Array.of(11, 0, 0, 0, 0, 0, 0, 0, 0xc2, 0x02, 0x00);
  assert.equal(isHarmless(stop), false);
});
