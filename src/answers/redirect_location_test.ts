import assert from "node:assert/strict";
import { redirectLocation } from "./redirect_location.ts";
import type { RedirectTarget } from "./redirect_location.ts";

const BASE: RedirectTarget = { scheme: "https", authority: "shop.test", port: null, path: "/a?b" };

Deno.test("redirectLocation() joins scheme, host, port and path with its query", () => {
  assert.equal(redirectLocation(BASE), "https://shop.test/a?b");
  assert.equal(
    redirectLocation({ ...BASE, authority: "shop.test:8080", port: 8443 }),
    "https://shop.test:8443/a?b",
  );
});

Deno.test("redirectLocation() drops the port of the authority", () => {
  for (const authority of ["shop.test:8080", "shop.test:443", "shop.test:"]) {
    assert.equal(redirectLocation({ ...BASE, authority }), "https://shop.test/a?b");
  }
  assert.equal(redirectLocation({ ...BASE, authority: "[::1]:80" }), "https://[::1]/a?b");
  assert.equal(redirectLocation({ ...BASE, authority: "[::1]" }), "https://[::1]/a?b");
});

Deno.test("redirectLocation() leaves out the default port of the scheme only", () => {
  const url = (scheme: "http" | "https", port: number) =>
    redirectLocation({ ...BASE, scheme, port, path: "/" });
  assert.equal(url("https", 443), "https://shop.test/");
  assert.equal(url("http", 80), "http://shop.test/");
  assert.equal(url("http", 443), "http://shop.test:443/");
  assert.equal(url("https", 80), "https://shop.test:80/");
});

Deno.test("redirectLocation() keeps a path without a slash out of the host", () => {
  assert.equal(redirectLocation({ ...BASE, path: "?a=b" }), "https://shop.test/?a=b");
  assert.equal(redirectLocation({ ...BASE, path: "*" }), "https://shop.test/*");
  assert.equal(redirectLocation({ ...BASE, path: ".evil.test/" }), "https://shop.test/.evil.test/");
  assert.equal(redirectLocation({ ...BASE, path: "" }), "https://shop.test/");
});
