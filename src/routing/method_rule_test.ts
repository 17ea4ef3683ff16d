import { equal } from "node:assert/strict";
import { MethodRule } from "./method_rule.ts";

function accepts(rule: string, method: string): boolean {
  const bytes = new TextEncoder().encode(` ${method} `);
  return new MethodRule(rule).matches(bytes, 1, bytes.length - 1);
}

Deno.test("MethodRule.matches() compares every method exactly, the registered ones too", () => {
  for (const name of ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "PATCH"]) {
    equal(accepts(name, name), true);
    equal(accepts(name.toLowerCase(), name), false);
    equal(accepts(name, name.toLowerCase()), false);
    equal(accepts(name, `${name}X`), false);
    equal(accepts(name, name.slice(1)), false);
  }
  equal(accepts("get", "get"), true);
  equal(accepts("M-SEARCH", "M-SEARCH"), true);
});

Deno.test("MethodRule.name is the method as it is written", () => {
  equal(new MethodRule("get").name, "get");
});
