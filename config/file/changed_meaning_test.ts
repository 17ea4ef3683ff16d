import assert from "node:assert/strict";
import { cluster, load } from "../../tests/support/config/file.ts";
import type { ConfigProblem } from "./problem.ts";

/** What is remarked on a cluster with these frontends of one listener. */
function warnings(...frontends: string[]): ConfigProblem[] {
  const list = frontends.map((keys) => `{ address = "127.0.0.1:1", ${keys} }`).join(", ");
  const result = load(cluster("c", "http", list));
  assert.ok(result.ok, JSON.stringify(!result.ok && result.errors));
  return result.warnings;
}

const HOST = "hostname = 'h.test'";
const regex = (path: string) => `${HOST}, path = '${path}', path_type = "REGEX"`;

/** The only remark. */
function only(...frontends: string[]): ConfigProblem {
  const found = warnings(...frontends);
  assert.equal(found.length, 1, JSON.stringify(found));
  return found[0] as ConfigProblem;
}

Deno.test("an expression that does not say where its ends are is remarked on, with what to write", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["/api", "'.*/api.*'", "'^/api$'"],
    ["^/items/[0-9]+", "'^/items/[0-9]+.*'", "'^/items/[0-9]+$'"],
    ["id=[0-9]+$", "'.*id=[0-9]+$'", "'^id=[0-9]+$'"],
    ["^/a|/b$", "'^/a.*|.*/b$'", "'^(?:^/a|/b$)$'"],
    ["(?i)/x", "'(?i).*/x.*'", "'(?i)^/x$'"],
    ["/a[|]b", "'.*/a[|]b.*'", "'^/a[|]b$'"],
    ["/(a|b)", "'.*/(a|b).*'", "'^/(a|b)$'"],
    ["^/cost\\$", "'^/cost\\\\$.*'", "'^/cost\\\\$$'"],
    ["", "'.*.*'", "'^$'"],
  ];
  for (const [path, searching, anchored] of cases) {
    const { key, line, message } = only(regex(path));
    assert.equal(key, "clusters.c.frontends[0].path");
    assert.ok(line > 0);
    assert.ok(
      message.includes(`write ${searching} for the meaning it had, or ${anchored}`),
      message,
    );
  }
  const silent = [
    "^/api$",
    ".*/api.*",
    "^/a.*",
    ".*id=[0-9]+$",
    "^/a$|^/b$",
    "\\A/a\\z",
    "(?i)^/a$",
  ];
  for (const path of silent) assert.deepEqual(warnings(regex(path)), [], path);
  assert.deepEqual(
    warnings(`${HOST}, path = "/api"`, `${HOST}, path = "/e", path_type = "EQUALS"`),
    [],
  );
});

Deno.test("what is written instead is read without a remark", () => {
  for (const path of ["/api", "^/a|/b$", "(?i)/x", "id=[0-9]+$", "/(a|b)"]) {
    const { message } = only(regex(path));
    const written = [...message.matchAll(/(?:write|or) '([^']*)'/g)].map(([, text]) => text ?? "");
    assert.equal(written.length, 2);
    for (const text of written) assert.deepEqual(warnings(regex(text)), [], text);
  }
});

Deno.test("a method that is not written as methods are is remarked on", () => {
  const { key, message } = only(`${HOST}, method = "get"`);
  assert.equal(key, "clusters.c.frontends[0].method");
  assert.match(message, /write 'GET'/);
  for (const method of ["GET", "patch", "M-SEARCH"]) {
    assert.deepEqual(warnings(`${HOST}, method = "${method}"`), [], method);
  }
});

Deno.test("hosts that pass requests on, or come before a wildcard, are remarked on once", () => {
  const wild = "hostname = '*.h.test'";
  const partly = (name: string) => `hostname = '${name}.h.test', path = "/static"`;
  const passes = only(wild, partly("a"), partly("b"), partly("c"), partly("d"));
  assert.equal(passes.key, "clusters.c.frontends[1].hostname");
  assert.match(passes.message, /^Each of the hosts 'a\.h\.test', .* and 1 more passes requests/);
  assert.match(passes.message, /redirect = 'unauthorized'/);
  assert.deepEqual(warnings(wild, partly("a"), "hostname = 'a.h.test'"), []);
  assert.deepEqual(warnings(wild, "hostname = 'a.b.h.test', path = '/x'"), []);
  assert.deepEqual(warnings(wild, `${partly("a")}, position = "PRE"`), []);
  assert.match(only("hostname = '/a+/.h.test'", partly("a")).message, /passes requests/);
  const overtakes = only(wild, "hostname = '/a+/.h.test'");
  assert.equal(overtakes.key, "clusters.c.frontends[1].hostname");
  assert.match(overtakes.message, /^Host '\/a\+\/\.h\.test' is tried before the wildcard/);
  assert.deepEqual(warnings("hostname = '*.other.test'", "hostname = '/a+/.h.test'"), []);
});

Deno.test("groups of several labels are remarked on where they are used", () => {
  const host = "hostname = '/(a+)/./(b+)/.test'";
  const { key, message } = only(`${host}, rewrite_host = "$HOST[1].new.test"`);
  assert.equal(key, "clusters.c.frontends[0].rewrite_host");
  assert.match(message, /from its left/);
  assert.deepEqual(warnings(`${host}, rewrite_host = "$HOST[0]"`), []);
  assert.deepEqual(warnings("hostname = '/(a+)/./b+/.test', rewrite_host = '$HOST[1].x'"), []);
});
