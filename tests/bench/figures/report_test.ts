import assert from "node:assert/strict";
import { PHASES, type Sample } from "./phases.ts";
import { formatPhase, formatTable, reportPhase } from "./report.ts";
import { median, rotated } from "./statistics.ts";

const [keepAlive, bulk] = PHASES as [typeof PHASES[0], typeof PHASES[0]];

function sample(cpuMicros: number, errors = 0): Sample {
  return {
    requests: 100,
    bytes: 1_000_000,
    durationMicros: 1e6,
    p50: 100,
    p99: 900,
    errors,
    cpuMicros,
    workerCpuMicros: cpuMicros / 2,
  };
}

Deno.test("reportPhase() compares with the better peer of the same round", () => {
  const report = reportPhase(
    keepAlive,
    new Map([
      ["nginx", [sample(1_000), sample(2_000), sample(1_000)]],
      ["haproxy", [sample(1_200), sample(1_000), sample(1_500)]],
      ["sozu", [sample(1_100), sample(1_100), sample(1_300)]],
    ]),
  );
  const ours = report.lines[2];
  assert.equal(ours?.ratio, 1.1);
  assert.equal(ours?.figure, 11);
  assert.equal(ours?.workerFigure, 5.5);
  assert.equal(report.verdict, "PASS");
});

Deno.test("reportPhase() misses above the bar and with any failed request", () => {
  const peers: [string, Sample[]][] = [["nginx", [sample(1_000)]], ["haproxy", [sample(1_000)]]];
  const slow = reportPhase(keepAlive, new Map([...peers, ["sozu", [sample(1_210)]]]));
  assert.equal(slow.verdict, "MISS");
  const failing = reportPhase(keepAlive, new Map([...peers, ["sozu", [sample(1_000, 1)]]]));
  assert.equal(failing.verdict, "MISS");
  const absent = reportPhase(keepAlive, new Map(peers));
  assert.equal(absent.verdict, "NOT MEASURED");
});

Deno.test("reportPhase() wants more bytes per CPU second, not fewer", () => {
  const haproxy: [string, Sample[]] = ["haproxy", [sample(1_000)]];
  const nginx: [string, Sample[]] = ["nginx", [sample(10)]];
  const verdict = (cpuMicros: number) =>
    reportPhase(bulk, new Map([nginx, haproxy, ["sozu", [sample(cpuMicros)]]])).verdict;
  assert.equal(verdict(900), "PASS");
  assert.equal(verdict(1_100), "MISS");
});

Deno.test("formatPhase() shows one line a contender and the verdict", () => {
  const samples = new Map([["nginx", [sample(1_000)]]]);
  const text = formatPhase(keepAlive, reportPhase(keepAlive, samples));
  assert.match(text, /^nginx +100 +0\.10 +0\.90 +10\.00 +5\.00 +1\.000 +0$/m);
  assert.match(text, /NOT MEASURED \(bar: <= 1\.20 x better peer\)$/);
});

Deno.test("formatTable() aligns columns", () => {
  assert.deepEqual(formatTable([["a", "b"], ["ccc", "dd"]]), ["a     b", "ccc  dd"]);
});

Deno.test("median() and rotated()", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.ok(Number.isNaN(median([])));
  assert.deepEqual(rotated(["a", "b", "c"], 4), ["b", "c", "a"]);
});
