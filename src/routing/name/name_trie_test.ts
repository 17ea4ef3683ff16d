import assert from "node:assert/strict";
import { NameTrie, parseStoredName, type StoredName } from "./name_trie.ts";

function stored(name: string): StoredName {
  const parsed = parseStoredName(name);
  assert.ok(parsed !== null && typeof parsed !== "string", `${name}: ${parsed}`);
  return parsed;
}

function trieOf(...names: string[]): NameTrie<string> {
  const trie = new NameTrie<string>();
  for (const name of names) trie.set(stored(name), name);
  return trie;
}

Deno.test("NameTrie.find() takes a wildcard for exactly one label, and never the apex", () => {
  const trie = trieOf("*.example.com");
  assert.equal(trie.find("a.example.com"), "*.example.com");
  for (const name of ["example.com", "a.b.example.com", ".example.com", "", ".", "com"]) {
    assert.equal(trie.find(name), null, name);
  }
});

Deno.test("NameTrie.find() prefers the exact name and does not go back to a wildcard", () => {
  const trie = trieOf("*.example.com", "x.sub.example.com", "a.example.com");
  assert.equal(trie.find("a.example.com"), "a.example.com");
  assert.equal(trie.find("x.sub.example.com"), "x.sub.example.com");
  // `sub` exists on the way to another name: it has no value, so the wildcard of its level has it.
  assert.equal(trie.find("sub.example.com"), "*.example.com");
  assert.equal(trie.find("y.sub.example.com"), null);
});

Deno.test("NameTrie.find() sees a wildcard whatever literal siblings share a prefix", () => {
  const trie = trieOf(
    "*.services.example",
    "*.example",
    "services.example",
    "pref1.services.example",
    "pref2.services.example",
  );
  assert.equal(trie.find("pref3.services.example"), "*.services.example");
  assert.equal(trie.find("services.example"), "services.example");
  assert.equal(trie.find("other.example"), "*.example");
});

Deno.test("NameTrie.find() does not depend on the order of insertion", () => {
  const names = ["*.test.example.com", "hello.sub.test.example.com"];
  for (const order of [names, names.toReversed()]) {
    const trie = trieOf(...order);
    assert.equal(trie.find("sub.test.example.com"), "*.test.example.com");
    assert.equal(trie.find("hello.sub.test.example.com"), "hello.sub.test.example.com");
  }
});

Deno.test("NameTrie.find() lets a bare wildcard match any single label", () => {
  const trie = trieOf("*");
  assert.equal(trie.find("localhost"), "*");
  assert.equal(trie.find("a.b"), null);
});

Deno.test("NameTrie.find() tries the literal label, then expressions in their order, then the wildcard", () => {
  const trie = trieOf("/v[0-9]+/.api.test", "/v.*/.api.test", "/r[a-z.]+/.deep.test");
  assert.equal(trie.find("v12.api.test"), "/v[0-9]+/.api.test");
  assert.equal(trie.find("vx.api.test"), "/v.*/.api.test");
  assert.equal(trie.find("w.api.test"), null);
  assert.equal(trie.find("rab.deep.test"), "/r[a-z.]+/.deep.test");
  assert.equal(trieOf("*.api.test", "/v.*/.api.test").find("v1.api.test"), "/v.*/.api.test");
  // A way that ends without a value is left.
  const back = trieOf("x.sub.test", "y./s.*/.test", "z./su.*/.test", "*.sub.test");
  assert.equal(back.find("x.sub.test"), "x.sub.test");
  assert.equal(back.find("y.sub.test"), "*.sub.test");
  assert.equal(back.find("z.sup.test"), "z./su.*/.test");
  assert.equal(back.find("w.sup.test"), null);
  assert.equal(trieOf("a.b.test", "c./b/.test").find("c.b.test"), "c./b/.test");
  assert.equal(trieOf("a./[bc]/.test").find("a.b.test"), "a./[bc]/.test");
});

Deno.test("parseStoredName() refuses malformed expressions, and drops what nobody can ask for", () => {
  for (const name of ["/a.test", "/(/.test", "x/a/.test", "/a/x.test", "//.test", "a/b.test"]) {
    assert.equal(typeof parseStoredName(name), "string", name);
  }
  assert.equal(parseStoredName(""), null);
  assert.equal(parseStoredName("."), null);
  assert.equal(typeof parseStoredName("x".repeat(4097)), "string");
});

Deno.test("parseStoredName() folds case, converts to ASCII and drops a trailing dot", () => {
  assert.equal(stored("ExAmple.COM.").text, "example.com");
  assert.equal(stored("*.Bücher.test").text, "*.xn--bcher-kva.test");
  assert.equal(trieOf("EXAMPLE.com").find("example.com"), "EXAMPLE.com");
});

Deno.test("NameTrie.delete() uncovers the wildcard and leaves nothing behind", () => {
  const names = ["a.b.test", "*.b.test", "/x+/.b.test", "*"].map(stored);
  const trie = new NameTrie<string>();
  for (const name of names) trie.set(name, name.text);
  trie.delete(stored("a.b.test"));
  assert.equal(trie.find("a.b.test"), "*.b.test");
  trie.delete(stored("unknown.b.test"));
  for (const name of names) trie.delete(name);
  assert.ok(trie.empty);
});
