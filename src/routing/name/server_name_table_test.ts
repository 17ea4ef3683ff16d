import assert from "node:assert/strict";
import { RouteError } from "../route_rule.ts";
import { parseServerName, ServerNameTable } from "./server_name_table.ts";

function table(names: Record<string, string>) {
  const services = new ServerNameTable<string>();
  for (const [name, service] of Object.entries(names)) services.set(name, service);
  return services;
}

Deno.test("ServerNameTable prefers the exact name, then the wildcard", () => {
  const services = table({ "a.test": "a", "b.a.test": "b", "*.a.test": "star" });
  const rows: [string, string | null][] = [
    ["a.test", "a"],
    ["b.a.test", "b"],
    ["c.a.test", "star"],
    // A star stands for one label, as in a certificate.
    ["d.c.a.test", null],
    ["xa.test", null],
    ["test", null],
  ];
  for (const [name, service] of rows) assert.equal(services.find(name), service, name);
});

Deno.test("ServerNameTable.get() knows names as they were set, wildcards included", () => {
  const services = table({ "a.test": "a", "*.a.test": "star" });
  assert.deepEqual([services.get("a.test"), services.get("*.a.test")], ["a", "star"]);
  assert.deepEqual([services.get("x.a.test"), services.get("*.b.test")], [null, null]);
});

Deno.test("ServerNameTable.empty tells whether names matter", () => {
  const services = table({});
  assert.equal(services.empty, true);
  services.set("*.a.test", "star");
  assert.equal(services.empty, false);
  services.set("*.a.test", null);
  assert.equal(services.empty, true);
});

Deno.test("parseServerName() normalises names and refuses what no client can ask for", () => {
  assert.equal(parseServerName("WWW.Example.test."), "www.example.test");
  assert.equal(parseServerName("*.Example.test"), "*.example.test");
  assert.equal(parseServerName("bücher.test"), "xn--bcher-kva.test");
  for (const text of ["", "*", "*a.test", "*.", "a.*.test", "/a+/.test"]) {
    assert.ok(parseServerName(text) instanceof RouteError, text);
  }
});
