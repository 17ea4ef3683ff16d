import assert from "node:assert/strict";
import { compileRewrite, RewriteTemplate } from "./rewrite_template.ts";
import { type CompiledRule, compileRule } from "./route_entry.ts";
import { PathRuleKind, RouteError, RulePosition } from "./route_rule.ts";

function rule(hostname: string, kind: number, value: string): CompiledRule {
  const compiled = compileRule({
    position: RulePosition.TREE,
    hostname,
    path: { kind, value },
    method: null,
  });
  if (compiled instanceof RouteError) throw new Error(compiled.message);
  return compiled;
}

const WILDCARD = rule("*.old.test", PathRuleKind.PREFIX, "/v1");

function compiled(text: string): RewriteTemplate {
  const template = compileRewrite(text, WILDCARD);
  assert.ok(template instanceof RewriteTemplate, String(template));
  return template;
}

Deno.test("RewriteTemplate joins literals and captures", () => {
  const host = ["eu.old.test", "eu"];
  const path = ["/v1/u?q=1", "/u?q=1"];
  assert.equal(compiled("$HOST[1].new.test").render(host, path), "eu.new.test");
  assert.equal(compiled("/v2$PATH[1]").render(host, path), "/v2/u?q=1");
  assert.equal(compiled("/$HOST[1]$PATH[0]").render(host, path), "/eu/v1/u?q=1");
  assert.equal(compiled("plain").render(host, path), "plain");
  assert.equal(compiled("$PATH[1]").render([], []), "");
});

Deno.test("compileRewrite() refuses what the rule cannot produce", () => {
  for (const text of ["$HOST[2]", "$PATH[2]", "$PATH[]", "$PATH[1", "$", "$USER[0]", "$HOST[x]"]) {
    assert.equal(typeof compileRewrite(text, WILDCARD), "string", text);
  }
  const exact = rule("a.test", PathRuleKind.EQUALS, "/x");
  assert.equal(typeof compileRewrite("$HOST[1]", exact), "string");
  assert.equal(typeof compileRewrite("$PATH[1]", exact), "string");
  assert.ok(compileRewrite("$HOST[0]$PATH[0]", exact) instanceof RewriteTemplate);
});

Deno.test("compileRewrite() refuses bytes that could end a line", () => {
  for (const text of ["a b", "a\r\nX: 1", "a\0", "\u00e9"]) {
    assert.equal(typeof compileRewrite(text, WILDCARD), "string");
  }
});
