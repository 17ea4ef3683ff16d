import assert from "node:assert/strict";
import { parseLine } from "../../../tests/support/cli/cli.ts";

Deno.test("sozu metrics get --refresh refuses a pause that would be none", async () => {
  for (const seconds of ["0", "86401", "4294967"]) {
    const { stderr, parserExit } = await parseLine(["metrics", "get", "-r", seconds]);
    assert.notEqual(parserExit, null);
    assert.match(stderr, /pause of 1 to 86400 seconds/);
  }
  assert.equal((await parseLine(["metrics", "get", "-r", "86400"])).parserExit, null);
});
