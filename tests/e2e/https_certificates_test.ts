// Certificates that come, go and change while clients shake hands: new handshakes see the change at once,
// open connections do not notice.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { CertificateAndKey } from "../../config/schema/messages.ts";
import { type HttpsProxy, startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { socketAddress } from "../support/session/proxy.ts";
import { readResponse } from "../support/http/raw_client.ts";
import { certificateFor, fingerprintOf } from "../support/tls/test_certificates.ts";
import { connectSecure, getSecure, shakeHands } from "../support/tls/tls_client.ts";
import { createKeys } from "../../src/io/x509/self_signed.ts";

function addressOf({ httpsPort }: HttpsProxy) {
  return socketAddress(`127.0.0.1:${httpsPort}`);
}

function remove(proxy: HttpsProxy, fingerprint: string): Promise<void> {
  return proxy.apply({
    kind: "remove_certificate",
    value: { address: addressOf(proxy), fingerprint },
  });
}

function replace(
  proxy: HttpsProxy,
  old: string,
  certificate: CertificateAndKey,
  expiresAt?: bigint,
): Promise<void> {
  return proxy.apply({
    kind: "replace_certificate",
    value: {
      address: addressOf(proxy),
      new_certificate: certificate,
      old_fingerprint: old,
      ...(expiresAt === undefined ? {} : { new_expired_at: expiresAt }),
    },
  });
}

/** The common name of the certificate shown for `name`. */
async function shownFor(proxy: HttpsProxy, name: string): Promise<string> {
  return (await shakeHands(proxy.httpsPort, name)).commonName;
}

const DEFAULT_NAME = "lolcatho.st";

Deno.test("each server name is shown its certificate, others the default one", async () => {
  await using proxy = await startHttpsProxy({
    certificates: [
      certificateFor(["a.test", "b.test"], { commonName: "first" }),
      certificateFor(["*.b.test", "C.test"], { commonName: "second" }),
      { ...certificateFor(["ignored.test"], { commonName: "third" }), names: ["given.test"] },
      certificateFor([], { commonName: "only-cn.test" }),
    ],
  });
  const expected: [string, string][] = [
    ["a.test", "first"],
    ["A.TEST", "first"],
    ["b.test", "first"],
    ["x.b.test", "second"],
    ["x.y.b.test", DEFAULT_NAME],
    ["c.test", "second"],
    ["given.test", "third"],
    ["ignored.test", DEFAULT_NAME],
    ["only-cn.test", "only-cn.test"],
    ["first", DEFAULT_NAME],
  ];
  for (const [name, common] of expected) assert.equal(await shownFor(proxy, name), common, name);
  assert.equal(proxy.count("tls.default_cert_used"), 3);
});

Deno.test("the longest-lived certificate of a name is shown, a given expiry counts", async () => {
  await using proxy = await startHttpsProxy();
  await proxy.addCertificate(certificateFor(["a.test"], { commonName: "long", days: 60 }));
  await proxy.addCertificate(certificateFor(["a.test"], { commonName: "short", days: 10 }));
  assert.equal(await shownFor(proxy, "a.test"), "long");
  const first = proxy.count("tls.cert.min_expires_at_seconds") - Date.now() / 1000;
  assert.ok(first > 9 * 86_400 && first < 11 * 86_400, String(first));
  const later = BigInt(Math.floor(Date.now() / 1000) + 100 * 86_400);
  await proxy.addCertificate(certificateFor(["a.test"], { commonName: "given", days: 1 }), later);
  assert.equal(await shownFor(proxy, "a.test"), "given");
});

Deno.test("removing a certificate uncovers the next one, then the wildcard, then the default", async () => {
  const exact = certificateFor(["a.w.test"], { commonName: "exact" });
  const older = certificateFor(["a.w.test"], { commonName: "older", days: 5 });
  const wild = certificateFor(["*.w.test"], { commonName: "wild" });
  await using proxy = await startHttpsProxy({ certificates: [exact, older, wild] });
  const seen = [await shownFor(proxy, "a.w.test")];
  for (const certificate of [exact, older, wild]) {
    await remove(proxy, fingerprintOf(certificate).toUpperCase());
    seen.push(await shownFor(proxy, "a.w.test"));
  }
  assert.deepEqual(seen, ["exact", "older", "wild", DEFAULT_NAME]);
  await remove(proxy, fingerprintOf(exact));
});

Deno.test("a replaced certificate is seen by new handshakes, open connections go on", async () => {
  const before = certificateFor(["app.test"], { commonName: "before" });
  const after = certificateFor(["app.test"], { commonName: "after" });
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [before] });
  using open = await connectSecure(proxy.httpsPort, "app.test", [before.certificate]);
  const ask = async () => {
    await open.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    return (await readResponse(open)).status;
  };
  assert.equal(await ask(), 200);
  await replace(proxy, fingerprintOf(before), after);
  assert.equal(await shownFor(proxy, "app.test"), "after");
  assert.equal(await ask(), 200);
  await replace(proxy, fingerprintOf(after), after);
  await replace(proxy, "", after);
  await replace(proxy, "00ff", after);
  assert.equal(await shownFor(proxy, "app.test"), "after");
  await remove(proxy, fingerprintOf(after));
  assert.equal(await ask(), 200);
});

Deno.test("what cannot be served is refused with the reason, and nothing changes", async () => {
  const good = certificateFor(["app.test"], { commonName: "good" });
  await using proxy = await startHttpsProxy({ certificates: [good] });
  const other = certificateFor(["app.test"]);
  const marker = "c2VjcmV0LW1hcmtlcg";
  const cases: [Partial<CertificateAndKey>, RegExp][] = [
    [{ certificate: "nothing" }, /^could not add certificate: error parsing pem formated/],
    [
      { certificate: good.certificate.replace(/MII../, "MIIXX") },
      /error parsing (x509 cert|pem formated certificate) from bytes/,
    ],
    [{ certificate_chain: ["nothing"] }, /error parsing pem formated certificate/],
    [{ key: "" }, /empty key/],
    [{ key: `no key at all ${marker}` }, /empty key/],
    [
      { key: `-----BEGIN PRIVATE KEY-----\n${marker}\n-----END PRIVATE KEY-----\n` },
      /invalid private key/,
    ],
    [{ key: good.key }, /invalid private key: it does not belong to the certificate/],
    [{ names: ["/(/.test"] }, /cannot host a certificate name, name_bytes=8/],
  ];
  for (const [part, reason] of cases) {
    const refusal = await proxy.plane.apply({
      request_type: {
        kind: "add_certificate",
        value: { address: addressOf(proxy), certificate: { ...other, ...part } },
      },
    });
    assert.match(refusal ?? "", reason);
    assert.ok(!refusal?.includes(marker), refusal ?? "");
  }
  await assert.rejects(
    replace(proxy, fingerprintOf(good), { ...other, key: "" }),
    /could not replace/,
  );
  await assert.rejects(remove(proxy, "xyz"), /wrong certificate fingerprint/);
  assert.equal(await shownFor(proxy, "app.test"), "good");
});

Deno.test("the chain is sent in order, and the leaf once, however the texts are cut", async () => {
  const leaf = certificateFor(["app.test"]);
  const [one, two] = [certificateFor(["one"]), certificateFor(["two"])];
  await using proxy = await startHttpsProxy({
    certificates: [{
      ...leaf,
      certificate_chain: [leaf.certificate + one.certificate, "\n", two.certificate],
    }],
  });
  const wire = await connectSecure(proxy.httpsPort, "app.test", [leaf.certificate]);
  wire.close();
  assert.equal((await shakeHands(proxy.httpsPort, "app.test")).fingerprint, fingerprintOf(leaf));
});

Deno.test("RSA and ECDSA keys serve in every form that is written of them", async () => {
  const { privateKey } = createKeys();
  const sec1 = String(privateKey.export({ type: "sec1", format: "pem" }));
  assert.match(sec1, /BEGIN EC PRIVATE KEY/);
  const { TlsCredentials } = await import("../../src/io/tls/credentials.ts");
  const ec = certificateFor(["ec.test"]);
  assert.ok(typeof TlsCredentials.create(ec) !== "string");
  // The right kind of key in another form is read; it is refused only because it belongs elsewhere.
  assert.match(String(TlsCredentials.create({ ...ec, key: sec1 })), /does not belong/);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const pkcs1 = String(rsa.export({ type: "pkcs1", format: "pem" }));
  assert.match(String(TlsCredentials.create({ ...ec, key: pkcs1 })), /does not belong/);
  const { privateKey: weak } = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  const unusable = String(weak.export({ type: "pkcs8", format: "pem" }));
  assert.match(String(TlsCredentials.create({ ...ec, key: unusable })), /kind cannot be used/);
});

Deno.test("a listener's own certificate moves it between the two TLS implementations", async () => {
  const own = certificateFor(["app.test"], { commonName: "own" });
  const other = certificateFor(["other.test"], { commonName: "other" });
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    https: { strict_sni_binding: false, certificate: own.certificate, key: own.key },
    backends: [origin.address],
    certificates: [own],
  });
  // The runtime's own implementation shows its one certificate to everybody.
  assert.equal(await shownFor(proxy, "whoever.test"), "own");
  await proxy.addCertificate(other);
  assert.equal(await shownFor(proxy, "whoever.test"), DEFAULT_NAME);
  assert.equal(await shownFor(proxy, "other.test"), "other");
  assert.equal((await getSecure(proxy.httpsPort, "app.test", [own.certificate])).status, 200);
  await remove(proxy, fingerprintOf(other));
  assert.equal(await shownFor(proxy, "whoever.test"), "own");
  await proxy.updateHttps({ strict_sni_binding: true });
  assert.equal(await shownFor(proxy, "whoever.test"), DEFAULT_NAME);
});

Deno.test("certificates replaced all the time under handshakes: none fails, none is wrong", async () => {
  const keys = createKeys();
  const names = ["a.test", "b.test", "c.test"];
  const issue = (name: string, turn: number) =>
    certificateFor([name], { commonName: `${name} ${turn}`, keys, days: 30 + turn });
  const current = new Map(names.map((name) => [name, issue(name, 0)]));
  await using proxy = await startHttpsProxy({ certificates: [...current.values()] });
  const over = performance.now() + 2_500;
  let [replaces, handshakes] = [0, 0];
  const change = async () => {
    for (let turn = 1; performance.now() < over; turn++) {
      const name = names[turn % names.length] as string;
      const next = issue(name, turn);
      await replace(proxy, fingerprintOf(current.get(name) as CertificateAndKey), next);
      current.set(name, next);
      replaces++;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const shake = async (name: string) => {
    while (performance.now() < over) {
      assert.match(await shownFor(proxy, name), new RegExp(`^${name} \\d+$`));
      handshakes++;
    }
  };
  await Promise.all([change(), ...names.map(shake), ...names.map(shake)]);
  assert.ok(replaces > 20 && handshakes > 50, `${replaces} replaces, ${handshakes} handshakes`);
  assert.equal(proxy.count("tls.handshake.failed.other"), 0);
  assert.equal(proxy.count("tls.default_cert_used"), 0);
});

Deno.test("a certificate in its own place: other names or another expiry count, the same keeps its rank", async () => {
  const [first, second] = [0, 1].map((at) =>
    certificateFor(["a.test"], { commonName: `c${at}`, days: 30 })
  ) as [CertificateAndKey, CertificateAndKey];
  await using proxy = await startHttpsProxy();
  await proxy.addCertificate(first, 1000n);
  await proxy.addCertificate(second, 1000n);
  assert.equal(await shownFor(proxy, "a.test"), "c1");
  const again = (expires: bigint, changes: Partial<CertificateAndKey> = {}) =>
    replace(proxy, fingerprintOf(first), { ...first, ...changes }, expires);
  await again(1000n);
  assert.equal(await shownFor(proxy, "a.test"), "c1");
  await again(1000n, { names: ["A.test", "B.TEST"] });
  assert.equal(await shownFor(proxy, "a.test"), "c0");
  assert.equal(await shownFor(proxy, "b.test"), "c0");
  await again(900n);
  assert.equal(await shownFor(proxy, "a.test"), "c1");
  assert.equal(await shownFor(proxy, "b.test"), DEFAULT_NAME);
});
