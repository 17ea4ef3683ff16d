import assert from "node:assert/strict";
import { copyProgram } from "../../../tests/support/process/program_copy.ts";
import { buildId } from "./build_id.ts";

const OF_SOURCE = { version: "1.2.3", standalone: false, execPath: Deno.execPath() };

Deno.test("buildId() changes with every source file of the program, and with nothing else", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await copyProgram(folder);
    const id = () => buildId({ ...OF_SOURCE, mainModule: `file://${folder}/main.ts` });
    const first = await id();
    assert.match(first, /^1\.2\.3\+[0-9a-f]{12}$/);
    await Deno.writeTextFile(`${folder}/src/io/build_id_test.ts`, "\n", { append: true });
    assert.equal(await id(), first, "tests are no part of it");
    await Deno.writeTextFile(`${folder}/src/io/build_id.ts`, "\n", { append: true });
    assert.notEqual(await id(), first);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("buildId() knows a compiled binary by its file, and is the version where there is none", async () => {
  const binary = { ...OF_SOURCE, standalone: true, mainModule: "file:///nowhere/main.ts" };
  assert.match(await buildId(binary), /^1\.2\.3\+[0-9a-f]{12}$/);
  assert.equal(await buildId({ ...binary, standalone: false }), "1.2.3");
});
