import assert from "node:assert/strict";
import { renderHsts, withHsts } from "./hsts.ts";
import type { HstsHeader, HstsSettings } from "./hsts.ts";

function rendered(settings: HstsSettings): HstsHeader {
  const header = renderHsts(settings);
  assert.ok(header !== null);
  return header;
}

Deno.test("renderHsts() writes the shapes of the value without a trailing semicolon", () => {
  const rows: [HstsSettings, string][] = [
    [{ max_age: 31_536_000 }, "max-age=31536000"],
    [{ max_age: 300, include_subdomains: true }, "max-age=300; includeSubDomains"],
    [{ max_age: 300, preload: true }, "max-age=300; preload"],
    [
      { max_age: 63_072_000, include_subdomains: true, preload: true },
      "max-age=63072000; includeSubDomains; preload",
    ],
    [{ max_age: 0 }, "max-age=0"],
    [{ max_age: 4_294_967_295, include_subdomains: false, preload: false }, "max-age=4294967295"],
  ];
  for (const [settings, text] of rows) {
    const header = rendered({ enabled: true, ...settings });
    assert.equal(header.text, text);
    assert.equal(new TextDecoder().decode(header.value), text);
    assert.equal(
      new TextDecoder().decode(header.line),
      `strict-transport-security: ${text}\r\n`,
    );
  }
});

Deno.test("renderHsts() gives nothing when disabled, unset or without a maximum age", () => {
  assert.equal(renderHsts(null), null);
  assert.equal(renderHsts({}), null);
  assert.equal(renderHsts({ max_age: 300 }), null);
  assert.equal(renderHsts({ enabled: false, max_age: 300 }), null);
  assert.equal(renderHsts({ enabled: true, include_subdomains: true }), null);
});

Deno.test("renderHsts() keeps a backend's header unless told to replace it", () => {
  assert.equal(rendered({ enabled: true, max_age: 1 }).replacesBackend, false);
  const replacing = { enabled: true, max_age: 1, force_replace_backend: true };
  assert.equal(rendered(replacing).replacesBackend, true);
});

Deno.test("withHsts() gives exactly one header", () => {
  const keeping = rendered({ enabled: true, max_age: 1 });
  const replacing = rendered({ enabled: true, max_age: 1, force_replace_backend: true });
  const ours = { name: "strict-transport-security", value: "max-age=1" };
  const theirs = { name: "Strict-Transport-Security", value: "max-age=9" };
  const other = { name: "A", value: "b" };
  assert.deepEqual(withHsts([other], keeping), [other, ours]);
  assert.deepEqual(withHsts([theirs, other], keeping), [theirs, other]);
  assert.deepEqual(withHsts([theirs, other, theirs], replacing), [other, ours]);
  assert.deepEqual(withHsts([theirs], null), [theirs]);
});
