import assert from "node:assert/strict";
import { asciiBytes } from "../../bytes/ascii.ts";
import { HOST_NAME, hostEndOf } from "./authority.ts";

/** The host of an authority that stands between other bytes, or null. */
function hostOf(authority: string): string | null {
  for (const [before, after] of [["", ""], ["[", "]:80"], ["a.", ".b"], ["0", "0"]] as const) {
    const bytes = asciiBytes(before + authority + after);
    const start = before.length;
    const end = hostEndOf(bytes, start, start + authority.length);
    const alone = asciiBytes(authority);
    assert.equal(end < 0 ? -1 : end - start, hostEndOf(alone, 0, alone.length), authority);
  }
  const end = hostEndOf(asciiBytes(authority), 0, authority.length);
  return end < 0 ? null : authority.slice(0, end);
}

Deno.test("HOST_NAME is letters, digits, hyphen, dot and underscore", () => {
  const accepted = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte))
    .filter((_, byte) => HOST_NAME[byte] === 1);
  assert.deepEqual(accepted.filter((character) => !/[A-Za-z0-9._-]/.test(character)), []);
  assert.equal(accepted.length, 65);
});

Deno.test("hostEndOf() leaves port and final dot out, and keeps the brackets of an address", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["a.test", "a.test"],
    ["A_b.test:8080", "A_b.test"],
    ["a.test.", "a.test"],
    ["a.test.:1", "a.test"],
    ["a.test:", "a.test"],
    ["a.test..", "a.test."],
    ["127.0.0.1:00080", "127.0.0.1"],
    ["[::1]", "[::1]"],
    ["[::1]:", "[::1]"],
    ["[2001:Db8::1]:65535", "[2001:Db8::1]"],
    ["[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]"],
    ["[1:2:3:4:5:6:7:8]:1", "[1:2:3:4:5:6:7:8]"],
  ];
  for (const [authority, host] of rows) assert.equal(hostOf(authority), host, authority);
});

Deno.test("hostEndOf() refuses everything else", () => {
  const refused = ["", ".", ".:80", ":80", ":", "a:0", "a:65536", "a:x", "a:-1", "a:1:2", "a b"];
  refused.push("a/b", "a@b", "a#b", "a?b", "a\\b", "a%2e", "a,b", "a\tb", "\xe9", "a\x00", "*.a");
  refused.push("[", "]", "[]", "[::1", "::1", "[::1]a", "[::1].", "[::1]:0", "[::1]:65536", "[a]");
  refused.push("[::1%25lo]", "[v1.x]", "[:::]", "[1::2::3]", "[1.2.3.4]", "[12345::]", "a[::1]");
  refused.push(`[${"0:".repeat(40)}:1]`, "a/b@c:99#x");
  for (const authority of refused) assert.equal(hostOf(authority), null, JSON.stringify(authority));
});
