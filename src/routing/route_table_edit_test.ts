import { deepEqual, equal } from "node:assert/strict";
import { PathRuleKind, RouteError, type RouteRule, RulePosition } from "./route_rule.ts";
import { RouteTable } from "./route_table.ts";
import { lookup, type NamedRule, rule, tableOf } from "../../tests/support/routing/route_table.ts";

const { PRE, POST, TREE } = RulePosition;
const { PREFIX, REGEX, EQUALS } = PathRuleKind;

function kindOf(error: RouteError | null): string | null {
  return error instanceof RouteError ? error.kind : null;
}

Deno.test("RouteTable.add() refuses a second rule with the same position, host, path and method", () => {
  for (const position of [PRE, POST, TREE]) {
    for (const kind of [PREFIX, REGEX, EQUALS]) {
      const table = tableOf([["one", rule(position, "Shop.test", kind, "/a", "GET")]]);
      equal(kindOf(table.add(rule(position, "shop.TEST", kind, "/a", "GET"), "two")), "duplicate");
      equal(table.add(rule(position, "shop.test", kind, "/a"), "three"), null);
      equal(kindOf(table.add(rule(position, "shop.test", kind, "/a"), "four")), "duplicate");
      equal(table.size, 2);
      equal(lookup(table, "GET", "shop.test", "/a"), "one");
    }
  }
});

Deno.test("RouteTable.add() knows a wildcard and an expression host again", () => {
  for (const hostname of ["*.shop.test", "/eu-[a-z]+/.shop.test", "img./v[0-9]/.shop.test"]) {
    for (const position of [PRE, POST, TREE]) {
      const table = tableOf([["one", rule(position, hostname, PREFIX, "/")]]);
      const again = rule(position, hostname.replace("shop", "SHOP"), PREFIX, "/");
      equal(kindOf(table.add(again, "two")), "duplicate", hostname);
      equal(table.size, 1);
      equal(table.remove(again), null);
      equal(table.size, 0);
    }
  }
});

Deno.test("RouteTable.add() accepts the same rule in every position", () => {
  const table = tableOf([
    ["pre", rule(PRE, "a.test", PREFIX, "/")],
    ["post", rule(POST, "a.test", PREFIX, "/")],
    ["tree", rule(TREE, "a.test", PREFIX, "/")],
  ]);
  equal(table.size, 3);
});

Deno.test("RouteTable.add() refuses invalid rules and changes nothing", () => {
  const table = new RouteTable<string>();
  const cases: [RouteRule, string][] = [
    [rule(3, "a.test", PREFIX, "/"), "invalid_position"],
    [rule(-1, "a.test", PREFIX, "/"), "invalid_position"],
    [rule(TREE, "a.*.test", PREFIX, "/"), "invalid_host"],
    [rule(TREE, "/abc", PREFIX, "/"), "invalid_host"],
    [rule(TREE, "a.test", REGEX, "(["), "invalid_path"],
    [rule(TREE, "a.test", REGEX, "(?=x)"), "invalid_path"],
    [rule(TREE, "a.test", 7, "/"), "invalid_path"],
  ];
  for (const [invalid, kind] of cases) equal(kindOf(table.add(invalid, "x")), kind);
  equal(table.size, 0);
  equal(lookup(table, "GET", "a.test", "/"), null);
});

Deno.test("RouteTable.remove() of a missing rule is an error in the lists and nothing in the tree", () => {
  const table = new RouteTable<string>();
  equal(kindOf(table.remove(rule(PRE, "a.test", PREFIX, "/"))), "not_found");
  equal(kindOf(table.remove(rule(POST, "*", PREFIX, "/"))), "not_found");
  equal(table.remove(rule(TREE, "a.test", PREFIX, "/")), null);
  equal(table.size, 0);
});

Deno.test("RouteTable.remove() takes out EQUALS rules too", () => {
  for (const position of [PRE, POST, TREE]) {
    const table = tableOf([["e", rule(position, "a.test", EQUALS, "/e")]]);
    equal(lookup(table, "GET", "a.test", "/e"), "e");
    equal(table.remove(rule(position, "a.test", EQUALS, "/e")), null);
    equal(lookup(table, "GET", "a.test", "/e"), null);
    equal(table.size, 0);
  }
});

Deno.test("RouteTable.remove() through regex labels keeps the other hosts", () => {
  const table = tableOf([
    ["one", rule(TREE, "a./b[0-9]/.test", PREFIX, "/")],
    ["two", rule(TREE, "/c+/./b[0-9]/.test", PREFIX, "/")],
    ["three", rule(TREE, "/b[0-9]/.test", PREFIX, "/")],
    ["four", rule(TREE, "d.test", PREFIX, "/")],
  ]);
  equal(table.remove(rule(TREE, "a./b[0-9]/.test", PREFIX, "/")), null);
  equal(lookup(table, "GET", "a.b1.test", "/"), null);
  equal(lookup(table, "GET", "cc.b1.test", "/"), "two");
  equal(lookup(table, "GET", "b1.test", "/"), "three");
  equal(table.remove(rule(TREE, "/b[0-9]/.test", PREFIX, "/")), null);
  equal(lookup(table, "GET", "cc.b1.test", "/"), "two");
  equal(table.remove(rule(TREE, "/c+/./b[0-9]/.test", PREFIX, "/")), null);
  equal(lookup(table, "GET", "cc.b1.test", "/"), null);
  equal(lookup(table, "GET", "d.test", "/"), "four");
});

Deno.test("RouteTable keeps the only rule of a host while others come under it and go", () => {
  const others: NamedRule[] = [
    ["below", rule(TREE, "x.a.test", PREFIX, "/")],
    ["far below", rule(TREE, "y.x.a.test", PREFIX, "/")],
    ["wildcard", rule(TREE, "*.a.test", PREFIX, "/")],
    ["regex", rule(TREE, "/z+/.a.test", PREFIX, "/")],
    ["path", rule(TREE, "a.test", PREFIX, "/p")],
    ["method", rule(TREE, "a.test", PREFIX, "/", "PUT")],
    ["every path", rule(TREE, "a.test", PREFIX, "")],
    ["above", rule(TREE, "test", PREFIX, "/")],
  ];
  const asked: readonly (readonly [string, string, string, string])[] = [
    ["below", "GET", "x.a.test", "/"],
    ["far below", "GET", "y.x.a.test", "/"],
    ["wildcard", "GET", "w.a.test", "/"],
    ["regex", "GET", "zz.a.test", "/"],
    ["path", "GET", "a.test", "/p"],
    ["method", "PUT", "a.test", "/"],
    ["every path", "GET", "a.test", "*"],
    ["above", "GET", "test", "/"],
  ];
  for (const [route, added] of others) {
    const table = tableOf([["sole", rule(TREE, "a.test", PREFIX, "/")]]);
    const answers = () => asked.map(([, ...request]) => lookup(table, ...request));
    const alone = answers();
    for (let round = 0; round < 2; round++) {
      equal(table.add(added, route), null, route);
      equal(answers()[asked.findIndex(([name]) => name === route)], route);
      equal(lookup(table, "GET", "a.test", "/q"), "sole");
      equal(kindOf(table.add(added, "again")), "duplicate");
      equal(kindOf(table.add(rule(TREE, "a.test", PREFIX, "/"), "again")), "duplicate");
      equal(table.remove(added), null);
      deepEqual(answers(), alone, route);
    }
    equal(table.remove(rule(TREE, "a.test", PREFIX, "/other")), null);
    equal(table.size, 1);
    equal(table.remove(rule(TREE, "a.test", PREFIX, "/")), null);
    equal(table.size, 0);
    deepEqual(answers(), asked.map(() => null));
  }
});

Deno.test("RouteTable gives the only rule of a prefix and of an equal path company and takes it away", () => {
  for (const kind of [PREFIX, EQUALS]) {
    // More prefixes than are kept in a list.
    const rules = Array.from({ length: 12 }, (_, index): NamedRule => [
      `${index}`,
      rule(TREE, "a.test", kind, `/p${String(index).padStart(2, "0")}`),
    ]);
    const table = tableOf(rules);
    const own = rule(TREE, "a.test", kind, "/p03", "PUT");
    for (let round = 0; round < 2; round++) {
      equal(lookup(table, "PUT", "a.test", "/p03"), "3");
      equal(table.add(own, "own"), null);
      equal(lookup(table, "PUT", "a.test", "/p03"), "own");
      equal(lookup(table, "GET", "a.test", "/p03"), "3");
      equal(kindOf(table.add(rule(TREE, "a.test", kind, "/p03"), "again")), "duplicate");
      equal(table.remove(own), null);
    }
    equal(table.remove(rule(TREE, "a.test", kind, "/p03")), null);
    equal(lookup(table, "PUT", "a.test", "/p03"), null);
    equal(lookup(table, "PUT", "a.test", "/p04"), "4");
  }
});
