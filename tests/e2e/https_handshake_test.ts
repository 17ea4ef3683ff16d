// Handshakes as real clients make them, and as nobody should: versions, server names, protocols,
// resumption, garbage, silence.

import assert from "node:assert/strict";
import { TlsVersion } from "../../config/schema/messages.ts";
import { findProgram } from "../bench/load/tools.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { OPENSSL, opensslClient, runProgram } from "../support/tls/openssl.ts";
import { startOrigin } from "../support/http/origin.ts";
import { v2Header } from "../support/session/proxy_headers.ts";
import { connectRaw, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure, getSecure, shakeHands } from "../support/tls/tls_client.ts";
import { waitFor } from "../support/wait.ts";

const APP = certificateFor(["app.test"]);
const CA = [APP.certificate];
const REQUEST = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";
const noOpenssl = OPENSSL === null;

Deno.test({
  name:
    "openssl: TLS 1.2 and 1.3, each where it is offered, without a name and with an unknown one",
  ignore: noOpenssl,
  async fn() {
    await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
    const backends = [origin.address];
    await using both = await startHttpsProxy({ backends, certificates: [APP] });
    const sni = ["-servername", "app.test"];
    for (const version of ["1_2", "1_3"]) {
      const { text } = await opensslClient(both.httpsPort, [`-tls${version}`, ...sni], REQUEST);
      assert.match(text, new RegExp(`TLSv1.${version.slice(-1)}, Cipher is`));
      assert.match(text, /from the backend/);
      assert.equal(both.count(`tls.version.TLSv${version}`), 1);
    }
    assert.equal(both.count("tls.cipher.Unsupported"), 0);
    const nameless = await opensslClient(both.httpsPort, ["-noservername"]);
    assert.match(nameless.text, /Cipher is \(NONE\)/);
    assert.equal(both.count("tls.handshake.failed.other"), 1);
    const old = ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0", ...sni];
    assert.match((await opensslClient(both.httpsPort, old)).text, /alert protocol version/);
    const unknown = await opensslClient(both.httpsPort, ["-servername", "who.test"]);
    assert.match(unknown.text, /CN = lolcatho.st/);
    assert.equal(both.count("tls.default_cert_used"), 1);

    for (const [offered, refused] of [["1_3", "1_2"], ["1_2", "1_3"]] as const) {
      const versions = [offered === "1_3" ? TlsVersion.TLS_V1_3 : TlsVersion.TLS_V1_2];
      await using one = await startHttpsProxy({
        backends,
        certificates: [APP],
        https: { versions },
      });
      const good = await opensslClient(one.httpsPort, [`-tls${offered}`, ...sni], REQUEST);
      assert.match(good.text, /from the backend/);
      const bad = await opensslClient(one.httpsPort, [`-tls${refused}`, ...sni]);
      assert.match(bad.text, /alert protocol version/);
      assert.equal(one.count("tls.handshake.failed.peer_incompatible"), 1);
    }
  },
});

Deno.test({
  name: "openssl: RSA certificates, chains in order, resumed sessions",
  ignore: noOpenssl,
  async fn() {
    const folder = await Deno.makeTempDir();
    try {
      const files = ["-keyout", `${folder}/rsa.key`, "-out", `${folder}/rsa.pem`];
      await runProgram(OPENSSL as string, [
        ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"],
        ...["-subj", "/CN=rsa.test", "-addext", "subjectAltName=DNS:rsa.test", ...files],
      ]);
      const [one, two] = [certificateFor(["one"]), certificateFor(["two"])];
      await using origin = startOrigin({ kind: "fixed", body: "from the backend" });
      const options = {
        backends: [origin.address],
        hosts: ["rsa.test", "app.test"],
        certificates: [APP, {
          ...APP,
          certificate: Deno.readTextFileSync(`${folder}/rsa.pem`),
          key: Deno.readTextFileSync(`${folder}/rsa.key`),
          certificate_chain: [one.certificate, two.certificate],
        }],
      };
      await using proxy = await startHttpsProxy(options);
      const request = REQUEST.replace("app.test", "rsa.test");
      const { TLS_V1_2, TLS_V1_3 } = TlsVersion;
      for (const [version, number] of [["-tls1_2", TLS_V1_2], ["-tls1_3", TLS_V1_3]] as const) {
        await using limited = await startHttpsProxy({ ...options, https: { versions: [number] } });
        const only = await opensslClient(
          limited.httpsPort,
          [version, "-servername", "rsa.test"],
          request,
        );
        assert.match(only.text, /from the backend/);
        const args = [version, "-servername", "rsa.test", "-showcerts"];
        const { text } = await opensslClient(proxy.httpsPort, args, request);
        assert.match(text, /from the backend/);
        const subjects = [...text.matchAll(/^ \d s:CN = (\S+)/gm)].map(([, name]) => name);
        assert.deepEqual(subjects, ["rsa.test", "one", "two"]);

        const session = `${folder}/session`;
        const save = [version, "-servername", "app.test", "-sess_out", session];
        await opensslClient(proxy.httpsPort, save, REQUEST);
        const resume = [version, "-servername", "app.test", "-sess_in", session];
        const again = await opensslClient(proxy.httpsPort, resume, REQUEST);
        assert.match(again.text, /^Reused, TLSv1/m);
        assert.match(again.text, /from the backend/);
      }
      assert.equal(proxy.count("tls.handshake.resumed"), 2);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "curl trusts the certificate and gets the page",
  ignore: findProgram("curl") === null,
  async fn() {
    await using origin = startOrigin({ kind: "fixed", body: "for curl" });
    await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(file, APP.certificate);
      const host = `app.test:${proxy.httpsPort}`;
      const { text, code } = await runProgram(findProgram("curl") as string, [
        ...["-sS", "--cacert", file, "--resolve", `${host}:127.0.0.1`, `https://${host}/`],
      ]);
      assert.deepEqual([text, code], ["for curl", 0]);
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("ALPN: the first of the listener is chosen, no overlap fails, the next client is served", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    https: { alpn_protocols: ["h2", "http/1.1"] },
    backends: [origin.address],
    certificates: [APP],
  });
  const both = { ALPNProtocols: ["h2", "http/1.1"] };
  assert.equal((await shakeHands(proxy.httpsPort, "app.test", both)).alpn, "h2");
  await assert.rejects(shakeHands(proxy.httpsPort, "app.test", { ALPNProtocols: ["x/1"] }));
  assert.equal(proxy.count("tls.handshake.failed.no_alpn"), 1);
  const none = await shakeHands(proxy.httpsPort, "app.test", { ALPNProtocols: [] });
  assert.equal(none.alpn, null);
  assert.equal((await getSecure(proxy.httpsPort, "app.test", CA)).status, 200);
});

Deno.test("disable_http11 refuses new clients without a byte, open ones go on", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  using open = await connectSecure(proxy.httpsPort, "app.test", CA);
  await open.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal((await readResponse(open)).status, 200);
  await proxy.updateHttps({ disable_http11: true });
  const reached = origin.requests.length;
  for (const alpn of [["http/1.1"], []]) {
    using refused = await connectSecure(proxy.httpsPort, "app.test", CA, alpn);
    assert.equal((await refused.readToEnd()).length, 0);
  }
  assert.equal(proxy.count("https.alpn.rejected.http11_disabled"), 2);
  assert.equal(proxy.count("https.upgrade.handshake.failed"), 2);
  assert.equal(origin.requests.length, reached);
  await open.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  assert.equal((await readResponse(open)).status, 200);
  await proxy.updateHttps({ disable_http11: false, alpn_protocols: { values: ["h2"] } });
  await assert.rejects(connectSecure(proxy.httpsPort, "app.test", CA));
  await proxy.updateHttps({ alpn_protocols: { values: [] } });
  assert.equal((await getSecure(proxy.httpsPort, "app.test", CA)).status, 200);
});

Deno.test("garbage, cut and drip-fed handshakes cost only their own connections", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    https: { request_timeout: 1 },
    backends: [origin.address],
    certificates: [APP],
  });
  const { httpsPort: port } = proxy;
  await sayUntilClosed(port, "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
  await sayUntilClosed(port, new Uint8Array(300).fill(0x16));
  assert.equal(proxy.count("tls.handshake.failed.invalid_message"), 2);
  using cut = await connectRaw(port);
  await cut.write(Uint8Array.of(0x16, 3, 1, 0, 200, 1, 0, 0, 196));
  cut.close();
  // Bytes do not move the deadline: a client that sends one now and then is cut as well.
  using dripping = await connectRaw(port);
  using silent = await connectRaw(port);
  const started = performance.now();
  const record = Uint8Array.of(0x16, 3, 1, 0x02, 0, 1, 0, 1, 0xfc, 3, 3, ...new Uint8Array(600));
  let sent = 0;
  const drip = setInterval(() => {
    dripping.write(record.subarray(sent, ++sent)).catch(() => {});
  }, 50);
  try {
    await Promise.all(
      [dripping.readToEnd(10_000), silent.readToEnd(10_000)].map((it) => it.catch(() => {})),
    );
  } finally {
    clearInterval(drip);
  }
  const waited = performance.now() - started;
  assert.ok(waited > 800 && waited < 8_000, `${waited} ms`);
  await waitFor("the connections to be gone", () => proxy.count("client.connections") === 0);
  assert.equal(proxy.count("protocol.tls.handshake"), 0);
  assert.equal((await getSecure(port, "app.test", CA)).status, 200);
});

Deno.test("handshakes count as connections", async () => {
  await using proxy = await startHttpsProxy({
    server: { max_connections: 2n },
    certificates: [APP],
  });
  using first = await connectRaw(proxy.httpsPort);
  using second = await connectRaw(proxy.httpsPort);
  await waitFor("both to be counted", () => proxy.count("client.connections") === 2);
  await assert.rejects(shakeHands(proxy.httpsPort, "app.test"));
  assert.equal(proxy.count("listener.connection_capped"), 1);
  first.close();
  second.close();
});

Deno.test("a client whose backend does not read is not read either, and costs no memory", async () => {
  using backend = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = backend.accept();
  const address = `127.0.0.1:${backend.addr.port}`;
  await using proxy = await startHttpsProxy({ backends: [address], certificates: [APP] });
  using wire = await connectSecure(proxy.httpsPort, "app.test", CA);
  await wire.write("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 500000000\r\n\r\n");
  let sent = 0;
  const piece = new Uint8Array(256 * 1024);
  const before = Deno.memoryUsage().rss;
  const sending = (async () => {
    for (; sent < 500_000_000; sent += piece.length) await wire.write(piece);
  })().catch(() => {});
  // The backend takes nothing: what is under way fills up and then stands still.
  await waitFor("the flow to stand still", async () => {
    const seen = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return sent > 0 && seen === sent;
  }, { deadlineMs: 20_000 });
  assert.ok(sent < 60_000_000, `${sent} bytes were taken`);
  assert.ok(Deno.memoryUsage().rss - before < 150_000_000);
  wire.close();
  await sending;
  (await accepted).close();
});

Deno.test("a PROXY header comes before the handshake", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startHttpsProxy({
    https: { expect_proxy: true },
    backends: [origin.address],
    certificates: [APP],
  });
  const v1 = "PROXY TCP4 192.0.2.9 198.51.100.4 1234 443\r\n";
  const v2 = v2Header({ source: "192.0.2.9", destination: "198.51.100.4" });
  for (const header of [v1, v2]) {
    using wire = await connectSecure(proxy.httpsPort, "app.test", CA, ["http/1.1"], header);
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    const { text } = await readResponse(wire);
    assert.match(text, /\r\nX-Forwarded-For: 192.0.2.9\r\n/);
    assert.match(text, /by=198.51.100.4/);
  }
  const records = [{ type: 0xe0, value: new Uint8Array(3_000) }];
  for (const header of ["PROXY UNKNOWN\r\n", v2Header({ source: "", records })]) {
    using wire = await connectSecure(proxy.httpsPort, "app.test", CA, ["http/1.1"], header);
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    assert.match((await readResponse(wire)).text, /\r\nX-Forwarded-For: 127.0.0.1\r\n/);
  }
  await assert.rejects(connectSecure(proxy.httpsPort, "app.test", CA));
});
