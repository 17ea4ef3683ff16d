import assert from "node:assert/strict";
import { LogAllowance } from "./log_allowance.ts";

Deno.test("LogAllowance.take() allows so many lines in each second", () => {
  const lines = new LogAllowance(2);
  assert.deepEqual([0, 10, 999, 1000, 1001, 1002].map((now) => lines.take(now)), [
    true,
    true,
    false,
    true,
    true,
    false,
  ]);
});
