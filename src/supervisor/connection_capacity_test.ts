import assert from "node:assert/strict";
import { capacityProblem, descriptorsFor } from "./connection_capacity.ts";

const SYSTEM = 1_000_000;

Deno.test("capacityProblem() accepts what the limits carry, to the last descriptor", () => {
  assert.equal(descriptorsFor(10_000), 20_000);
  assert.equal(capacityProblem(10_000, { soft: 20_000, hard: 20_000, system: SYSTEM }), null);
  assert.equal(capacityProblem(10_000, { soft: Infinity, hard: Infinity, system: SYSTEM }), null);
});

Deno.test("capacityProblem() names what is needed, what there is and what would do", () => {
  const problem = capacityProblem(10_000, { soft: 19_999, hard: 19_999, system: SYSTEM }) ?? "";
  for (const text of ["= 10000 needs 20000", "limit is 19999", "up to 9999", "LimitNOFILE="]) {
    assert.ok(problem.includes(text), problem);
  }
});

Deno.test("capacityProblem() knows the limit of the whole system", () => {
  const limits = { soft: Infinity, hard: Infinity, system: 500 };
  assert.match(capacityProblem(501, limits) ?? "", /fs\.file-max = 500/);
  assert.equal(capacityProblem(500, limits), null);
});
