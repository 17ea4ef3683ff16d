import assert from "node:assert/strict";
import { atEndOfTurn, nextTurn, Slices } from "./turn.ts";

Deno.test("atEndOfTurn() runs after everything that is ready in this turn", async () => {
  const log: string[] = [];
  atEndOfTurn(() => log.push("end"));
  queueMicrotask(() => log.push("microtask"));
  await Promise.resolve().then(() => log.push("promise"));
  assert.deepEqual(log.includes("end"), false);
  await nextTurn();
  assert.deepEqual(log, ["microtask", "promise", "end"]);
});

Deno.test("Slices lets sockets be served between the slices of long work", async () => {
  const folder = Deno.makeTempDirSync();
  const listener = Deno.listen({ transport: "unix", path: `${folder}/socket` });
  const near = await Deno.connect({ transport: "unix", path: `${folder}/socket` });
  const far = await listener.accept();
  let exchanges = 0;
  const serving = (async () => {
    const buffer = new Uint8Array(1);
    while (await far.read(buffer) !== null) await far.write(buffer);
  })();
  const asking = (async () => {
    const buffer = new Uint8Array(1);
    await near.write(buffer);
    while (await near.read(buffer) !== null) {
      exchanges++;
      await near.write(buffer);
    }
  })();
  try {
    const slices = new Slices();
    let paused = 0;
    for (const end = performance.now() + 500; performance.now() < end;) {
      if (!slices.isOver) continue;
      await slices.pause();
      paused++;
    }
    assert.ok(paused > 10, `${paused} pauses`);
    // Turns of the event loop alone would let a few through; they do not wait for the kernel.
    assert.ok(exchanges > paused / 2, `${exchanges} exchanges in ${paused} pauses`);
  } finally {
    near.close();
    far.close();
    listener.close();
    Deno.removeSync(folder, { recursive: true });
  }
  await Promise.allSettled([serving, asking]);
});
