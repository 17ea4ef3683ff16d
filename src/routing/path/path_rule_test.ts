import { equal, match } from "node:assert/strict";
import { compilePath, pathMatches, pathText } from "./path_rule.ts";
import { PathRuleKind, RouteError } from "../route_rule.ts";

function matches(kind: number, value: string, path: string): boolean {
  const compiled = compilePath({ kind, value });
  if (compiled instanceof RouteError) throw new Error(compiled.message);
  const bytes = new TextEncoder().encode(`..${path}..`);
  return pathMatches(compiled, bytes, 2, bytes.length - 2);
}

Deno.test("pathMatches() compares a prefix byte by byte, without segment boundary", () => {
  equal(matches(PathRuleKind.PREFIX, "/api", "/api"), true);
  equal(matches(PathRuleKind.PREFIX, "/api", "/apix"), true);
  equal(matches(PathRuleKind.PREFIX, "/api", "/api?x"), true);
  equal(matches(PathRuleKind.PREFIX, "/api", "/ap"), false);
  equal(matches(PathRuleKind.PREFIX, "/api", "/API"), false);
  equal(matches(PathRuleKind.PREFIX, "", "*"), true);
  equal(matches(PathRuleKind.PREFIX, "", ""), true);
});

Deno.test("pathMatches() compares an equal path with its query", () => {
  equal(matches(PathRuleKind.EQUALS, "/health", "/health"), true);
  equal(matches(PathRuleKind.EQUALS, "/health", "/health?x=1"), false);
  equal(matches(PathRuleKind.EQUALS, "/health", "/healt"), false);
});

Deno.test("pathMatches() holds an expression against the whole path", () => {
  equal(matches(PathRuleKind.REGEX, "[0-9]{2}", "/a/42/b"), false);
  equal(matches(PathRuleKind.REGEX, ".*[0-9]{2}.*", "/a/42/b"), true);
  equal(matches(PathRuleKind.REGEX, "^[0-9]{2}", "/a/42/b"), false);
  equal(matches(PathRuleKind.REGEX, "", ""), true);
});

Deno.test("pathMatches() runs a catastrophic expression in linear time", () => {
  // A backtracking matcher needs 2^5000 steps for this.
  equal(matches(PathRuleKind.REGEX, "^(a+)+$", `${"a".repeat(5000)}!`), false);
});

Deno.test("compilePath() refuses what it cannot run, and says what is accepted", () => {
  for (const value of ["(", "a{2,1}", "(?<=x)y", "\\1", "x".repeat(5000)]) {
    const error = compilePath({ kind: PathRuleKind.REGEX, value });
    match(error instanceof RouteError ? error.message : "", /^Invalid path rule .*accepted/s);
  }
  const unknown = compilePath({ kind: 3, value: "/" });
  match(unknown instanceof RouteError ? unknown.message : "", /kind 3 is unknown; accepted are/);
  const long = compilePath({ kind: PathRuleKind.PREFIX, value: "/".repeat(70_000) });
  match(long instanceof RouteError ? long.message : "", /longer than 65535 bytes/);
});

Deno.test("pathText() replaces what is no UTF-8", () => {
  equal(pathText(Uint8Array.from([0x2f, 0xff, 0x61]), 0, 3), "/\ufffda");
});
