import assert from "node:assert/strict";
import { processFacts } from "./facts.ts";

const hasProc = Deno.build.os === "linux";

Deno.test({
  name: "processFacts() tells of this process what it can see of itself",
  ignore: !hasProc,
}, () => {
  const before = processFacts(Deno.pid);
  assert.ok(before !== null);
  const { rss } = Deno.memoryUsage();
  assert.ok(Math.abs(before.residentBytes - rss) < rss / 2, `${before.residentBytes}, ${rss}`);
  assert.ok(before.virtualBytes > before.residentBytes);
  const listed = [...Deno.readDirSync("/proc/self/fd")].length;
  assert.ok(Math.abs(before.openDescriptors - listed) <= 2);
  assert.ok((before.mostDescriptors ?? Infinity) > before.openDescriptors);
  const age = Date.now() / 1000 - before.startedAtSeconds;
  assert.ok(age > -2 && age < 3600, String(age));
  const until = performance.now() + 60;
  while (performance.now() < until);
  const after = processFacts(Deno.pid);
  assert.ok(after !== null && after.cpuSeconds > before.cpuSeconds);
});

Deno.test("processFacts() tells nothing of a process that is not there", () => {
  assert.equal(processFacts(2 ** 22 + 1), null);
});
