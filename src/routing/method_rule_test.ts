import { equal } from "node:assert/strict";
import { MethodRule } from "./method_rule.ts";

function accepts(rule: string, method: string): boolean {
  const bytes = new TextEncoder().encode(` ${method} `);
  return new MethodRule(rule).matches(bytes, 1, bytes.length - 1);
}

Deno.test("MethodRule.matches() recognises the eight registered methods in any case", () => {
  for (const name of ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT"]) {
    equal(accepts(name, name), true);
    equal(accepts(name.toLowerCase(), name), true);
    equal(accepts(name, name.toLowerCase()), true);
    equal(accepts(name, `${name}X`), false);
    equal(accepts(name, name.slice(1)), false);
  }
});

Deno.test("MethodRule.matches() compares every other method exactly", () => {
  equal(accepts("PATCH", "PATCH"), true);
  equal(accepts("PATCH", "patch"), false);
  equal(accepts("M-SEARCH", "M-SEARCH"), true);
});

Deno.test("MethodRule.name is the same for spellings that mean the same", () => {
  equal(new MethodRule("get").name, "GET");
  equal(new MethodRule("Patch").name, "Patch");
});
