import assert from "node:assert/strict";
import { WORKER_BASIC_AUTH_CREDENTIAL_BYTES } from "../../../config/defaults.ts";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { AuthorizedHashes, MAX_ENTRY_BYTES, parseBasicCredentials } from "./basic_auth.ts";

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function entry(user: string, password: string): string {
  return `${user}:${createHash("sha256").update(password).digest("hex")}`;
}

function basic(credentials: string | Uint8Array): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

function parsed(value: string, maxBytes = WORKER_BASIC_AUTH_CREDENTIAL_BYTES): string[] | null {
  const credentials = parseBasicCredentials(encode(value), maxBytes);
  if (credentials === null) return null;
  return [credentials.user, credentials.password].map((part) => new TextDecoder().decode(part));
}

Deno.test("parseBasicCredentials() reads user and password", () => {
  assert.deepEqual(parsed("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), ["Aladdin", "open sesame"]);
  assert.deepEqual(parsed("Basic Og=="), ["", ""]);
  assert.deepEqual(parsed(basic("user:")), ["user", ""]);
  assert.deepEqual(parsed(basic("us\u00e9r:p\u00e4ss")), ["us\u00e9r", "p\u00e4ss"]);
});

Deno.test("parseBasicCredentials() splits at the first colon", () => {
  assert.deepEqual(parsed(basic("user:pass:word:")), ["user", "pass:word:"]);
});

Deno.test("parseBasicCredentials() takes the scheme in any case and blanks around it", () => {
  for (const scheme of ["Basic ", "basic ", "BASIC ", "bAsIc   ", "   Basic "]) {
    assert.deepEqual(parsed(`${scheme}dTpw`), ["u", "p"], scheme);
  }
});

Deno.test("parseBasicCredentials() refuses other schemes and separators", () => {
  const rows = [
    "",
    " ",
    "Basic",
    "Basic ",
    "BasicdTpw",
    "Basic\tdTpw",
    "\tBasic dTpw",
    "Bearer dTpw",
    "Basi dTpw",
    "Basics dTpw",
    "dTpw",
    "Digest username=x",
  ];
  for (const value of rows) assert.equal(parsed(value), null, JSON.stringify(value));
});

Deno.test("parseBasicCredentials() refuses base64 that is not strictly standard", () => {
  const rows = [
    "dTpwYQ", // no padding
    "dTpwYQ=",
    "dTpwYQ===",
    "dTpw====",
    "dTpwYR==", // unused bits set
    "dTpwYWJ=", // unused bits set
    "dTp-", // URL alphabet
    "dTp_",
    "dT pw",
    "dTpw ",
    "dTpw\t",
    "dT=w",
    "=Tpw",
    "====",
    "dTpw!",
    "dTpw, dTpw",
  ];
  for (const text of rows) assert.equal(parsed(`Basic ${text}`), null, text);
});

Deno.test("parseBasicCredentials() refuses credentials without a colon", () => {
  assert.equal(parsed(basic("user")), null);
  assert.equal(parsed("Basic dXNlcg=="), null);
});

Deno.test("parseBasicCredentials() refuses a user that is not UTF-8, not such a password", () => {
  assert.equal(parsed(basic(Uint8Array.of(0xff, 0x3a, 0x70))), null);
  const credentials = parseBasicCredentials(encode(basic(Uint8Array.of(0x75, 0x3a, 0xff))), 4096);
  assert.deepEqual(credentials?.password, Uint8Array.of(0xff));
});

Deno.test("parseBasicCredentials() bounds the decoded length", () => {
  for (const limit of [1, 2, 3, 10, 11, 12, 4096]) {
    assert.notEqual(parsed(basic(`:${"x".repeat(limit - 1)}`), limit), null, `${limit}`);
    assert.equal(parsed(basic(`:${"x".repeat(limit)}`), limit), null, `${limit} and one`);
  }
});

Deno.test("parseBasicCredentials() reads what an independent encoder wrote", () => {
  const name = fc.string({ unit: "grapheme", maxLength: 40 }).filter((text) => !text.includes(":"));
  const password = fc.string({ unit: "grapheme", maxLength: 40 });
  fc.assert(fc.property(name, password, (user, secret) => {
    assert.deepEqual(parsed(basic(`${user}:${secret}`)), [user, secret]);
  }));
});

Deno.test("parseBasicCredentials() never throws, whatever the bytes", () => {
  const hostile = fc.oneof(
    fc.uint8Array(),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => encode(basic(bytes))),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.of(...encode("Basic "), ...bytes)),
  );
  fc.assert(fc.property(hostile, fc.nat({ max: 100 }), (bytes, limit) => {
    const credentials = parseBasicCredentials(bytes, limit);
    if (credentials === null) return;
    assert.ok(credentials.user.length + 1 + credentials.password.length <= limit);
  }));
});

Deno.test("AuthorizedHashes.allows() compares with every entry", () => {
  const hashes = new AuthorizedHashes([entry("ann", "one"), entry("bob", "two"), entry("", "")]);
  const allows = (value: string | null) =>
    hashes.allows(value === null ? null : encode(value), sha256);
  assert.equal(allows(basic("ann:one")), true);
  assert.equal(allows(basic("bob:two")), true);
  assert.equal(allows(basic(":")), true);
  assert.equal(allows(basic("ann:two")), false);
  assert.equal(allows(basic("Ann:one")), false);
  assert.equal(allows(basic("carl:one")), false);
  assert.equal(allows("Basic !"), false);
  assert.equal(allows(null), false);
});

Deno.test("AuthorizedHashes.allows() refuses everybody when the list is empty", () => {
  assert.equal(new AuthorizedHashes([]).allows(encode(basic(":")), sha256), false);
  assert.equal(new AuthorizedHashes([""]).allows(encode(basic(":")), sha256), false);
});

Deno.test("AuthorizedHashes.allows() wants the hash in lower case", () => {
  const upper = entry("ann", "one").toUpperCase().replace("ANN", "ann");
  assert.equal(new AuthorizedHashes([upper]).allows(encode(basic("ann:one")), sha256), false);
});

Deno.test("AuthorizedHashes.allows() does not confuse long users with a common beginning", () => {
  const room = MAX_ENTRY_BYTES - 65;
  const user = "u".repeat(room);
  const hashes = new AuthorizedHashes([entry(user, "one"), entry(`${user}v`, "two")]);
  const allows = (name: string, password: string) =>
    hashes.allows(encode(basic(`${name}:${password}`)), sha256);
  assert.equal(allows(user, "one"), true);
  assert.equal(allows(`${user.slice(1)}w`, "one"), false);
  assert.equal(allows(user.slice(1), "one"), false);
  assert.equal(allows(`${user}v`, "two"), false, "an entry of 257 bytes never matches");
  assert.equal(allows(`${user}v`, "one"), false);
});

Deno.test("AuthorizedHashes.allows() tells a zero byte from padding", () => {
  const hashes = new AuthorizedHashes([`${entry("ann", "one")}\0`]);
  assert.equal(hashes.allows(encode(basic("ann:one")), sha256), false);
});

Deno.test("AuthorizedHashes.allows() bounds credentials by 4096 bytes unless told otherwise", () => {
  const password = "p".repeat(5000);
  const hashes = new AuthorizedHashes([entry("ann", password)]);
  const value = encode(basic(`ann:${password}`));
  assert.equal(hashes.allows(value, sha256), false);
  assert.equal(hashes.allows(value, sha256, 0), false);
  assert.equal(hashes.allows(value, sha256, 5004), true);
  assert.equal(hashes.allows(value, sha256, 5003), false);
});

Deno.test("AuthorizedHashes.allows() does not hash what cannot be credentials", () => {
  let hashed = 0;
  const counting = (bytes: Uint8Array) => {
    hashed++;
    return sha256(bytes);
  };
  const hashes = new AuthorizedHashes([entry("ann", "one")]);
  hashes.allows(encode("Bearer x"), counting);
  hashes.allows(encode(basic(`ann:${"p".repeat(10_000)}`)), counting);
  assert.equal(hashed, 0);
  hashes.allows(encode(basic("ann:one")), counting);
  assert.equal(hashed, 1);
});
