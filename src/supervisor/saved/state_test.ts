import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_STATE_FILE_BYTES } from "../../../config/defaults.ts";
import { sequences, stateAfter } from "../../../tests/support/config/state.ts";
import { loadState, saveState } from "./state.ts";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("saveState() and loadState() carry any state over", () =>
  inFolder((folder) =>
    fc.assert(
      fc.asyncProperty(sequences, async (requests) => {
        const state = stateAfter(requests);
        const dump = state.dump();
        assert.deepEqual(await saveState(`${folder}/s.json`, dump), {
          ok: true,
          value: dump.length,
        });
        const loaded = await loadState(`${folder}/s.json`);
        assert.ok(loaded.ok);
        assert.ok(stateAfter(loaded.value.map(({ request }) => request.content)).equals(state));
      }),
      { numRuns: 30 },
    )
  ));

Deno.test("saveState() replaces the file in one step and leaves the old one when it cannot", () =>
  inFolder(async (folder) => {
    const path = `${folder}/s.json`;
    await Deno.writeTextFile(path, "old");
    await Promise.all([saveState(path, []), saveState(path, []), saveState(path, [])]);
    assert.equal(await Deno.readTextFile(path), "");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["s.json"]);
    await Deno.mkdir(`${folder}/d/inner`, { recursive: true });
    const failed = await saveState(`${folder}/d`, []);
    assert.equal(failed.ok, false);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["d", "s.json"]);
  }));

Deno.test("loadState() refuses a file that is too large without reading it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/large.json`;
    await Deno.writeTextFile(path, "");
    await Deno.truncate(path, MAX_STATE_FILE_BYTES + 1);
    const result = await loadState(path);
    assert.ok(!result.ok);
    assert.match(result.reason, new RegExp(`up to ${MAX_STATE_FILE_BYTES}`));
  }));
