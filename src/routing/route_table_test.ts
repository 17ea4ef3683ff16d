import { deepEqual, equal, ok } from "node:assert/strict";
import { HeaderMatch, PathRuleKind, RulePosition } from "./route_rule.ts";
import { RouteTable } from "./route_table.ts";
import {
  guarded,
  lookup,
  type NamedRule,
  rule,
  tableOf,
} from "../../tests/support/routing/route_table.ts";

const { PRE, POST, TREE } = RulePosition;
const { PREFIX, REGEX, EQUALS } = PathRuleKind;

const WORKED_RULES: readonly NamedRule[] = [
  ["acme", rule(PRE, "*", PREFIX, "/.well-known/acme-challenge/", "GET")],
  ["writes", rule(PRE, "*.tenant.test", PREFIX, "/", "POST")],
  ["root", rule(TREE, "shop.test", PREFIX, "/")],
  ["cart", rule(TREE, "shop.test", PREFIX, "/cart")],
  ["cartdel", rule(TREE, "shop.test", PREFIX, "/cart", "DELETE")],
  ["items", rule(TREE, "shop.test", REGEX, "/items/[0-9]+(\\?.*)?")],
  ["health", rule(TREE, "shop.test", EQUALS, "/health", "GET")],
  ["wild", rule(TREE, "*.shop.test", PREFIX, "/")],
  ["eu", rule(TREE, "/eu-[a-z]+/.shop.test", PREFIX, "/")],
  ["img", rule(TREE, "img.shop.test", PREFIX, "/static")],
  ["apiv", rule(TREE, "/v[0-9]/.api.shop.test", PREFIX, "/")],
  ["catchall", rule(POST, "*", PREFIX, "")],
];

const WORKED_EXAMPLES: readonly (readonly [string, string, string, string])[] = [
  ["GET", "shop.test", "/.well-known/acme-challenge/tok", "acme"],
  ["POST", "shop.test", "/.well-known/acme-challenge/tok", "root"],
  ["GET", "shop.test", "/cart/9", "cart"],
  ["DELETE", "shop.test", "/cart/9", "cartdel"],
  ["GET", "shop.test", "/items/42?x=1", "items"],
  ["GET", "shop.test", "/health", "health"],
  ["POST", "shop.test", "/health", "root"],
  ["GET", "shop.test", "/health?probe", "root"],
  ["GET", "eu-west.shop.test", "/", "eu"],
  ["GET", "EU-west.shop.test", "/", "eu"],
  ["GET", "v2.api.shop.test", "/", "apiv"],
  ["GET", "zz.api.shop.test", "/", "catchall"],
  ["GET", "img.shop.test", "/other", "wild"],
  ["GET", "img.shop.test", "/static/x", "img"],
  ["GET", "shop.test", "/items/42/edit", "root"],
  ["get", "shop.test", "/health", "root"],
  ["GET", "a.b.shop.test", "/", "catchall"],
  ["POST", "x.tenant.test", "/a", "writes"],
];

Deno.test("RouteTable.lookup() answers the worked examples in either order of addition", () => {
  for (const rules of [WORKED_RULES, WORKED_RULES.toReversed()]) {
    const table = tableOf(rules);
    for (const [method, host, path, winner] of WORKED_EXAMPLES) {
      equal(lookup(table, method, host, path), winner, `${method} ${host}${path}`);
    }
  }
});

Deno.test("RouteTable.lookup() ignores the case of the request host", () => {
  const table = tableOf(WORKED_RULES);
  equal(lookup(table, "GET", "SHOP.Test", "/"), "root");
  equal(lookup(table, "GET", "EU-x.SHOP.TEST", "/"), "eu");
  equal(lookup(table, "POST", "X.Tenant.TEST", "/"), "writes");
  equal(lookup(table, "GET", "V2.Api.Shop.Test", "/"), "apiv");
});

Deno.test("RouteTable.lookup() keeps a trailing dot apart", () => {
  const table = tableOf([["root", rule(TREE, "shop.test", PREFIX, "/")]]);
  equal(lookup(table, "GET", "shop.test.", "/"), null);
});

Deno.test("RouteTable.lookup() takes the longest prefix, without regard to segments", () => {
  const rules: NamedRule[] = [
    ["root", rule(TREE, "lolcatho.st", PREFIX, "/")],
    ["yolo", rule(TREE, "lolcatho.st", PREFIX, "/yolo")],
    ["swag", rule(TREE, "lolcatho.st", PREFIX, "/yolo/swag")],
    ["other", rule(TREE, "other.test", PREFIX, "/test")],
  ];
  for (const order of [rules, rules.toReversed()]) {
    const table = tableOf(order);
    equal(lookup(table, "GET", "lolcatho.st", "/"), "root");
    equal(lookup(table, "GET", "lolcatho.st", "/yolo"), "yolo");
    equal(lookup(table, "GET", "lolcatho.st", "/yoloxyz"), "yolo");
    equal(lookup(table, "GET", "lolcatho.st", "/yolo/swag?x"), "swag");
    equal(lookup(table, "GET", "lolcatho.st", "/yol"), "root");
    equal(lookup(table, "GET", "other.test", "/test?a"), "other");
    equal(lookup(table, "GET", "other.test", "/"), null);
    equal(lookup(table, "GET", "domain", "/"), null);
  }
});

Deno.test("RouteTable.lookup() falls back to a shorter prefix when the method differs", () => {
  const table = tableOf([
    ["all", rule(TREE, "a.test", PREFIX, "/")],
    ["post", rule(TREE, "a.test", PREFIX, "/api", "POST")],
    ["patch", rule(TREE, "a.test", PREFIX, "/api", "PATCH")],
  ]);
  equal(lookup(table, "GET", "a.test", "/api"), "all");
  equal(lookup(table, "post", "a.test", "/api"), "all");
  equal(lookup(table, "PATCH", "a.test", "/api"), "patch");
  equal(lookup(table, "patch", "a.test", "/api"), "all");
});

Deno.test("RouteTable.lookup() ranks equals, expressions and prefixes the same in any order", () => {
  const rules: NamedRule[] = [
    ["equals-get", rule(TREE, "a.test", EQUALS, "/x/y", "GET")],
    ["equals", rule(TREE, "a.test", EQUALS, "/x/y")],
    ["regex-get", rule(TREE, "a.test", REGEX, "/x.*", "GET")],
    ["regex", rule(TREE, "a.test", REGEX, "/x.*")],
    ["regex-longer", rule(TREE, "a.test", REGEX, "^/x/z.*$")],
    ["prefix-get", rule(TREE, "a.test", PREFIX, "/x/y", "GET")],
    ["prefix", rule(TREE, "a.test", PREFIX, "/x/y")],
  ];
  const expected: [string, string, string][] = [
    ["GET", "/x/y", "equals-get"],
    ["GET", "/x/y/z", "regex-get"],
    ["PUT", "/x/y", "equals"],
    ["PUT", "/x/q", "regex"],
    ["PUT", "/x/zz", "regex-longer"],
    ["PUT", "/x/y/z", "regex"],
  ];
  for (const order of [rules, rules.toReversed(), [...rules.slice(3), ...rules.slice(0, 3)]]) {
    const table = tableOf(order);
    for (const [method, path, winner] of expected) {
      equal(lookup(table, method, "a.test", path), winner, `${method} ${path}`);
    }
  }
});

Deno.test("RouteTable.lookup() prefers the method-specific one of two equal prefixes", () => {
  const rules: NamedRule[] = [
    ["all", rule(TREE, "a.test", PREFIX, "/x")],
    ["get", rule(TREE, "a.test", PREFIX, "/x", "GET")],
  ];
  for (const order of [rules, rules.toReversed()]) {
    equal(lookup(tableOf(order), "GET", "a.test", "/x/1"), "get");
    equal(lookup(tableOf(order), "PUT", "a.test", "/x/1"), "all");
  }
});

Deno.test("RouteTable.lookup() tries PRE and POST rules in order of addition", () => {
  for (const position of [PRE, POST]) {
    const table = tableOf([
      ["regex", rule(position, "/a+/.test", PREFIX, "/only")],
      ["short", rule(position, "*", PREFIX, "/")],
      ["exact", rule(position, "aa.test", PREFIX, "/long")],
      ["wild", rule(position, "*.test", EQUALS, "/long/path")],
    ]);
    equal(lookup(table, "GET", "aa.test", "/only"), "regex");
    equal(lookup(table, "GET", "aa.test", "/long/path"), "short");
    equal(table.remove(rule(position, "*", PREFIX, "/")), null);
    equal(lookup(table, "GET", "aa.test", "/long/path"), "exact");
    equal(lookup(table, "GET", "bb.test", "/long/path"), "wild");
    equal(lookup(table, "GET", "bb.test", "/long"), null);
  }
});

Deno.test("RouteTable.lookup() anchors a regex host and isolates its segments", () => {
  for (const position of [PRE, POST, TREE]) {
    const table = tableOf([["r", rule(position, "/test[0-9]|foo/.example.com", PREFIX, "/")]]);
    equal(lookup(table, "GET", "test1.example.com", "/"), "r");
    equal(lookup(table, "GET", "foo.example.com", "/"), "r");
    equal(lookup(table, "GET", "xtest1.example.com", "/"), null);
    equal(lookup(table, "GET", "test1xexample.com", "/"), null);
    equal(lookup(table, "GET", "test1.example.com.evil", "/"), null);
    equal(lookup(table, "GET", "test1", "/"), null);
    equal(lookup(table, "GET", "a.test1.example.com", "/"), null);
  }
});

Deno.test("RouteTable.lookup() matches a literal dot only with a dot", () => {
  const table = tableOf([["r", rule(PRE, "www./a+/.example.com", PREFIX, "/")]]);
  equal(lookup(table, "GET", "www.aa.example.com", "/"), "r");
  equal(lookup(table, "GET", "wwwxaa.example.com", "/"), null);
});

Deno.test("RouteTable.lookup() lets a wildcard stand for exactly one label", () => {
  for (const position of [PRE, POST, TREE]) {
    const table = tableOf([
      ["a", rule(position, "*.x.test", PREFIX, "/a")],
      ["b", rule(position, "*.x.test", PREFIX, "/b")],
    ]);
    equal(lookup(table, "GET", "w.x.test", "/a"), "a");
    equal(lookup(table, "GET", "w.x.test", "/b"), "b");
    for (const host of ["x.test", ".x.test", "a.b.x.test", "t", "", ".", "..", "wx.test", "*"]) {
      equal(lookup(table, "GET", host, "/a"), null, host);
    }
  }
});

Deno.test("RouteTable.lookup() takes the wildcard without a dot as text in the tree only", () => {
  equal(
    lookup(tableOf([["w", rule(PRE, "*foo.test", PREFIX, "")]]), "GET", "barfoo.test", "/"),
    "w",
  );
  equal(lookup(tableOf([["w", rule(PRE, "*foo.test", PREFIX, "")]]), "GET", "foo.test", "/"), null);
  const table = tableOf([["w", rule(TREE, "*foo.test", PREFIX, "")]]);
  equal(lookup(table, "GET", "barfoo.test", "/"), null);
  equal(lookup(table, "GET", "*foo.test", "/"), "w");
});

Deno.test("RouteTable.lookup() matches `*` with every host in a list, with one label in the tree", () => {
  equal(lookup(tableOf([["any", rule(PRE, "*", PREFIX, "")]]), "GET", "a.b.c", "/"), "any");
  const table = tableOf([["any", rule(TREE, "*", PREFIX, "")]]);
  equal(lookup(table, "GET", "localhost", "/"), "any");
  equal(lookup(table, "GET", "a.b", "/"), null);
});

Deno.test("RouteTable.lookup() prefers an exact host to an expression, and that to a wildcard", () => {
  const rules: NamedRule[] = [
    ["regex", rule(TREE, "/.*/.x.test", PREFIX, "/")],
    ["wild", rule(TREE, "*.x.test", PREFIX, "/")],
    ["exact", rule(TREE, "a.x.test", PREFIX, "/")],
  ];
  for (const order of [rules, rules.toReversed()]) {
    const table = tableOf(order);
    equal(lookup(table, "GET", "a.x.test", "/"), "exact");
    equal(lookup(table, "GET", "b.x.test", "/"), "regex");
    table.remove(rule(TREE, "/.*/.x.test", PREFIX, "/"));
    equal(lookup(table, "GET", "b.x.test", "/"), "wild");
  }
});

Deno.test("RouteTable.lookup() goes back from a label that leads to no rule", () => {
  const table = tableOf([
    ["deep", rule(TREE, "a.b.x.test", PREFIX, "/")],
    ["wild", rule(TREE, "*.x.test", PREFIX, "/")],
    ["regex", rule(TREE, "q./b+/.x.test", PREFIX, "/")],
    ["far", rule(TREE, "q.b./x+/.test", PREFIX, "/far")],
  ]);
  equal(lookup(table, "GET", "c.x.test", "/"), "wild");
  equal(lookup(table, "GET", "b.x.test", "/"), "wild");
  equal(lookup(table, "GET", "a.b.x.test", "/"), "deep");
  equal(lookup(table, "GET", "q.b.x.test", "/"), "regex");
  equal(lookup(table, "GET", "q.bb.x.test", "/"), "regex");
  equal(lookup(table, "GET", "z.b.x.test", "/"), null);
  table.remove(rule(TREE, "q./b+/.x.test", PREFIX, "/"));
  equal(lookup(table, "GET", "q.b.x.test", "/far"), "far");
  equal(lookup(table, "GET", "q.b.x.test", "/"), null);
});

Deno.test("RouteTable.lookup() passes a request on that a host serves no rule for", () => {
  const rules: NamedRule[] = [
    ["exact", rule(TREE, "a.x.test", PREFIX, "/only")],
    ["posts", rule(TREE, "a.x.test", PREFIX, "/form", "POST")],
    ["long", rule(TREE, "/a.*/.x.test", PREFIX, "/long")],
    ["short", rule(TREE, "/a*/.x.test", PREFIX, "/short")],
    ["wild", rule(TREE, "*.x.test", PREFIX, "/")],
    ["deep", rule(TREE, "a./x+/.test", PREFIX, "/form")],
    ["post", rule(POST, "*", PREFIX, "")],
  ];
  for (const order of [rules, rules.toReversed()]) {
    const table = tableOf(order);
    equal(lookup(table, "GET", "a.x.test", "/only"), "exact");
    equal(lookup(table, "POST", "a.x.test", "/form"), "posts");
    equal(lookup(table, "GET", "a.x.test", "/long"), "long");
    equal(lookup(table, "GET", "a.x.test", "/short"), "short");
    equal(lookup(table, "GET", "a.x.test", "/form"), "wild");
    equal(lookup(table, "GET", "A.X.TEST", "/"), "wild");
    equal(table.remove(rule(TREE, "*.x.test", PREFIX, "/")), null);
    equal(lookup(table, "GET", "a.x.test", "/form"), "deep");
    equal(lookup(table, "GET", "a.xx.test", "/form"), "deep");
    equal(lookup(table, "GET", "a.x.test", "/"), "post");
  }
});

Deno.test("RouteTable.lookup() goes on behind the only plain rule of a host in the middle", () => {
  const table = tableOf([
    ["sole", rule(TREE, "x.test", PREFIX, "/")],
    ["regex", rule(TREE, "a./x+/.test", PREFIX, "/")],
  ]);
  equal(lookup(table, "GET", "x.test", "/"), "sole");
  equal(lookup(table, "GET", "a.x.test", "/"), "regex");
  equal(lookup(table, "GET", "b.x.test", "/"), null);
});

Deno.test("RouteTable.lookup() lets a wildcard stand for the label before expressions", () => {
  const table = tableOf([["w", rule(TREE, "*./eu|us/.x.test", PREFIX, "/")]]);
  equal(lookup(table, "GET", "a.eu.x.test", "/"), "w");
  equal(lookup(table, "GET", "b.us.x.test", "/"), "w");
  equal(lookup(table, "GET", "us.x.test", "/"), null);
  equal(lookup(table, "GET", "a.b.us.x.test", "/"), null);
  equal(table.remove(rule(TREE, "*./eu|us/.x.test", PREFIX, "/")), null);
  equal(table.size, 0);
  equal(lookup(table, "GET", "a.eu.x.test", "/"), null);
});

Deno.test("RouteTable.lookup() orders sibling expressions by length, then bytes", () => {
  const rules: NamedRule[] = [
    ["short", rule(TREE, "/a.*/.t", PREFIX, "/")],
    ["long", rule(TREE, "/ab.*c*/.t", PREFIX, "/")],
    ["same", rule(TREE, "/ab.*b*/.t", PREFIX, "/")],
  ];
  for (const order of [rules, rules.toReversed()]) {
    equal(lookup(tableOf(order), "GET", "abc.t", "/"), "same");
    equal(lookup(tableOf(order), "GET", "ac.t", "/"), "short");
  }
});

Deno.test("RouteTable.lookup() keeps expressions as written and ignores the case of letters", () => {
  for (const position of [PRE, POST, TREE]) {
    const upper = tableOf([["r", rule(position, "/[A-Z]+/.Test", PREFIX, "/")]]);
    equal(lookup(upper, "GET", "abc.test", "/"), "r");
    equal(lookup(upper, "GET", "ABC.TEST", "/"), "r");
    const escape = tableOf([["r", rule(position, "/\\D+/.Test", PREFIX, "/")]]);
    equal(lookup(escape, "GET", "abc.test", "/"), "r");
    equal(lookup(escape, "GET", "123.test", "/"), null);
    const letters = tableOf([["r", rule(position, "/\\p{L}+/.Test", PREFIX, "/")]]);
    equal(lookup(letters, "GET", "abc.test", "/"), "r");
    equal(lookup(letters, "GET", "a1.test", "/"), null);
  }
});

Deno.test("RouteTable.lookup() holds a path expression against the whole target, query included", () => {
  for (const position of [PRE, POST, TREE]) {
    const of = (regex: string) => tableOf([["r", rule(position, "a.test", REGEX, regex)]]);
    const cases: readonly (readonly [string, string, boolean])[] = [
      ["/api", "/api", true],
      ["/api", "/api/x", false],
      ["/api", "/api?x", false],
      ["/api", "/x/api", false],
      ["/api.*", "/api/x?y", true],
      ["^/api$", "/api", true],
      ["^/api$", "/api?x", false],
      ["/a|/b", "/a", true],
      ["/a|/b", "/b", true],
      ["/a|/b", "/ax", false],
      ["/a|/b", "/x/b", false],
      [".*id=[0-9]+", "/x?id=12", true],
      ["id=[0-9]+", "/x?id=12", false],
      ["", "/", false],
      ["", "", true],
    ];
    for (const [regex, path, matches] of cases) {
      equal(lookup(of(regex), "GET", "a.test", path), matches ? "r" : null, `${regex} ${path}`);
    }
  }
});

Deno.test("RouteTable.lookup() finds one of very many prefixes and methods of a host", () => {
  const table = new RouteTable<string>();
  for (let index = 0; index < 3000; index++) {
    const path = `/${"d/".repeat(index % 7)}${index}`;
    equal(table.add(rule(TREE, "a.test", PREFIX, path), path), null);
    equal(table.add(rule(TREE, "a.test", PREFIX, path, "PUT"), `PUT ${path}`), null);
  }
  for (let index = 0; index < 3000; index++) {
    const path = `/${"d/".repeat(index % 7)}${index}`;
    equal(lookup(table, "GET", "a.test", `${path}/x`), path);
    equal(lookup(table, "PUT", "a.test", path), `PUT ${path}`);
    equal(table.remove(rule(TREE, "a.test", PREFIX, path)), null);
    equal(table.remove(rule(TREE, "a.test", PREFIX, path, "PUT")), null);
    equal(lookup(table, "GET", "a.test", path) === path, false);
  }
  equal(table.size, 0);
  equal(lookup(table, "GET", "a.test", "/"), null);
});

Deno.test("RouteTable.lookup() returns routes of any type and never throws on odd bytes", () => {
  const table = new RouteTable<{ id: number }>();
  table.add(rule(TREE, "/.*/.test", REGEX, ".*"), { id: 7 });
  table.add(rule(POST, "/.*/", REGEX, ".*(?:\\xff|x)"), { id: 8 });
  const bytes = Uint8Array.from([0xff, 0xc3, 0x28, 0x2e, 0x74, 0x65, 0x73, 0x74, 0xff, 0xfe]);
  deepEqual(table.lookup(bytes, 0, 8, 8, 10, 0, 0), { id: 7 });
  ok(table.lookup(bytes, 0, 0, 0, 0, 0, 0) === null);
});

Deno.test("RouteTable.remove() of a rule that asks for fields leaves the one that asks for none", () => {
  const asks = { name: "x-a", kind: HeaderMatch.PRESENT, value: null };
  for (const position of [TREE, PRE]) {
    const open = rule(position, "a.test", PREFIX, "/");
    const other = rule(position, "a.test", PREFIX, "/other");
    for (const rules of [[open], [open, other]]) {
      const table = tableOf(rules.map((each, at) => [`${at}`, each]));
      table.remove(guarded(open, asks));
      equal(table.size, rules.length);
      equal(lookup(table, "GET", "a.test", "/"), "0");
    }
  }
});
