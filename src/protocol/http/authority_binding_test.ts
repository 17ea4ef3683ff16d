import assert from "node:assert/strict";
import { AuthorityBinding } from "./authority_binding.ts";

function accepts(serverName: string, names: readonly string[] | null, authority: string): boolean {
  const bytes = new TextEncoder().encode(`Host: ${authority}\r\n`);
  return new AuthorityBinding(serverName, names).accepts(bytes, 6, bytes.length - 2);
}

Deno.test("AuthorityBinding without a certificate's names accepts the server name alone", () => {
  const cases: [string, string, boolean][] = [
    ["example.com", "example.com", true],
    ["example.com", "Example.COM", true],
    ["example.com", "example.com:8443", true],
    ["example.com", "example.com:", true],
    ["example.com", "example.com.:", true],
    ["[::1]", "[::1]:", true],
    ["example.com", ":", false],
    ["example.com", "example.com.", true],
    ["tenant-a.example.com", "tenant-b.example.com", false],
    ["example.com", "example.co", false],
    ["example.com", "example.commons", false],
    ["*.example.com", "foo.example.com", false],
    ["[::1]", "[::1]:8443", true],
    ["[::1]", "[::1]", true],
    ["example.com", "", false],
    ["example.com", ":443", false],
  ];
  for (const [serverName, authority, expected] of cases) {
    assert.equal(accepts(serverName, null, authority), expected, `${authority} for ${serverName}`);
  }
});

Deno.test("AuthorityBinding accepts what the names of the certificate cover", () => {
  const cases: [readonly string[], string, boolean][] = [
    [["example.com"], "example.com", true],
    [["*.example.com"], "staging-3.example.com", true],
    [["*.example.com"], "example.com", false],
    [["*.example.com"], "a.b.example.com", false],
    [["foo.*.example.com"], "foo.a.example.com", false],
    [["example.com"], "EXAMPLE.com", true],
    [["example.com"], "example.com:8443", true],
    [["example.com"], "example.com.", true],
    [["example.com"], "example.com.:8443", true],
    [["*.example.com"], "foo.example.com.", true],
    [["xn--bcher-kva.test"], "xn--bcher-kva.test", true],
    [[], "example.com", false],
    [["a.test", "b.test"], "b.test", true],
    [["*.example.com"], "example.commons", false],
    [["[::1]"], "[::1]:8443", true],
    [["*.example.com"], "*.example.com", false],
    [["*.example.com"], ".example.com", false],
    [["*"], "localhost", false],
    [["*."], "a.", false],
  ];
  for (const [names, authority, expected] of cases) {
    assert.equal(accepts("sni.test", names, authority), expected, `${authority} for ${names}`);
  }
});

Deno.test("AuthorityBinding remembers what it accepted without accepting anything else", () => {
  const binding = new AuthorityBinding("a.test", ["a.test", "*.b.test"]);
  const ask = (authority: string) => {
    const bytes = new TextEncoder().encode(authority);
    return binding.accepts(bytes, 0, bytes.length);
  };
  assert.deepEqual(
    ["a.test", "A.TEST", "x.b.test", "X.b.test:1", "a.test", "y.c.test", "x.b.tes"].map(ask),
    [true, true, true, true, true, false, false],
  );
});

Deno.test("AuthorityBinding tells whether the authority is the name of its connection", () => {
  const binding = new AuthorityBinding("a.test", ["a.test", "*.b.test"]);
  const ask = (authority: string) => {
    const bytes = new TextEncoder().encode(authority);
    return [binding.accepts(bytes, 0, bytes.length), binding.isOther];
  };
  assert.deepEqual(ask("a.test:8443"), [true, false]);
  assert.deepEqual(ask("x.b.test"), [true, true]);
  assert.deepEqual(ask("x.b.test"), [true, true]);
  assert.deepEqual(ask("A.test."), [true, false]);
});
