import { deepEqual, equal, match } from "node:assert/strict";
import { type HostRule, parseHostRule } from "./host_rule.ts";
import { RouteError } from "../route_rule.ts";

function parsed(hostname: string, inTree = true): HostRule {
  const rule = parseHostRule(hostname, inTree);
  if (rule instanceof RouteError) throw new Error(rule.message);
  return rule;
}

function refused(hostname: string): string {
  const rule = parseHostRule(hostname, true);
  equal(rule instanceof RouteError, true, `"${hostname}" was accepted`);
  return rule instanceof RouteError ? rule.message : "";
}

Deno.test("parseHostRule() recognises the four kinds", () => {
  deepEqual(parsed("*"), { kind: "any", text: "*" });
  deepEqual(parsed("Shop.TEST"), { kind: "exact", text: "shop.test" });
  deepEqual(parsed("*.Shop.test"), {
    kind: "wildcard",
    text: "*.shop.test",
    suffix: ".shop.test",
  });
  equal(parsed("/a/.test").kind, "regex");
});

Deno.test("parseHostRule() converts international names to ASCII", () => {
  equal(parsed("B\u00fccher.example").text, "xn--bcher-kva.example");
  equal(parsed("*.b\u00fccher.example").text, "*.xn--bcher-kva.example");
  equal(parsed("/[a-z]/.b\u00fccher.example").text, "/[a-z]/.xn--bcher-kva.example");
});

Deno.test("parseHostRule() leaves numbers and underscores as they are", () => {
  equal(parsed("127.1").text, "127.1");
  equal(parsed("0x7f").text, "0x7f");
  equal(parsed("my_host.test").text, "my_host.test");
});

Deno.test("parseHostRule() leaves the dot of a fully qualified name out", () => {
  deepEqual(parsed("Shop.test."), { kind: "exact", text: "shop.test" });
  equal(parsed("b\u00fccher.example.").text, "xn--bcher-kva.example");
  deepEqual(parsed("*.shop.test."), {
    kind: "wildcard",
    text: "*.shop.test",
    suffix: ".shop.test",
  });
  equal(parsed("[::1]").text, "[::1]");
});

Deno.test("parseHostRule() keeps expressions as they are written", () => {
  for (const inTree of [true, false]) {
    equal(parsed("/[A-Z]\\D/.Test", inTree).text, "/[A-Z]\\D/.test");
    equal(parsed("/\\p{L}+/.Test", inTree).text, "/\\p{L}+/.test");
  }
});

Deno.test("parseHostRule() takes a wildcard beside expressions as the leftmost label in the tree", () => {
  const rule = parsed("*./a+/.test");
  equal(rule.kind, "regex");
  equal(rule.text, "*./a+/.test");
  equal(parseHostRule("*./a+/.test", false) instanceof RouteError, true);
});

Deno.test("parseHostRule() lets an expression of a list span dots", () => {
  const rule = parsed("/a.b/.test", false);
  equal(rule.kind === "regex" && rule.whole.test("a.b.test"), true);
  equal(rule.kind === "regex" && rule.whole.test("a.btest"), false);
});

Deno.test("parseHostRule() refuses malformed names and says what is accepted", () => {
  for (
    const hostname of [
      "",
      "a.*",
      "a.*.test",
      "**",
      "a*",
      "/abc",
      "/abc.test",
      "/abc/def.test",
      "abc/def/.test",
      "//.test",
      "/([/.test",
      "/a(/./b)/.test",
      "/caf\u00e9/.test",
      "/a/.*.test",
      "*x./a/.test",
      "/a/.",
      ".x./a/.test",
      "/a/..test",
      "example.com/",
      "foo/",
      "abc/[0-9]+/.example.com",
      "/[/.example.com",
      "/",
      "///",
      "b\u00fc cher.test",
      "b\u00fccher.test:80",
      "u@b\u00fccher.test",
      "a".repeat(5000),
    ]
  ) {
    match(refused(hostname), /^Invalid host name ".*": .*; accepted are /s);
  }
});
