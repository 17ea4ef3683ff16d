import { equal } from "node:assert/strict";
import fc from "fast-check";
import { PrefixIndex } from "./prefix_index.ts";
import { compileRule, type RouteEntry } from "../route_entry.ts";
import { PathRuleKind, RouteError, RulePosition } from "../route_rule.ts";

function entryOf(prefix: string, method: string | null): RouteEntry<string> {
  const compiled = compileRule({
    position: RulePosition.TREE,
    hostname: "a.test",
    path: { kind: PathRuleKind.PREFIX, value: prefix },
    method,
  });
  if (compiled instanceof RouteError) throw new Error(compiled.message);
  return { ...compiled, route: `${method ?? "*"} ${prefix}` };
}

/** The definition: longest matching prefix, its method-specific rule first. */
function expected(rules: ReadonlySet<string>, method: string, path: string): string | null {
  for (let length = path.length; length >= 0; length--) {
    for (const name of [method, "*"]) {
      const route = `${name} ${path.slice(0, length)}`;
      if (rules.has(route)) return route;
    }
  }
  return null;
}

Deno.test("PrefixIndex.match() finds the longest prefix for the method, few or many", () => {
  const prefix = fc.string({ maxLength: 5, unit: fc.constantFrom("a", "b", "/") });
  const method = fc.constantFrom(null, "GET", "PATCH");
  const step = fc.tuple(fc.boolean(), prefix, method);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.array(prefix), (steps, paths) => {
      const index = new PrefixIndex<string>();
      const rules = new Set<string>();
      for (const [add, value, wanted] of steps) {
        const entry = entryOf(value, wanted);
        if (add) equal(index.add(entry), !rules.has(entry.route));
        else equal(index.remove(entry), rules.has(entry.route));
        if (add) rules.add(entry.route);
        else rules.delete(entry.route);
        equal(index.empty, rules.size === 0);
      }
      for (const path of paths) {
        for (const asked of ["GET", "PATCH", "PUT"]) {
          const bytes = new TextEncoder().encode(asked + path);
          const end = asked.length;
          const found = index.match(bytes, end, bytes.length, 0, end);
          equal(found?.route ?? null, expected(rules, asked, path));
        }
      }
    }),
    { numRuns: 300 },
  );
});
