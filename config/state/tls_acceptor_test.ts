import assert from "node:assert/strict";
import { parseAddress } from "../values/address.ts";
import { ClientAuthMode, type SocketAddress, TlsVersion } from "../schema/messages.ts";
import { type AcceptorFacts, tlsAcceptorOf } from "./tls_acceptor.ts";

function address(text: string): SocketAddress {
  const parsed = parseAddress(text);
  assert.ok(parsed !== null);
  return parsed;
}

const STATIC: AcceptorFacts = {
  address: address("127.0.0.1:443"),
  certificate: "c",
  key: "k",
  strict_sni_binding: false,
  versions: [TlsVersion.TLS_V1_2, TlsVersion.TLS_V1_3],
  expect_proxy: false,
};

Deno.test("tlsAcceptorOf() takes the runtime's own TLS for one static certificate alone", () => {
  assert.equal(tlsAcceptorOf(STATIC, "aa", ["aa"]), "runtime");
  assert.equal(tlsAcceptorOf({ ...STATIC, versions: [] }, "aa", ["aa"]), "runtime");
  assert.equal(tlsAcceptorOf({ ...STATIC, address: address("[::1]:1") }, "aa", ["aa"]), "runtime");
  const others: [Partial<AcceptorFacts>, string | null, string[]][] = [
    [{}, null, ["aa"]],
    [{}, "aa", []],
    [{}, "aa", ["bb"]],
    [{}, "aa", ["aa", "bb"]],
    [{ address: address("0.0.0.0:443") }, "aa", ["aa"]],
    [{ address: address("192.0.2.1:443") }, "aa", ["aa"]],
    [{ address: address("[::]:443") }, "aa", ["aa"]],
    [{ strict_sni_binding: true }, "aa", ["aa"]],
    [{ expect_proxy: true }, "aa", ["aa"]],
    [{ client_auth: ClientAuthMode.CLIENT_AUTH_OPTIONAL }, "aa", ["aa"]],
    [{ versions: [TlsVersion.TLS_V1_3] }, "aa", ["aa"]],
    [{ versions: [TlsVersion.TLS_V1_2] }, "aa", ["aa"]],
  ];
  for (const [facts, own, fingerprints] of others) {
    assert.equal(tlsAcceptorOf({ ...STATIC, ...facts }, own, fingerprints), "node");
  }
  const { strict_sni_binding: _default, ...unset } = STATIC;
  assert.equal(tlsAcceptorOf(unset, "aa", ["aa"]), "node");
});
