import assert from "node:assert/strict";
import { HelloRoutes } from "./hello_routes.ts";

/** A table of services by `name` or `name protocol protocol`. */
function routesOf(...texts: string[]): HelloRoutes<{ readonly text: string }> {
  const routes = new HelloRoutes<{ readonly text: string }>();
  for (const text of texts) {
    const [name = "", ...protocols] = text.split(" ");
    routes.set(name, protocols, { text });
  }
  return routes;
}

function found(
  routes: HelloRoutes<{ readonly text: string }>,
  name: string | null,
  ...offered: string[]
): string {
  const service = routes.find(name, offered);
  return typeof service === "string" ? service : service.text;
}

Deno.test("HelloRoutes.find() prefers the exact name, and a wildcard stands for one label", () => {
  const routes = routesOf("a.test", "*.test", "*.a.test", "b.test");
  const rows = [["a.test", "a.test"], ["x.test", "*.test"], ["x.a.test", "*.a.test"]] as const;
  for (const [name, text] of rows) assert.equal(found(routes, name), text);
  for (const name of ["test", "x.x.test", "x.x.a.test", ".test", "other"]) {
    assert.equal(found(routes, name), "sni_unmatched", name);
  }
  assert.equal(found(routes, null, "h2"), "no_sni");
});

Deno.test("HelloRoutes.find() lets the first protocol decide that a client offers and a service has", () => {
  const routes = routesOf("a.test h2", "a.test http/1.1 smtp", "a.test", "b.test h2");
  assert.equal(found(routes, "a.test", "smtp", "h2"), "a.test http/1.1 smtp");
  assert.equal(found(routes, "a.test", "unknown", "h2", "smtp"), "a.test h2");
  assert.equal(found(routes, "a.test", "unknown"), "a.test");
  assert.equal(found(routes, "a.test"), "a.test");
  assert.equal(found(routes, "b.test", "http/1.1"), "alpn_unmatched");
  assert.equal(found(routes, "b.test"), "alpn_unmatched");
});

Deno.test("HelloRoutes.find() asks no wildcard about protocols that the exact name does not have", () => {
  const routes = routesOf("a.test h2", "*.test");
  assert.equal(found(routes, "a.test", "http/1.1"), "alpn_unmatched");
});

Deno.test("HelloRoutes.set() takes away what it is told, and nothing else", () => {
  const routes = routesOf("a.test h2", "a.test", "*.test");
  routes.set("a.test", ["h2"], null);
  assert.equal(found(routes, "a.test", "h2"), "a.test");
  routes.set("a.test", [], null);
  assert.equal(found(routes, "a.test"), "*.test");
  assert.equal(routes.unnamed, false);
  routes.set("*.test", [], null);
  assert.ok(routes.unnamed);
});
