import assert from "node:assert/strict";
import { AutomaticSave } from "./automatic.ts";

Deno.test("AutomaticSave writes once for a burst of changes, and again for later ones", async () => {
  let state = 0;
  const written: number[] = [];
  const save = new AutomaticSave(() => {
    written.push(state);
    return Promise.resolve({ ok: true as const, value: 0 });
  });
  for (state = 1; state < 10; state++) save.changed();
  await save.flush();
  assert.deepEqual(written, [10]);
  await save.flush();
  assert.deepEqual(written, [10], "nothing changed since");
  state = 11;
  save.changed();
  await save.flush();
  assert.deepEqual(written, [10, 11]);
});

Deno.test("AutomaticSave never has two writes under way", async () => {
  let running = 0;
  let most = 0;
  const save = new AutomaticSave(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running--;
    return { ok: true, value: 0 };
  });
  save.changed();
  const first = save.flush();
  save.changed();
  await Promise.all([first, save.flush()]);
  assert.equal(most, 1);
});

Deno.test("AutomaticSave tries a failed write again, later each time, until it works", async () => {
  const outcomes = [false, false, false, true];
  const times: number[] = [];
  const done = Promise.withResolvers<void>();
  const save = new AutomaticSave(() => {
    times.push(performance.now());
    const ok = outcomes.shift() ?? true;
    if (ok) done.resolve();
    return Promise.resolve(ok ? { ok, value: 0 } : { ok, reason: "Disk full" });
  }, 20);
  save.changed();
  await save.flush();
  // Changes meanwhile do not hasten it.
  for (let i = 0; i < 10; i++) save.changed();
  await done.promise;
  assert.equal(times.length, 4);
  const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  for (const [i, least] of [20, 40, 80].entries()) {
    assert.ok((waits[i] ?? 0) >= least - 2, `waited ${waits} ms`);
  }
  await save.close();
  assert.equal(times.length, 4, "what is written is not written again");
});

Deno.test("AutomaticSave.close() writes once more and then gives up", async () => {
  let writes = 0;
  const save = new AutomaticSave(() => {
    writes++;
    return Promise.resolve({ ok: false as const, reason: "Disk full" });
  }, 1);
  save.changed();
  await save.flush();
  await save.close();
  const before = writes;
  // A timer that is left would keep the test from ending, or write meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(writes, before);
});
