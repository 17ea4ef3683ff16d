// Who learns about the certificate of a client: backends by headers that no client can set, and access logs. Both
// only where the listener says so.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { ClientAuthMode, type HttpsListenerConfig } from "../../config/schema/messages.ts";
import { findProgram } from "../bench/load/tools.ts";
import { data, headers } from "../support/h2/frames.ts";
import { H2Client, requestFields } from "../support/h2/h2_client.ts";
import { reply, startH2Origin } from "../support/h2/node_origin.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { ClientFiles } from "../support/tls/client_files.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { runProgram } from "../support/tls/openssl.ts";
import {
  generalName,
  type IssuedCertificate,
  TestAuthority,
} from "../support/tls/test_authority.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";

const APP = certificateFor(["app.test"]);
const ROOT = new TestAuthority("client root");
const CURL = findProgram("curl");
const HEADERS = {
  subject: "X-Client-Subject",
  names: "X-Client-Names",
  fingerprint: "X-Client-Sha256",
  verified: "X-Client-Verify",
};
const ASKING: Partial<HttpsListenerConfig> = {
  client_auth: ClientAuthMode.CLIENT_AUTH_OPTIONAL,
  client_ca_certificates: [ROOT.certificate],
  alpn_protocols: ["h2", "http/1.1"],
};
const FORGED = ["X-Client-Subject: CN=admin", "x_client_sha256: 00", "X-CLIENT-VERIFY: SUCCESS"];

/** Asks with curl, with a certificate if there is one, and with forged headers. */
async function curl(
  port: number,
  version: string,
  files: ClientFiles,
  client?: IssuedCertificate,
): Promise<string> {
  const shown = client === undefined ? [] : [
    ...["--cert", files.write("client.pem", client.certificate)],
    ...["--key", files.write("client.key", client.key)],
  ];
  const host = `app.test:${port}`;
  const { text } = await runProgram(CURL as string, [
    ...["-sSi", version, "--cacert", files.write("ca.pem", APP.certificate), ...shown],
    ...FORGED.flatMap((header) => ["-H", header]),
    ...["--resolve", `${host}:127.0.0.1`, `https://${host}/`],
  ]);
  return text;
}

Deno.test({
  name: "backends are told who the client is, over both versions, and only by the proxy",
  ignore: CURL === null,
  async fn() {
    using files = new ClientFiles();
    const client = ROOT.issue({ commonName: "job 7", names: [generalName(2, "job.test")] });
    const fingerprint = createHash("sha256").update(client.der).digest("hex");
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startHttpsProxy({
      backends: [origin.address],
      certificates: [APP],
      https: { ...ASKING, client_certificate_headers: HEADERS },
    });
    for (const version of ["--http1.1", "--http2"]) {
      origin.requests.length = 0;
      assert.match(await curl(proxy.httpsPort, version, files, client), /^HTTP\/[12.]+ 200/);
      assert.match(await curl(proxy.httpsPort, version, files), /^HTTP\/[12.]+ 200/);
      const about = origin.requests.map(({ headers }) =>
        headers.filter(([name]) => /^x[-_]client/.test(name))
      );
      assert.deepEqual(about[0], [
        ["x-client-verify", "SUCCESS"],
        ["x-client-subject", "CN=job 7"],
        ["x-client-names", "DNS:job.test"],
        ["x-client-sha256", fingerprint],
      ]);
      assert.deepEqual(about[1], [["x-client-verify", "NONE"]]);
    }
  },
});

Deno.test({
  name: "backends and logs are told nothing by a listener that does not say so",
  ignore: CURL === null,
  async fn() {
    using files = new ClientFiles();
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    const options = { backends: [origin.address], certificates: [APP] };
    await using proxy = await startHttpsProxy({ ...options, https: ASKING });
    await using log = logAccess(proxy);
    await curl(proxy.httpsPort, "--http1.1", files, ROOT.issue());
    const [seen] = origin.requests;
    // What a client sends under such a name is its own then.
    assert.equal(seen?.header("x-client-subject"), "CN=admin");
    const [line] = await log.lines(1);
    assert.equal(line?.client_certificate_subject, undefined);
    assert.equal(line?.client_certificate_sha256, undefined);
  },
});

Deno.test({
  name:
    "an access log names the certificate of the client where the listener says so, from a patch on",
  ignore: CURL === null,
  async fn() {
    using files = new ClientFiles();
    const client = ROOT.issue({ commonName: "job 7" });
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startHttpsProxy({
      backends: [origin.address],
      certificates: [APP],
      https: ASKING,
    });
    await proxy.updateHttps({ log_client_certificate: true });
    await using log = logAccess(proxy);
    await curl(proxy.httpsPort, "--http1.1", files, client);
    await curl(proxy.httpsPort, "--http1.1", files);
    const [known, anonymous] = await log.lines(2);
    assert.equal(known?.client_certificate_subject, "CN=job 7");
    assert.equal(
      known?.client_certificate_sha256,
      createHash("sha256").update(client.der).digest("hex"),
    );
    assert.equal(anonymous?.client_certificate_subject, undefined);
  },
});

Deno.test("a trailer cannot pretend to be such a header", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [APP],
    https: { ...ASKING, client_certificate_headers: HEADERS },
  });
  const send = async (trailer: string) => {
    using wire = await connectSecure(proxy.httpsPort, "app.test", [APP.certificate]);
    await wire.write(
      "POST / HTTP/1.1\r\nHost: app.test\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n" +
        `1\r\nx\r\n0\r\n${trailer}: CN=admin\r\n\r\n`,
    );
    return (await readResponse(wire)).status;
  };
  assert.equal(await send("X-Sum"), 200);
  assert.equal(await send("X_Client-Subject"), 400);

  await using h2 = await H2Client.open(proxy.httpsPort, "TLS", { ca: APP.certificate });
  const post = async (stream: number, name: string) => {
    const head = headers(stream, requestFields("POST", "/h2", [["te", "trailers"]]), false);
    const end = headers(stream, [[name, "CN=admin"]], true);
    await h2.send(head, data(stream, 1, false), end);
    return (await h2.finished(stream)).status;
  };
  assert.equal(await post(1, "x-sum"), 200);
  assert.equal(await post(3, "x-client-subject"), 200);
  const [first, second] = origin.requests.filter(({ target }) => target === "/h2");
  assert.deepEqual(first?.trailers, [["x-sum", "CN=admin"]]);
  assert.deepEqual(second?.trailers, []);
});

Deno.test({
  name: "backends that speak HTTP/2 are told the same, and a plain listener lets nobody pretend",
  ignore: CURL === null,
  async fn() {
    using files = new ClientFiles();
    await using origin = await startH2Origin((seen) => reply(seen, 200));
    await using proxy = await startHttpsProxy({
      backends: [origin.address],
      certificates: [APP],
      https: { ...ASKING, client_certificate_headers: HEADERS },
      listener: { client_certificate_headers: HEADERS },
    });
    await proxy.addCluster("app", { http2: true });
    await curl(proxy.httpsPort, "--http2", files, ROOT.issue({ commonName: "job 7" }));
    using plain = await connectRaw(proxy.port);
    await plain.write(`GET / HTTP/1.1\r\nHost: app.test\r\n${FORGED.join("\r\n")}\r\n\r\n`);
    await readResponse(plain);
    const [known, nobody] = origin.requests;
    assert.equal(known?.headers["x-client-subject"], "CN=job 7");
    assert.equal(known?.headers["x-client-verify"], "SUCCESS");
    assert.equal(nobody?.headers["x-client-verify"], "NONE");
    assert.equal(nobody?.headers["x-client-subject"], undefined);
    assert.equal(nobody?.headers["x_client_sha256"], undefined);
  },
});
