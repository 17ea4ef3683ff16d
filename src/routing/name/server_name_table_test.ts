import assert from "node:assert/strict";
import { RouteError } from "../route_rule.ts";
import { parseServerName, ServerNameTable } from "./server_name_table.ts";

function table(names: Record<string, string>, fallback: string | null = null) {
  const services = new ServerNameTable<string>();
  for (const [name, service] of Object.entries(names)) services.set(name, service);
  services.fallback = fallback;
  return services;
}

Deno.test("ServerNameTable prefers the exact name, then the wildcard, then what has no name", () => {
  const services = table({ "a.test": "a", "b.a.test": "b", "*.a.test": "star" }, "rest");
  const rows: [string | null, string][] = [
    ["a.test", "a"],
    ["b.a.test", "b"],
    ["c.a.test", "star"],
    // A star stands for one label, as in a certificate.
    ["d.c.a.test", "rest"],
    ["xa.test", "rest"],
    ["test", "rest"],
    [null, "rest"],
  ];
  for (const [name, service] of rows) assert.equal(services.find(name), service, String(name));
});

Deno.test("ServerNameTable finds nothing for a stranger when every service has a name", () => {
  const services = table({ "a.test": "a" });
  assert.equal(services.find("b.test"), null);
  assert.equal(services.find(null), null);
});

Deno.test("ServerNameTable.unnamed tells whether names matter", () => {
  const services = table({}, "rest");
  assert.equal(services.unnamed, true);
  services.set("*.a.test", "star");
  assert.equal(services.unnamed, false);
  services.set("*.a.test", null);
  assert.equal(services.unnamed, true);
});

Deno.test("parseServerName() normalises names and refuses what no client can ask for", () => {
  assert.equal(parseServerName("WWW.Example.test."), "www.example.test");
  assert.equal(parseServerName("*.Example.test"), "*.example.test");
  assert.equal(parseServerName("bücher.test"), "xn--bcher-kva.test");
  for (const text of ["", "*", "*a.test", "*.", "a.*.test", "/a+/.test"]) {
    assert.ok(parseServerName(text) instanceof RouteError, text);
  }
});
