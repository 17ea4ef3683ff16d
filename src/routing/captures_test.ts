import { deepEqual, equal } from "node:assert/strict";
import { countHostCaptures, countPathCaptures, hostCaptures, pathCaptures } from "./captures.ts";
import { PathRuleKind, RulePosition } from "./route_rule.ts";
import { RouteTable } from "./route_table.ts";

const { PRE, TREE } = RulePosition;
const { PREFIX, REGEX, EQUALS } = PathRuleKind;

/** Captures of a request on the only rule there is. */
function captures(
  [position, hostname, kind, value]: [number, string, number, string],
  host: string,
  path: string,
): { host: string[]; path: string[] } {
  const table = new RouteTable<null>();
  equal(table.add({ position, hostname, path: { kind, value }, method: null }, null), null);
  const bytes = new TextEncoder().encode(host + path);
  const entry = table.match(bytes, 0, host.length, host.length, bytes.length, 0, 0);
  if (entry === null) throw new Error("No match");
  const found = {
    host: hostCaptures(entry, bytes, 0, host.length),
    path: pathCaptures(entry, bytes, host.length, bytes.length),
  };
  equal(found.host.length, countHostCaptures(entry));
  equal(found.path.length, countPathCaptures(entry));
  return found;
}

Deno.test("hostCaptures() gives the whole host for exact and any rules", () => {
  deepEqual(captures([TREE, "a.test", PREFIX, ""], "A.test", "/").host, ["a.test"]);
  deepEqual(captures([PRE, "*", PREFIX, ""], "a.test", "/").host, ["a.test"]);
  deepEqual(captures([TREE, "*", PREFIX, ""], "local", "/").host, ["local"]);
});

Deno.test("hostCaptures() gives what stands for the wildcard", () => {
  for (const position of [PRE, TREE]) {
    const found = captures([position, "*.old.test", PREFIX, "/v1"], "eu.old.test", "/v1/u?q=1");
    deepEqual(found, { host: ["eu.old.test", "eu"], path: ["/v1/u?q=1", "/u?q=1"] });
  }
  deepEqual(captures([PRE, "*x.test", PREFIX, ""], "abx.test", "/").host, ["abx.test", "ab"]);
  deepEqual(captures([TREE, "*x.test", PREFIX, ""], "*x.test", "/").host, ["*x.test"]);
});

Deno.test("hostCaptures() numbers groups left to right, in the tree as in a list", () => {
  const rule = "/(a)(b)?/.x./c(d+)/.test";
  for (const position of [PRE, TREE]) {
    deepEqual(captures([position, rule, PREFIX, ""], "A.x.cDd.test", "/").host, [
      "a.x.cdd.test",
      "a",
      "",
      "dd",
    ]);
  }
  // Beyond as many labels as anybody counts by hand.
  const deep = `${"/(.)/.".repeat(20)}test`;
  const host = `${[..."abcdefghijklmnopqrst"].join(".")}.test`;
  deepEqual(captures([TREE, deep, PREFIX, ""], host, "/").host, [host, ..."abcdefghijklmnopqrst"]);
  deepEqual(captures([TREE, "*./(a+)/.test", PREFIX, ""], "x.aa.test", "/").host, [
    "x.aa.test",
    "aa",
  ]);
});

Deno.test("pathCaptures() gives the rest after a prefix, the groups of an expression, else the path", () => {
  deepEqual(captures([TREE, "a", PREFIX, "/api"], "a", "/api").path, ["/api", ""]);
  deepEqual(captures([TREE, "a", REGEX, "/p/(\\d+)(/x)?.*"], "a", "/p/42?q").path, [
    "/p/42?q",
    "42",
    "",
  ]);
  deepEqual(captures([TREE, "a", EQUALS, "/api"], "a", "/api").path, ["/api"]);
});
