import assert from "node:assert/strict";
import { addTotals, readTotals, totalsLine, verdict } from "./test_summary.ts";

Deno.test("readTotals() reads a summary with colours, steps and skipped tests", () => {
  const output =
    "x ... ok\n\n\x1b[0m\x1b[32mok\x1b[0m | 12 passed (3 steps) | 0 failed | 2 ignored (1 step) (4s)\n";
  assert.deepEqual(readTotals(output), { passed: 12, failed: 0, skipped: 2 });
});

Deno.test("readTotals() reads a failed run", () => {
  const totals = readTotals(
    "FAILED | 5 passed | 2 failed (1 step) (272ms)\n\nerror: Test failed\n",
  );
  assert.deepEqual(totals, { passed: 5, failed: 2, skipped: 0 });
});

Deno.test("readTotals() is not misled by a test that prints something alike", () => {
  const output = "ok | 1 passed | 0 failed\nok | 9 passed | 1 failed (1s)\n";
  assert.deepEqual(readTotals(output), { passed: 9, failed: 1, skipped: 0 });
  assert.equal(readTotals("error: Module not found"), null);
});

Deno.test("verdict() turns a bad end without a counted failure into a failure", () => {
  assert.equal(verdict(null, 1).failed, 1);
  assert.equal(verdict({ passed: 3, failed: 0, skipped: 0 }, 1).failed, 1);
  assert.equal(verdict({ passed: 3, failed: 2, skipped: 0 }, 1).failed, 2);
  assert.equal(verdict({ passed: 3, failed: 0, skipped: 0 }, 0).failed, 0);
});

Deno.test("totalsLine() mentions skipped tests only when there are some", () => {
  assert.equal(totalsLine({ passed: 3, failed: 0, skipped: 0 }), "3 passed, 0 failed");
  assert.equal(totalsLine({ passed: 3, failed: 0, skipped: 1 }), "3 passed, 0 failed, 1 skipped");
});

Deno.test("addTotals() adds what several runs counted", () => {
  const one = { passed: 3, failed: 1, skipped: 0 };
  const other = { passed: 4, failed: 0, skipped: 2 };
  assert.deepEqual(addTotals([one, other]), { passed: 7, failed: 1, skipped: 2 });
  assert.deepEqual(addTotals([]), { passed: 0, failed: 0, skipped: 0 });
});
