// The relay, which carries every pair of HTTP versions, held against the loop that is written out for
// HTTP/1.1 at both ends: tests of HTTP run once more with the loop switched off. They are those that tell the
// most in the least time; by hand, SOZU_TEST_FAST_PATH=off does the same for any other.

import assert from "node:assert/strict";
import { readTotals } from "../test_summary.ts";

const ROOT = new URL("../..", import.meta.url);

const FILES = [
  "src/session/http",
  ..."answers connect connection defect early_answer exchange failure head_gone parsing proxy_header"
    .split(" ").concat("removed_backend upgrade websocket".split(" "))
    .map((name) => `tests/e2e/http_${name}_test.ts`),
  "tests/fuzz/chaos_test.ts",
];

Deno.test("HTTP/1.1 is served through the relay just as by the loop that is written out", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...FILES],
    cwd: ROOT,
    env: { SOZU_TEST_FAST_PATH: "off", NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const printed = new TextDecoder().decode(stdout);
  assert.ok(success, `${printed}\n${new TextDecoder().decode(stderr)}`);
  const { passed, failed } = readTotals(printed) ?? assert.fail(printed);
  assert.equal(failed, 0);
  assert.ok(passed > FILES.length);
});
