// Requests over TLS: routing, forwarding headers, closing, large bodies, the binding of authorities to
// certificates, HSTS. What both TLS implementations have in common runs with both.

import assert from "node:assert/strict";
import { type HttpsListenerConfig, RedirectPolicy } from "../../config/schema/messages.ts";
import { type HttpsProxy, startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { get, readResponse } from "../support/http/raw_client.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure, getSecure, shakeHands } from "../support/tls/tls_client.ts";

const APP = certificateFor(["app.test"]);
const CA = [APP.certificate];

/** Settings that lead to each implementation of TLS. */
const WAYS: readonly (readonly [string, Partial<HttpsListenerConfig>])[] = [
  ["node:tls", {}],
  ["the runtime's own TLS", {
    strict_sni_binding: false,
    certificate: APP.certificate,
    key: APP.key,
  }],
];

for (const [way, https] of WAYS) {
  Deno.test(`${way}: a request is served, and its backend is told`, async () => {
    await using origin = startOrigin({ kind: "echo" });
    await using proxy = await startHttpsProxy({
      https,
      backends: [origin.address],
      certificates: [APP],
    });
    const response = await getSecure(proxy.httpsPort, "app.test", CA, { path: "/x?y" });
    assert.equal(response.status, 200);
    assert.match(response.text, /^GET \/x\?y HTTP\/1.1\r\n/);
    assert.match(response.text, /\r\nX-Forwarded-Proto: https\r\n/);
    assert.match(response.text, new RegExp(`\r\nX-Forwarded-Port: ${proxy.httpsPort}\r\n`));
    assert.match(response.text, /\r\nForwarded: proto=https;/);
    assert.equal(proxy.count("http.alpn.http11"), 1);
    const tells = way === "node:tls";
    assert.equal(proxy.count("tls.version.TLSv1_3"), tells ? 1 : 0);
    assert.equal(proxy.count("tls.version.Unknown"), tells ? 0 : 1);
  });

  Deno.test(`${way}: large bodies arrive complete in both directions`, async () => {
    await using origin = startOrigin({ kind: "echo-body" });
    await using proxy = await startHttpsProxy({
      https,
      backends: [origin.address],
      certificates: [APP],
    });
    using wire = await connectSecure(proxy.httpsPort, "app.test", CA);
    const size = 20_000_000;
    const head = `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${size}\r\n\r\n`;
    const [response] = await Promise.all([
      readResponse(wire, { deadlineMs: 60_000 }),
      wire.write(head).then(() => wire.write(new Uint8Array(size))),
    ]);
    assert.equal(response.status, 200);
    assert.equal(response.body.length, size);
  });

  Deno.test(`${way}: a response that ends with its connection is read to the last byte`, async () => {
    const body = "x".repeat(256 * 1024);
    await using origin = startOrigin({
      kind: "raw",
      bytes: `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`,
      close: true,
    });
    await using proxy = await startHttpsProxy({
      https,
      backends: [origin.address],
      certificates: [APP],
    });
    using wire = await connectSecure(proxy.httpsPort, "app.test", CA);
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
    const response = await readResponse(wire, { deadlineMs: 10_000 });
    assert.equal(response.text.length, body.length);
    // A TLS client tells an end from a cut: reading on must not fail.
    assert.equal((await wire.readToEnd()).length, 0);
  });

  Deno.test(`${way}: many requests follow each other, pipelined ones too`, async () => {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startHttpsProxy({
      https,
      backends: [origin.address],
      certificates: [APP],
    });
    using wire = await connectSecure(proxy.httpsPort, "app.test", CA);
    const request = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
    for (let i = 0; i < 20; i++) {
      await wire.write(request);
      assert.equal((await readResponse(wire)).text, "ok");
    }
    await wire.write(request.repeat(5));
    for (let i = 0; i < 5; i++) assert.equal((await readResponse(wire)).text, "ok");
    assert.equal(proxy.count("requests"), 25);
  });
}

Deno.test("hosts are routed by their name, also under the default certificate", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "served" });
  await using other = startOrigin({ kind: "fixed", body: "without a certificate" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  await proxy.addCluster("bare");
  await proxy.addBackend("bare", other.address);
  await proxy.addHttpsFrontend("bare.test", { cluster_id: "bare" });
  assert.equal((await getSecure(proxy.httpsPort, "app.test", CA)).text, "served");
  const { commonName, pem } = await shakeHands(proxy.httpsPort, "bare.test");
  assert.equal(commonName, "lolcatho.st");
  assert.equal(proxy.count("tls.default_cert_used"), 1);
  const bare = await getSecure(proxy.httpsPort, "bare.test", [pem]);
  assert.equal(bare.text, "without a certificate");
  const misdirected = await getSecure(proxy.httpsPort, "bare.test", [pem], { host: "app.test" });
  assert.equal(misdirected.status, 421);
  assert.equal((await getSecure(proxy.httpsPort, "app.test", CA)).status, 200);
});

Deno.test("the plain listener redirects to HTTPS where the cluster asks for it", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  await proxy.addCluster("app", { https_redirect: true, https_redirect_port: proxy.httpsPort });
  const plain = await get(proxy.port, "app.test", "/a?b");
  assert.equal(plain.status, 301);
  assert.equal(plain.header("location"), `https://app.test:${proxy.httpsPort}/a?b`);
  assert.equal((await getSecure(proxy.httpsPort, "app.test", CA)).status, 200);
});

const SHARED = certificateFor(["a.test", "b.test", "*.w.test"], { commonName: "cn.test" });

/** The status of a request for `host` on a connection for `a.test`. */
async function statusFor(proxy: HttpsProxy, host: string): Promise<number> {
  const response = await getSecure(proxy.httpsPort, "a.test", [SHARED.certificate], { host });
  return response.status;
}

Deno.test("an authority that the certificate does not cover is answered 421", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const hosts = ["a.test", "b.test", "cn.test", "x.w.test", "foreign.test"];
  await using proxy = await startHttpsProxy({
    hosts,
    backends: [origin.address],
    certificates: [SHARED],
  });
  const covered = ["a.test", "A.test:8443", "a.test.", "a.test:", "a.test.:", "b.test", "x.w.test"];
  for (const host of covered) {
    assert.notEqual(await statusFor(proxy, host), 421, host);
  }
  const reached = origin.requests.length;
  for (const host of ["foreign.test", "cn.test", "*.w.test", "w.test", "y.x.w.test"]) {
    const expected = host.startsWith("*") ? [400, 421] : [421];
    assert.ok(expected.includes(await statusFor(proxy, host)), host);
  }
  assert.equal(origin.requests.length, reached);
  assert.equal(proxy.count("http.sni_authority_mismatch"), 4);
  // Without TLS there is no certificate whose names could matter.
  assert.equal((await get(proxy.port, "app.test")).status, 200);
  assert.equal(proxy.count("http.sni_authority_mismatch"), 4);
});

Deno.test("the binding ends with strict_sni_binding, for new connections", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    hosts: ["a.test", "foreign.test"],
    backends: [origin.address],
    certificates: [SHARED],
  });
  using before = await connectSecure(proxy.httpsPort, "a.test", [SHARED.certificate]);
  assert.equal(await statusFor(proxy, "foreign.test"), 421);
  await proxy.updateHttps({ strict_sni_binding: false });
  assert.equal(await statusFor(proxy, "foreign.test"), 200);
  await before.write("GET / HTTP/1.1\r\nHost: foreign.test\r\n\r\n");
  assert.equal((await readResponse(before)).status, 421);
  assert.equal(proxy.count("http.sni_authority_mismatch"), 2);
});

Deno.test("HSTS of the listener and of frontends reaches forwarded and own answers", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "x".repeat(256 * 1024) });
  const hosts = { inherits: "in.test", own: "own.test", off: "off.test", dead: "dead.test" };
  const certificate = certificateFor(Object.values(hosts).concat("none.test"));
  const hsts = { enabled: true, max_age: 31_536_000, include_subdomains: true };
  await using proxy = await startHttpsProxy({
    https: { hsts },
    hosts: [],
    backends: [origin.address],
    certificates: [certificate],
  });
  await proxy.addHttpsFrontend(hosts.inherits);
  await proxy.addHttpsFrontend(hosts.own, { hsts: { enabled: true, max_age: 5, preload: true } });
  await proxy.addHttpsFrontend(hosts.off, { hsts: { enabled: false } });
  await proxy.addHttpsFrontend(hosts.dead, { cluster_id: "nothing" });
  const ask = async (host: string) => {
    const response = await getSecure(proxy.httpsPort, host, [certificate.certificate]);
    const lines = response.headers.filter(([name]) => name === "strict-transport-security");
    return [response.status, ...lines.map(([, value]) => value)];
  };
  const inherited = "max-age=31536000; includeSubDomains";
  assert.deepEqual(await ask(hosts.inherits), [200, inherited]);
  assert.deepEqual(await ask(hosts.own), [200, "max-age=5; preload"]);
  assert.deepEqual(await ask(hosts.off), [200]);
  assert.deepEqual(await ask(hosts.dead), [503, inherited]);
  assert.deepEqual(await ask("none.test"), [404]);
  await proxy.updateHttps({ hsts: { enabled: true, max_age: 7 } });
  assert.deepEqual(await ask(hosts.inherits), [200, "max-age=7"]);
  assert.deepEqual(await ask(hosts.own), [200, "max-age=5; preload"]);
  await proxy.updateHttps({ hsts: { enabled: false } });
  assert.deepEqual(await ask(hosts.inherits), [200]);
  await proxy.updateHttps({ front_timeout: 9 });
  assert.equal(proxy.count("http.hsts.listener_default_patched"), 2);
});

Deno.test("HSTS is on redirects and challenges of HTTPS as well", async () => {
  await using proxy = await startHttpsProxy({
    https: { hsts: { enabled: true, max_age: 31_536_000, include_subdomains: true } },
    hosts: [],
    certificates: [SHARED],
  });
  await proxy.addHttpsFrontend("a.test", { redirect: RedirectPolicy.PERMANENT });
  await proxy.addHttpsFrontend("b.test", { redirect: RedirectPolicy.UNAUTHORIZED });
  for (const [host, status] of [["a.test", 301], ["b.test", 401]] as const) {
    const response = await getSecure(proxy.httpsPort, host, [SHARED.certificate]);
    assert.equal(response.status, status);
    assert.equal(
      response.header("strict-transport-security"),
      "max-age=31536000; includeSubDomains",
      host,
    );
  }
});

Deno.test("a backend's own HSTS header is kept, or replaced when that is asked for", async () => {
  await using origin = startOrigin({
    kind: "fixed",
    body: "ok",
    headers: [
      ["Strict-Transport-Security", "max-age=1"],
      ["strict-transport-security", "max-age=2"],
    ],
  });
  await using proxy = await startHttpsProxy({
    hosts: [],
    backends: [origin.address],
    certificates: [SHARED],
  });
  const hsts = { enabled: true, max_age: 9 };
  await proxy.addHttpsFrontend("a.test", { hsts });
  await proxy.addHttpsFrontend("b.test", { hsts: { ...hsts, force_replace_backend: true } });
  const ask = async (host: string) => {
    const response = await getSecure(proxy.httpsPort, host, [SHARED.certificate]);
    return response.headers.filter(([name]) => name === "strict-transport-security")
      .map(([, value]) => value);
  };
  assert.deepEqual(await ask("a.test"), ["max-age=1"]);
  assert.deepEqual(await ask("b.test"), ["max-age=9"]);
});
