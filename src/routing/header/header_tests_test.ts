import { equal, match } from "node:assert/strict";
import {
  guarded,
  headOf,
  lookup,
  rule,
  tableOf,
} from "../../../tests/support/routing/route_table.ts";
import { HeaderMatch, type HeaderPredicate, PathRuleKind, RouteError } from "../route_rule.ts";
import { RulePosition } from "../route_rule.ts";
import { FieldFlag } from "../../protocol/http/message_head.ts";
import { compileHeaderTests, headersKey, MAX_HEADER_PREDICATES } from "./header_tests.ts";

const { EXACT, REGEX, PRESENT } = HeaderMatch;
const { PRE, POST, TREE } = RulePosition;

const present = (name: string): HeaderPredicate => ({ name, kind: PRESENT, value: null });
const exact = (name: string, value: string): HeaderPredicate => ({ name, kind: EXACT, value });
const regex = (name: string, value: string): HeaderPredicate => ({ name, kind: REGEX, value });

function holds(
  predicates: readonly HeaderPredicate[],
  ...fields: readonly (readonly [string, string])[]
): boolean {
  const tests = compileHeaderTests(predicates);
  if (tests === null || tests instanceof RouteError) throw new Error("No tests");
  return tests.hold(headOf(fields));
}

Deno.test("HeaderTests.hold() compares names without case and values byte for byte", () => {
  equal(holds([exact("X-Canary", "Yes")], ["x-CANARY", "Yes"]), true);
  equal(holds([exact("X-Canary", "Yes")], ["x-canary", "yes"]), false);
  equal(holds([exact("X-Canary", "Yes")], ["x-canary", "Yes!"]), false);
  equal(holds([exact("X-Canary", "Yes")], ["x-canar", "Yes"]), false);
  equal(holds([exact("x-a", "")], ["x-a", ""]), true);
  equal(holds([exact("x-a", "caf\u00e9")], ["x-a", "caf\u00e9"]), true);
});

Deno.test("HeaderTests.hold() holds an expression against the whole value", () => {
  equal(holds([regex("x-v", "1|2")], ["x-v", "2"]), true);
  equal(holds([regex("x-v", "1|2")], ["x-v", "12"]), false);
  equal(holds([regex("x-v", "[0-9]+")], ["x-v", "7 of 9"]), false);
  equal(holds([regex("x-v", ".*7.*")], ["x-v", "7 of 9"]), true);
  equal(holds([regex("x-v", "")], ["x-v", ""]), true);
});

Deno.test("HeaderTests.hold() asks the first field of a name that is passed on", () => {
  equal(holds([exact("x-a", "1")], ["x-a", "1"], ["x-a", "2"]), true);
  equal(holds([exact("x-a", "2")], ["x-a", "1"], ["x-a", "2"]), false);
  equal(holds([present("x-a")], ["x-a", ""]), true);
  equal(holds([present("x-a")], ["x-b", ""]), false);
  const tests = compileHeaderTests([exact("x-a", "2")]);
  if (tests === null || tests instanceof RouteError) throw new Error("No tests");
  const head = headOf([["x-a", "1"], ["x-a", "2"]]);
  head.flag(0, FieldFlag.DROP);
  equal(tests.hold(head), true);
});

Deno.test("HeaderTests.hold() wants every demand met", () => {
  const both = [present("x-a"), exact("x-b", "1")];
  equal(holds(both, ["x-a", ""], ["x-b", "1"]), true);
  equal(holds(both, ["x-a", ""]), false);
  equal(holds(both, ["x-b", "1"]), false);
});

Deno.test("compileHeaderTests() refuses what cannot be asked, by index, without the value", () => {
  const cases: readonly (readonly [HeaderPredicate, RegExp])[] = [
    [present("Host"), /"host" cannot be asked for/],
    [present("cookie"), /"cookie" cannot be asked for/],
    [present(":path"), /no header name/],
    [present(""), /no header name/],
    [present("x a"), /no header name/],
    [{ name: "x-a", kind: PRESENT, value: "s3cret" }, /a value is given/],
    [{ name: "x-a", kind: EXACT, value: null }, /no value is given/],
    [{ name: "x-a", kind: REGEX, value: null }, /no value is given/],
    [{ name: "x-a", kind: 3, value: "s3cret" }, /kind 3 is unknown; accepted are/],
    [exact("x-a", "s3cret\r\nx: y"), /control characters/],
    [exact("x-a", "s3cret\x7f"), /control characters/],
    [exact("x-a", " s3cret"), /begins or ends with blanks/],
    [exact("x-a", "s3cret".repeat(2000)), /longer than 8192/],
    [regex("x-a", "(s3cret"), /no expression in RE2 syntax/],
    [regex("x-a", "a)|(s3cret"), /no expression in RE2 syntax/],
    [regex("x-a", "(?=s3cret)"), /no expression in RE2 syntax/],
  ];
  for (const [predicate, expected] of cases) {
    const refused = compileHeaderTests([present("x-fine"), predicate]);
    if (!(refused instanceof RouteError)) throw new Error(JSON.stringify(predicate));
    match(refused.message, /^Invalid header predicate at index 1: /);
    match(refused.message, expected);
    equal(refused.message.includes("s3cret"), false, refused.message);
  }
  const many = Array.from({ length: MAX_HEADER_PREDICATES + 1 }, (_, i) => present(`x-${i}`));
  match((compileHeaderTests(many) as RouteError).message, /at most 32 are accepted/);
  equal(compileHeaderTests([exact("x-a", "tab\tinside")]) instanceof RouteError, false);
  equal(compileHeaderTests([]), null);
});

Deno.test("headersKey() is the same for the same demands in any order and spelling", () => {
  const one = [present("X-B"), exact("x-a", '"1"'), present("x-b")];
  const other = [exact("X-A", '"1"'), present("x-b")];
  equal(headersKey(one), headersKey(other));
  equal(headersKey(one), ';H0:"x-a"="\\"1\\"";H2:"x-b"');
  equal(headersKey([]), "");
  const tests = compileHeaderTests(one);
  equal(tests !== null && !(tests instanceof RouteError) && tests.key, headersKey(other));
  equal(tests !== null && !(tests instanceof RouteError) && tests.count, 2);
});

const base = rule(TREE, "a.test", PathRuleKind.PREFIX, "/");
const CANARY = exact("x-canary", "1");
const canaryHead = headOf([["X-Canary", "1"], ["X-More", "1"]]);

Deno.test("RouteTable.lookup() takes a rule whose demands are met before all without demands", () => {
  for (const position of [PRE, POST, TREE]) {
    const open = { ...base, position };
    const rules = [
      ["base", open],
      ["longer", { ...open, path: { kind: PathRuleKind.EQUALS, value: "/x" }, method: "GET" }],
      ["canary", guarded(open, CANARY)],
    ] as const;
    for (const order of [rules, rules.toReversed()]) {
      const table = tableOf(order);
      equal(lookup(table, "GET", "a.test", "/x", canaryHead), "canary");
      equal(
        lookup(table, "GET", "a.test", "/y", headOf([["x-canary", "2"]])),
        "base",
      );
      equal(lookup(table, "GET", "a.test", "/y"), "base");
      equal(table.remove(guarded(open, CANARY)), null);
      equal(lookup(table, "GET", "a.test", "/y", canaryHead), "base");
      equal(table.add(guarded(open, CANARY), "again"), null);
      equal(table.remove(open), null);
      equal(lookup(table, "GET", "a.test", "/y", canaryHead), "again");
      equal(lookup(table, "GET", "a.test", "/y", headOf([])), null);
    }
  }
});

Deno.test("RouteTable.lookup() orders rules that ask for fields by path, then by how much they ask", () => {
  const rules = [
    ["one", guarded(base, CANARY)],
    ["two", guarded(base, CANARY, present("x-more"))],
    ["path", guarded({ ...base, path: { kind: PathRuleKind.PREFIX, value: "/p" } }, CANARY)],
    ["base", base],
  ] as const;
  for (const order of [rules, rules.toReversed()]) {
    const table = tableOf(order);
    equal(lookup(table, "GET", "a.test", "/", canaryHead), "two");
    equal(lookup(table, "GET", "a.test", "/", headOf([["x-canary", "1"]])), "one");
    equal(lookup(table, "GET", "a.test", "/p", canaryHead), "path");
  }
});

Deno.test("RouteTable.lookup() passes a request on whose fields a host does not serve", () => {
  const table = tableOf([
    ["canary", guarded(base, CANARY)],
    ["wild", rule(TREE, "*.test", PathRuleKind.PREFIX, "/")],
  ]);
  equal(lookup(table, "GET", "a.test", "/", canaryHead), "canary");
  equal(lookup(table, "GET", "a.test", "/", headOf([])), "wild");
});

Deno.test("RouteTable knows a rule by its demands when it is added and removed", () => {
  for (const position of [PRE, POST, TREE]) {
    const open = { ...base, position };
    const table = tableOf([["base", open], ["canary", guarded(open, CANARY, present("x-b"))]]);
    const again = table.add(guarded(open, present("X-B"), CANARY, CANARY), "again");
    equal(again?.kind, "duplicate");
    equal(again?.message.includes('"x-canary"'), true);
    equal(table.size, 2);
    equal(table.remove(guarded(open, CANARY)) === null, position === TREE);
    equal(table.size, 2);
    equal(table.remove(guarded(open, present("X-B"), CANARY)), null);
    equal(table.size, 1);
    equal(lookup(table, "GET", "a.test", "/", canaryHead), "base");
    equal(table.remove(open), null);
    equal(table.size, 0);
  }
});

Deno.test("RouteTable.add() refuses a rule whose demands are invalid and changes nothing", () => {
  const table = tableOf([["base", base]]);
  equal(table.add(guarded(base, present("host")), "x")?.kind, "invalid_headers");
  equal(table.size, 1);
});
