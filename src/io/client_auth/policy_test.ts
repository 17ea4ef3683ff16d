// Verdicts about certificates of clients, without a handshake: by authorities, dates, purposes, names and
// revocation lists.

import assert from "node:assert/strict";
import {
  generalName,
  type IssuedCertificate,
  TestAuthority,
} from "../../../tests/support/tls/test_authority.ts";
import { seededRandom } from "../../../tests/support/seeded_random.ts";
import { readCertificateFields } from "../x509/certificate_fields.ts";
import { pemBytes } from "../x509/pem.ts";
import { readRevocationList } from "../x509/revocation_list.ts";
import { ClientAuthPolicy, type ClientAuthTexts } from "./policy.ts";

const ROOT = new TestAuthority("root");
const OTHER = new TestAuthority("other");
const DAY_MS = 24 * 3600 * 1000;

function policyOf(texts: Partial<ClientAuthTexts>, now = Date.now): ClientAuthPolicy {
  const all = { required: true, authorities: [ROOT.certificate], lists: [], ...texts };
  const policy = ClientAuthPolicy.create(all, now);
  if (typeof policy === "string") throw new Error(policy);
  return policy;
}

/** "ok", "none", or the kind of the refusal. */
function verdict(
  policy: ClientAuthPolicy,
  chain: readonly { readonly der: Uint8Array }[],
  problem = "",
): string {
  const judged = policy.judge({ chain: chain.map(({ der }) => der), problem });
  if (judged === null) return "none";
  return "alert" in judged ? judged.kind : "ok";
}

function refusalOf(texts: Partial<ClientAuthTexts>): string {
  const all = { required: true, authorities: [ROOT.certificate], lists: [], ...texts };
  const policy = ClientAuthPolicy.create(all, Date.now);
  return typeof policy === "string" ? policy : "";
}

Deno.test("judge() accepts a certificate of a listed authority, and tells who it is", () => {
  const names = [generalName(2, "client.test"), generalName(6, "spiffe://a/b,c%")];
  const client = ROOT.issue({ commonName: "Jörg, x", names });
  const judged = policyOf({}).judge({ chain: [client.der], problem: "" });
  assert.ok(judged !== null && "subject" in judged);
  assert.equal(judged.subject, "CN=J\\C3\\B6rg\\, x");
  assert.equal(judged.names, "DNS:client.test,URI:spiffe://a/b%2Cc%25");
  assert.match(judged.fingerprint, /^[0-9a-f]{64}$/);
});

Deno.test("judge() refuses what is foreign, out of its time, for something else, or not the client's own", () => {
  const policy = policyOf({});
  const rows: [string, IssuedCertificate | TestAuthority][] = [
    ["unknown_issuer", OTHER.issue()],
    // Same name, another key.
    ["unknown_issuer", new TestAuthority("root").issue()],
    ["expired", ROOT.issue({ days: [-9, -1] })],
    ["not_yet_valid", ROOT.issue({ days: [1, 9] })],
    ["purpose", ROOT.issue({ purposes: ["1.3.6.1.5.5.7.3.1"] })],
    ["purpose", ROOT.issue({ keyUsage: 0x20 })],
    ["purpose", ROOT],
    ["malformed", ROOT.issue({ version: 1 })],
    ["malformed", ROOT.issue({ critical: "1.2.3.4" })],
    ["ok", ROOT.issue({ purposes: null })],
    ["ok", ROOT.issue({ keyUsage: 0x80 })],
  ];
  for (const [wanted, certificate] of rows) assert.equal(verdict(policy, [certificate]), wanted);
  assert.equal(verdict(policy, [{ der: Uint8Array.of(0x30, 0x03, 1) }]), "malformed");
  // The TLS library may know better.
  assert.equal(verdict(policy, [ROOT.issue()], "CERT_REVOKED"), "unknown_issuer");
});

Deno.test("judge() asks for a certificate where one is required only", () => {
  assert.equal(verdict(policyOf({}), []), "missing");
  assert.equal(verdict(policyOf({ required: false }), []), "none");
  assert.equal(verdict(policyOf({ required: false }), [OTHER.issue()]), "unknown_issuer");
});

Deno.test("judge() follows what the client sent up to a listed authority, and no further than it may", () => {
  const policy = policyOf({});
  const middle = new TestAuthority("middle", ROOT);
  const client = middle.issue();
  assert.equal(verdict(policy, [client]), "unknown_issuer");
  assert.equal(verdict(policy, [client, OTHER, middle]), "ok");
  const rows: [string, TestAuthority][] = [
    ["constraint", new TestAuthority("middle", ROOT, { isAuthority: false })],
    ["constraint", new TestAuthority("middle", ROOT, { keyUsage: 0x80 })],
    ["expired", new TestAuthority("middle", ROOT, { days: [-9, -1] })],
    ["purpose", new TestAuthority("middle", ROOT, { purposes: ["1.3.6.1.5.5.7.3.1"] })],
    ["ok", new TestAuthority("middle", ROOT, { pathLength: 0 })],
  ];
  for (const [wanted, authority] of rows) {
    assert.equal(verdict(policy, [authority.issue(), authority]), wanted);
  }
  const short = new TestAuthority("short", ROOT, { pathLength: 0 });
  const below = new TestAuthority("below", short);
  assert.equal(verdict(policy, [below.issue(), below, short]), "constraint");
});

Deno.test("judge() gives up on chains that are made to take long", () => {
  const authorities = Array.from({ length: 14 }, () => new TestAuthority("same"));
  const began = performance.now();
  const chain = [new TestAuthority("same").issue(), ...authorities];
  assert.equal(verdict(policyOf({}), chain), "unknown_issuer");
  assert.ok(performance.now() - began < 2_000);
  const many = Array.from({ length: 20 }, () => ROOT);
  assert.equal(verdict(policyOf({}), [ROOT.issue(), ...many]), "malformed");
});

Deno.test("judge() holds certificates to the names that an authority permits", () => {
  const below = (
    name: string,
    permitted: Uint8Array[],
    excluded: Uint8Array[],
    names: Uint8Array[],
  ) => {
    const authority = new TestAuthority(name, ROOT, { permitted, excluded });
    return verdict(policyOf({}), [authority.issue({ names }), authority]);
  };
  const dns = (name: string) => generalName(2, name);
  const ip = (...bytes: number[]) => generalName(7, Uint8Array.from(bytes));
  const rows: [string, Uint8Array[], Uint8Array[], Uint8Array[]][] = [
    ["ok", [dns("a.test")], [], [dns("x.A.test"), dns("a.test")]],
    ["constraint", [dns("a.test")], [], [dns("xa.test")]],
    ["constraint", [dns("a.test")], [], [dns("x.a.test"), dns("b.test")]],
    ["constraint", [], [dns("a.test")], [dns("x.a.test")]],
    ["ok", [], [dns("a.test")], [dns("b.test")]],
    ["ok", [dns("a.test")], [], [generalName(1, "me@b.test")]],
    ["ok", [generalName(1, "b.test")], [], [generalName(1, "me@b.test")]],
    ["constraint", [generalName(1, "b.test")], [], [generalName(1, "me@x.b.test")]],
    ["ok", [generalName(1, ".b.test")], [], [generalName(1, "me@x.b.test")]],
    ["constraint", [generalName(1, "you@b.test")], [], [generalName(1, "me@b.test")]],
    ["ok", [ip(10, 0, 0, 0, 255, 0, 0, 0)], [], [ip(10, 9, 8, 7)]],
    ["constraint", [ip(10, 0, 0, 0, 255, 0, 0, 0)], [], [ip(11, 0, 0, 1)]],
    ["constraint", [], [ip(10, 0, 0, 0, 255, 0, 0, 0)], [ip(10, 0, 0, 1)]],
    ["ok", [generalName(6, ".b.test")], [], [generalName(6, "https://x.b.test/y")]],
    ["constraint", [generalName(6, ".b.test")], [], [generalName(6, "https://b.test.evil/")]],
    // A kind of name that is not understood is neither permitted nor spared.
    ["constraint", [], [generalName(8, Uint8Array.of(42))], [generalName(8, Uint8Array.of(43))]],
    ["ok", [generalName(4, nameOf("client"))], [], []],
    ["constraint", [generalName(4, nameOf("someone"))], [], []],
    ["constraint", [], [generalName(4, nameOf("client"))], []],
  ];
  for (const [at, [wanted, permitted, excluded, names]] of rows.entries()) {
    assert.equal(below(`c${at}`, permitted, excluded, names), wanted, `row ${at}`);
  }
});

/** The name that TestAuthority gives to a certificate. */
function nameOf(commonName: string): Uint8Array {
  return new TestAuthority(commonName).name;
}

Deno.test("judge() asks the revocation lists about the whole chain", () => {
  const middle = new TestAuthority("middle", ROOT);
  const [good, bad] = [middle.issue(), middle.issue()];
  const lists = [ROOT.list(), middle.list({ revoked: [bad] })];
  const policy = policyOf({ lists });
  assert.equal(verdict(policy, [good, middle]), "ok");
  assert.equal(verdict(policy, [bad, middle]), "revoked");
  assert.equal(verdict(policyOf({ lists: [ROOT.list()] }), [good, middle]), "revocation_unknown");
  assert.equal(
    verdict(policyOf({ lists: [middle.list()] }), [good, middle]),
    "revocation_unknown",
  );
  // A list that somebody else has signed says nothing.
  const forged = new TestAuthority("middle").list();
  assert.equal(
    verdict(policyOf({ lists: [ROOT.list(), forged] }), [good, middle]),
    "revocation_unknown",
  );
  const silent = new TestAuthority("silent", ROOT, { keyUsage: 0x04 });
  const one = silent.issue();
  assert.equal(
    verdict(policyOf({ lists: [ROOT.list(), silent.list()] }), [one, silent]),
    "revocation_unknown",
  );
});

Deno.test("judge() refuses the clients of a list that has expired, and of no other", () => {
  let now = Date.now();
  const lists = [ROOT.list({ nextUpdateMs: 60_000 }), OTHER.list()];
  const authorities = [ROOT.certificate, OTHER.certificate];
  const policy = policyOf({ lists, authorities }, () => now);
  const [mine, theirs] = [ROOT.issue(), OTHER.issue()];
  assert.equal(verdict(policy, [mine]), "ok");
  assert.equal(policy.expiredList(), null);
  now += 61_000;
  assert.equal(verdict(policy, [mine]), "list_expired");
  assert.equal(verdict(policy, [theirs]), "ok");
  assert.match(
    policy.expiredList() ?? "",
    /^CRL #1 \(counted across client_ca_crls\) expired \d seconds ago: /,
  );
  now += DAY_MS;
  assert.equal(verdict(policy, [theirs]), "expired");
});

Deno.test("judge() finds the partition of a list that a certificate belongs to", () => {
  const [a, b] = ["http://crl.test/a", "http://crl.test/b"] as const;
  const inA = ROOT.issue({ distributionPoints: [a] });
  const inB = ROOT.issue({ distributionPoints: [b] });
  const lists = [ROOT.list({ point: a, revoked: [inA] }), ROOT.list({ point: b })];
  const policy = policyOf({ lists });
  assert.equal(verdict(policy, [inA]), "revoked");
  assert.equal(verdict(policy, [inB]), "ok");
  assert.equal(verdict(policy, [ROOT.issue()]), "revocation_unknown");
  const kinds = policyOf({ lists: [ROOT.list({ only: "authorities" })] });
  assert.equal(verdict(kinds, [ROOT.issue()]), "revocation_unknown");
  assert.equal(verdict(policyOf({ lists: [ROOT.list({ only: "users" })] }), [ROOT.issue()]), "ok");
});

Deno.test("create() tells what is wrong with authorities and revocation lists, and where", () => {
  const list = ROOT.list();
  const rows: [Partial<ClientAuthTexts>, RegExp][] = [
    [{ authorities: [] }, /^client_ca_certificates: it is empty, at least one/],
    [{ authorities: [ROOT.certificate, "x"] }, /entry 2 holds no PEM block 'CERTIFICATE'/],
    [{ authorities: [ROOT.certificate.slice(0, -30)] }, /entry 1 is malformed: .* has no end/],
    [{ authorities: [ROOT.certificate.replace(/\n.{10}/, "\n!")] }, /entry 1 is malformed/],
    [
      { authorities: [ROOT.certificate.replace(/\nMI../, "\nMIIF")] },
      /in entry 1, it is malformed/,
    ],
    [{ lists: [list, ROOT.certificate] }, /^client_ca_crls: entry 2 holds no PEM block 'X509 CRL'/],
    [{ lists: [list + list] }, /CRL #2 and another one of the same issuer cover the same/],
    [{ lists: [ROOT.list({ endless: true })] }, /CRL #1: it does not say until when/],
    [{ lists: [ROOT.list({ flag: 0x84 })] }, /CRL #1: indirect lists are not supported/],
  ];
  for (const [texts, wanted] of rows) assert.match(refusalOf(texts), wanted);
  assert.equal(
    refusalOf({ lists: [ROOT.list({ only: "users" }), ROOT.list({ only: "authorities" })] }),
    "",
  );
  assert.equal(refusalOf({ lists: [list + OTHER.list()] }), "");
});

Deno.test("judge() and create() survive bytes that are changed anywhere, and trust none of them", () => {
  const names = [generalName(2, "a.test"), generalName(7, Uint8Array.of(10, 0, 0, 1))];
  const permitted = [generalName(2, "a.test"), generalName(4, nameOf("client"))];
  const authority = new TestAuthority("middle", ROOT, { permitted, excluded: [] });
  const points = ["http://crl.test/a"];
  const client = authority.issue({ names, distributionPoints: points, keyUsage: 0x80 });
  const policy = policyOf({});
  assert.equal(verdict(policy, [client, authority]), "ok");
  const list = pemBytes(authority.list({ revoked: [client], point: points[0] as string }));
  assert.ok(list !== null && typeof readRevocationList(list) !== "string");
  const random = seededRandom(7);
  const changed = (der: Uint8Array) => {
    const copy = der.slice();
    const at = Math.floor(random() * copy.length);
    copy[at] = (copy[at] as number) ^ (1 + Math.floor(random() * 255));
    return copy;
  };
  for (let round = 0; round < 1_500; round++) {
    assert.notEqual(verdict(policy, [{ der: changed(client.der) }, authority]), "ok");
    assert.notEqual(verdict(policy, [client, { der: changed(authority.der) }]), "ok");
    readRevocationList(changed(list));
    readRevocationList(list.subarray(0, Math.floor(random() * list.length)));
    readCertificateFields(client.der.subarray(0, Math.floor(random() * client.der.length)));
  }
});
