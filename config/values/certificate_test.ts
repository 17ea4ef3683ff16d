import assert from "node:assert/strict";
import { storedName, unhostableName } from "./certificate.ts";

Deno.test("unhostableName() refuses names that no lookup can find, and tells their length only", () => {
  for (const name of ["", ".", "a..test", ".a.test", "/x/.a.test", "a/b", "x".repeat(4097)]) {
    assert.equal(
      unhostableName(["fine.test", name]),
      `the SNI route table cannot host a certificate name, name_bytes=${name.length}`,
    );
  }
  assert.equal(unhostableName(["a.test", "*.b.test", "c.test.", "*", "x".repeat(4096)]), null);
  assert.equal(unhostableName([]), null);
  assert.match(unhostableName(["ü/"]) ?? "", /name_bytes=3/);
});

Deno.test("storedName() folds ASCII letters alone", () => {
  assert.equal(storedName("Example.COM"), "example.com");
  assert.equal(storedName("BÜCHER.test"), "bÜcher.test");
});
