import assert from "node:assert/strict";
import { nearRules } from "./near_rules.ts";
import { PathRuleKind, RulePosition } from "./route_rule.ts";
import { RouteTable } from "./route_table.ts";

function tableOf(hosts: readonly string[], paths: readonly string[] = ["/"]): RouteTable<number> {
  const table = new RouteTable<number>();
  for (const hostname of hosts) {
    for (const value of paths) {
      const path = { kind: PathRuleKind.PREFIX, value };
      assert.equal(
        table.add({ position: RulePosition.TREE, hostname, path, method: null }, 1),
        null,
      );
    }
  }
  return table;
}

Deno.test("nearRules() tells the rules of the host first, then those of its neighbours", () => {
  const hosts = ["www.shop.test", "shop.test", "*.shop.test", "other.test", "a.b.example"];
  const near = nearRules(tableOf(hosts).entries(), "WWW.shop.test", 3);
  assert.deepEqual(near.map(({ hostname }) => hostname), [
    "www.shop.test",
    "*.shop.test",
    "shop.test",
  ]);
  assert.equal(nearRules(tableOf([]).entries(), "a.test", 3).length, 0);
});

Deno.test("RouteTable.entries() has every rule once, wherever it is kept", () => {
  const table = new RouteTable<number>();
  const wanted: string[] = [];
  const kinds = [PathRuleKind.PREFIX, PathRuleKind.EQUALS, PathRuleKind.REGEX];
  const hosts = ["a.test", "*.a.test", "/x[0-9]+/.a.test", "b.test"];
  for (const position of [RulePosition.PRE, RulePosition.TREE, RulePosition.POST]) {
    for (const hostname of hosts) {
      for (const kind of kinds) {
        for (const method of [null, "GET"]) {
          for (let i = 0; i < 12; i++) {
            const rule = { position, hostname, path: { kind, value: `/p${i}` }, method };
            assert.equal(table.add(rule, 1), null);
            wanted.push(JSON.stringify(rule));
          }
        }
      }
    }
  }
  const found = [...table.entries()].map(({ rule }) => JSON.stringify(rule));
  assert.deepEqual(found.sort(), wanted.sort());
});
