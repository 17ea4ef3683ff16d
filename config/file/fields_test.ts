// The small parts of the loader: readers of values, paths, suggestions, log grammars, PEM bundles.

import assert from "node:assert/strict";
import fc from "fast-check";
import { isLogFilter } from "./keys/log_target.ts";
import { directoryOf, namesAFile, resolvePath } from "./path.ts";
import { listed, quote } from "./problem.ts";
import { splitCertificateChain } from "./sources.ts";
import { nearest } from "./suggestion.ts";
import { subKey } from "./table.ts";
import { cluster, load, loaded, refusedOnce } from "../../tests/support/config/file.ts";

Deno.test("size accepts up to what a double holds exactly", () => {
  assert.equal(loaded("max_connections = 9007199254740991").max_connections, 2 ** 53 - 1);
  assert.match(refusedOnce("max_connections = 9007199254740992").message, /9007199254740991/);
  assert.match(refusedOnce("max_connections = 99999999999999999999").message, /accepted/);
});

Deno.test("u64 accepts the non-negative half of a TOML integer", () => {
  const text = (value: string) => cluster("c", "http", "", `max_connections_per_ip = ${value}`);
  assert.ok(load(text("9223372036854775807")).ok);
  assert.match(refusedOnce(text("9223372036854775808")).message, /0 to 9223372036854775807/);
  assert.match(refusedOnce(text("-1")).message, /0 to 9223372036854775807/);
});

Deno.test("u8, u16 and u32 accept exactly their width", () => {
  assert.ok(load("worker_count = 65535\nretry_after = 4294967295").ok);
  assert.ok(!load("worker_count = 65536").ok);
  assert.ok(!load("retry_after = 4294967296").ok);
});

Deno.test("integers may be written in other bases and with underscores", () => {
  const config = loaded("worker_count = 0x10\nmax_buffers = 1_000\nbuffer_size = 0o40011");
  assert.deepEqual([config.worker_count, config.max_buffers, config.buffer_size], [
    16,
    1000,
    16_393,
  ]);
});

Deno.test("resolvePath removes dots and resolves against the directory", () => {
  assert.equal(resolvePath("/a/b", "c"), "/a/b/c");
  assert.equal(resolvePath("/a/b", "./../c//d/."), "/a/c/d");
  assert.equal(resolvePath("/a", "/x/../y"), "/y");
  assert.equal(resolvePath("/a", "../../../x"), "/x");
  assert.equal(resolvePath("a", "../../x"), "../x");
  assert.equal(resolvePath(".", "."), ".");
});

Deno.test("resolvePath always gives an absolute path without dot segments", () => {
  const segment = fc.constantFrom("a", "b", ".", "..", "");
  fc.assert(
    fc.property(fc.array(segment), fc.array(segment), (directory, path) => {
      const resolved = resolvePath("/" + directory.join("/"), path.join("/"));
      assert.match(resolved, /^\/$|^(\/[ab])+$/);
    }),
  );
});

Deno.test("directoryOf and namesAFile look at the last segment", () => {
  assert.deepEqual(["/a/b", "/a", "a", "a/b"].map(directoryOf), ["/a", "/", ".", "a"]);
  assert.deepEqual(["a", "/a/b.sock", "a/", ".", "a/.."].map(namesAFile), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("nearest suggests what was meant and nothing far-fetched", () => {
  const keys = ["address", "protocol", "public_address"];
  assert.equal(nearest("adress", keys), "address");
  assert.equal(nearest("PROTOCOL", keys), "protocol");
  assert.equal(nearest("zzz", keys), null);
  assert.equal(nearest("x".repeat(10_000), keys), null);
  assert.equal(nearest("x", []), null);
});

Deno.test("quote escapes control characters and bounds the length", () => {
  assert.equal(quote('a"b\n\u001b'), "'a\"b\\n\\u001b'");
  assert.equal(quote("x".repeat(1_000)).length, 85);
});

Deno.test("listed joins words for a sentence", () => {
  assert.deepEqual([listed([]), listed(["a"]), listed(["a", "b", "c"])], [
    "nothing",
    "a",
    "a, b or c",
  ]);
});

Deno.test("subKey quotes what TOML would quote", () => {
  assert.equal(subKey("", "a"), "a");
  assert.equal(subKey("answers", "404"), "answers.404");
  assert.equal(subKey("clusters", "a.b"), 'clusters."a.b"');
});

Deno.test("isLogFilter follows the filter grammar", () => {
  const accepted = ["info", "WARN", "", "info,h2=debug", "h2=,off", "debug/text", "a::b=trace,"];
  const refused = ["loud", "h2=loud", "a=b=info", "info/a/b"];
  assert.deepEqual(accepted.filter((text) => !isLogFilter(text)), []);
  assert.deepEqual(refused.filter(isLogFilter), []);
});

Deno.test("splitCertificateChain splits behind each end marker", () => {
  const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
  assert.deepEqual(splitCertificateChain(pem("A") + "\n" + pem("B") + "rest"), [
    pem("A"),
    pem("B"),
  ]);
  assert.deepEqual(splitCertificateChain(""), []);
});
