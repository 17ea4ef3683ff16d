// Settings that no patch can change are replaced on an open listener: new connections see them, open ones go on.

import assert from "node:assert/strict";
import { TlsVersion } from "../../config/schema/messages.ts";
import { tcpListener } from "../support/config/commands.ts";
import { httpsListener, startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { get, readResponse } from "../support/http/raw_client.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure, getSecure, shakeHands } from "../support/tls/tls_client.ts";

const SITE = certificateFor(["app.test"]);
const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("the TLS versions of an HTTPS listener are replaced, and its connections go on", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({
    backends: [origin.address],
    certificates: [SITE],
  });
  using kept = await connectSecure(proxy.httpsPort, "app.test", [SITE.certificate]);
  const oldest = () => shakeHands(proxy.httpsPort, "app.test", { maxVersion: "TLSv1.2" });
  const replace = (versions: TlsVersion[]) =>
    proxy.apply({
      kind: "replace_https_listener",
      value: httpsListener(proxy.httpsPort, { versions }),
    });
  assert.equal((await oldest()).protocol, "TLSv1.2");
  await replace([TlsVersion.TLS_V1_3]);
  await assert.rejects(oldest());
  assert.equal((await shakeHands(proxy.httpsPort, "app.test")).protocol, "TLSv1.3");
  await assert.rejects(replace([TlsVersion.TLS_V1_0]), /no TLS version/);
  await assert.rejects(oldest(), "a refused change changes nothing");
  await kept.write(GET);
  assert.equal((await readResponse(kept)).text, "ok");
  await replace([]);
  assert.equal((await oldest()).protocol, "TLSv1.2");
});

Deno.test("a TCP listener ends TLS, lets it pass, and ends it again, on the socket it has", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  const { certificate, key } = SITE;
  await using proxy = await startTcpProxy({
    listener: { certificate, key },
    backends: [origin.address],
  });
  const { port } = proxy;
  using kept = await connectSecure(port, "app.test", [certificate]);
  const plain = tcpListener(`127.0.0.1:${port}`);
  for (let round = 0; round < 2; round++) {
    assert.equal((await getSecure(port, "app.test", [certificate])).text, "ok");
    await proxy.apply({ kind: "replace_tcp_listener", value: plain });
    assert.equal((await get(port, "app.test")).text, "ok");
    await proxy.apply({ kind: "replace_tcp_listener", value: { ...plain, certificate, key } });
  }
  await kept.write(GET);
  assert.equal((await readResponse(kept)).text, "ok");
});
