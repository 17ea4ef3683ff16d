import assert from "node:assert/strict";
import { parseStat, processTree, residentBytes } from "./proc.ts";

Deno.test("parseStat() is not misled by the program's name", () => {
  const line = "42 (a b) c) S 7 42 42 0 -1 4194304 1 0 0 0 12 5 0 0 20 0 1 0 999 1 1\n";
  assert.deepEqual(parseStat(line), {
    pid: 42,
    parent: 7,
    cpuMicros: 170_000,
    startTicks: 999,
    zombie: false,
  });
});

Deno.test({
  name: "processTree() finds a child",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    try {
      const tree = processTree(Deno.pid).map(({ pid }) => pid);
      assert.equal(tree[0], Deno.pid);
      assert.ok(tree.includes(child.pid));
      assert.ok(residentBytes(Deno.pid) > 1_000_000);
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
    assert.equal(residentBytes(child.pid), 0);
  },
});
