import assert from "node:assert/strict";
import { AutomaticSave } from "./automatic_save.ts";

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
