// Routes that ask for a header about the certificate of the client: what a client sends under that name is not read.

import assert from "node:assert/strict";
import { ClientAuthMode, HeaderMatchKind, HeaderPosition } from "../../config/schema/messages.ts";
import { headers } from "../support/h2/frames.ts";
import { H2Client, requestFields } from "../support/h2/h2_client.ts";
import { startOrigin } from "../support/http/origin.ts";
import { readResponse } from "../support/http/raw_client.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { TestAuthority } from "../support/tls/test_authority.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";

const APP = certificateFor(["app.test"]);

Deno.test("a client without a certificate gets no route that asks for the header about one", async () => {
  await using open = startOrigin({ kind: "fixed", body: "open" });
  await using inner = startOrigin({ kind: "fixed", body: "inner" });
  await using proxy = await startHttpsProxy({
    backends: [open.address],
    certificates: [APP],
    https: {
      client_auth: ClientAuthMode.CLIENT_AUTH_OPTIONAL,
      client_ca_certificates: [new TestAuthority("client root").certificate],
      client_certificate_headers: { verified: "X-Client-Verify" },
      alpn_protocols: ["h2", "http/1.1"],
    },
  });
  await proxy.addCluster("inner");
  await proxy.addBackend("inner", inner.address);
  for (const [name, value] of [["X-Client-Verify", "SUCCESS"], ["X-Ring", "inner"]] as const) {
    await proxy.addHttpsFrontend("app.test", {
      cluster_id: "inner",
      header_predicates: [{ name, kind: HeaderMatchKind.HEADER_MATCH_KIND_EXACT, value }],
    });
  }
  const ask = async (line: string) => {
    using wire = await connectSecure(proxy.httpsPort, "app.test", [APP.certificate]);
    await wire.write(`GET / HTTP/1.1\r\nHost: app.test\r\n${line}\r\n\r\n`);
    return (await readResponse(wire)).text;
  };
  assert.equal(await ask("X-Ring: inner"), "inner");
  assert.equal(await ask("X-Client-Verify: SUCCESS"), "open");

  await using h2 = await H2Client.open(proxy.httpsPort, "TLS", { ca: APP.certificate });
  await h2.send(headers(1, requestFields("GET", "/", [["x-client-verify", "SUCCESS"]]), true));
  assert.equal((await h2.finished(1)).status, 200);
  assert.deepEqual([open.requests.length, inner.requests.length], [2, 1]);
});

Deno.test("a route that deletes a header about the certificate has it from nobody", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const root = new TestAuthority("client root");
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [APP],
    hosts: [],
    https: {
      client_auth: ClientAuthMode.CLIENT_AUTH_OPTIONAL,
      client_ca_certificates: [root.certificate],
      client_certificate_headers: { verified: "X-Client-Verify", subject: "X-Client-Subject" },
    },
  });
  await proxy.addHttpsFrontend("app.test", {
    headers: [{ position: HeaderPosition.REQUEST, key: "x-client-Verify", val: "" }],
  });
  using wire = await connectSecure(proxy.httpsPort, "app.test", [APP.certificate]);
  await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\nX-Client-Verify: SUCCESS\r\n\r\n");
  assert.equal((await readResponse(wire)).status, 200);
  assert.equal(origin.requests[0]?.header("x-client-verify"), undefined);
});
