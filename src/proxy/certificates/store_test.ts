import assert from "node:assert/strict";
import { CertificateStore } from "./store.ts";

function certificate(fingerprint: string, names: readonly string[], expiresAt = 100) {
  return { fingerprint, names, expiresAt, credentials: fingerprint };
}

function storeOf(...certificates: ReturnType<typeof certificate>[]): CertificateStore<string> {
  const store = new CertificateStore<string>();
  for (const each of certificates) assert.equal(store.add(each), null);
  return store;
}

const shown = (store: CertificateStore<string>, name: string) => store.find(name)?.credentials;

Deno.test("CertificateStore finds a certificate by fingerprint and name until it is removed", () => {
  const store = storeOf(certificate("aa", ["A.test", "*.b.test"]));
  assert.equal(store.get("aa")?.expiresAt, 100);
  assert.equal(shown(store, "a.test"), "aa");
  assert.equal(shown(store, "x.b.test"), "aa");
  assert.deepEqual(store.find("a.test")?.boundNames, ["*.b.test", "a.test"]);
  store.remove("aa");
  store.remove("aa");
  assert.equal(store.size, 0);
  assert.equal(store.find("a.test"), null);
  assert.equal(store.find("x.b.test"), null);
});

Deno.test("CertificateStore shows the longest-lived certificate of a name, in either order", () => {
  const long = certificate("aa", ["a.test"], 200);
  const short = certificate("bb", ["a.test"], 100);
  assert.equal(shown(storeOf(long, short), "a.test"), "aa");
  assert.equal(shown(storeOf(short, long), "a.test"), "aa");
  const same = certificate("cc", ["a.test"], 200);
  assert.equal(shown(storeOf(long, same), "a.test"), "cc");
  assert.equal(shown(storeOf(same, long), "a.test"), "aa");
});

Deno.test("CertificateStore.put() adds behind the others, with other names and another expiry", () => {
  const store = storeOf(certificate("aa", ["a.test", "old.test"]), certificate("bb", ["a.test"]));
  assert.equal(store.put(certificate("aa", ["a.test", "new.test"])), null);
  assert.equal(shown(store, "a.test"), "aa");
  assert.equal(store.find("old.test"), null);
  assert.equal(shown(store, "new.test"), "aa");
  assert.equal(store.put(certificate("aa", ["a.test"], 300)), null);
  assert.equal(shown(store, "a.test"), "aa");
  assert.equal(store.firstExpiry(), 100);
  assert.equal(store.put(certificate("bb", ["a.test"], 400)), null);
  assert.equal(store.firstExpiry(), 300);
});

Deno.test("CertificateStore.remove() lets the next longest-lived, or a wildcard, take over", () => {
  const store = storeOf(
    certificate("aa", ["*.test"]),
    certificate("bb", ["a.test"], 300),
    certificate("cc", ["a.test"], 200),
  );
  assert.equal(shown(store, "a.test"), "bb");
  store.remove("bb");
  assert.equal(shown(store, "a.test"), "cc");
  store.remove("cc");
  assert.equal(shown(store, "a.test"), "aa");
});

Deno.test("CertificateStore.add() ignores a fingerprint it has", () => {
  const store = storeOf(certificate("aa", ["a.test"], 100));
  assert.equal(store.add(certificate("aa", ["b.test"], 900)), null);
  assert.equal(store.find("b.test"), null);
  assert.equal(store.get("aa")?.expiresAt, 100);
});

Deno.test("CertificateStore.add() refuses a malformed name and changes nothing", () => {
  const store = storeOf();
  assert.match(store.add(certificate("aa", ["a.test", "/(/.test"])) ?? "", /invalid name "\/\(\//);
  assert.equal(store.size, 0);
  assert.equal(store.find("a.test"), null);
});

Deno.test("CertificateStore stores a certificate that has no name", () => {
  const store = storeOf(certificate("aa", ["", "."]));
  assert.equal(store.size, 1);
  assert.equal(store.find(""), null);
});

Deno.test("CertificateStore.firstExpiry() is the earliest of all, and never negative", () => {
  assert.equal(storeOf().firstExpiry(), null);
  assert.equal(storeOf(certificate("aa", [], 7), certificate("bb", [], 5)).firstExpiry(), 5);
  assert.equal(storeOf(certificate("aa", [], -7)).firstExpiry(), 0);
  const changing = storeOf(certificate("aa", [], 7), certificate("bb", [], 5));
  changing.remove("aa");
  assert.equal(changing.firstExpiry(), 5);
  changing.add(certificate("cc", [], 6));
  changing.remove("bb");
  assert.equal(changing.firstExpiry(), 6);
  changing.remove("cc");
  assert.equal(changing.firstExpiry(), null);
});

Deno.test("CertificateStore replaces by adding first: a name is never without certificate", () => {
  const store = storeOf(certificate("aa", ["a.test"], 300));
  store.add(certificate("bb", ["a.test"], 200));
  assert.equal(shown(store, "a.test"), "aa");
  store.remove("aa");
  assert.equal(shown(store, "a.test"), "bb");
});
