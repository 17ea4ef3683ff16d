import assert from "node:assert/strict";
import { connectRaw, sayUntilClosed } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { alpn, helloMessage, records, serverName } from "../support/tls/client_hello.ts";
import { logAccess } from "../support/observe/access_log.ts";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure, getSecure } from "../support/tls/tls_client.ts";

const APP = certificateFor(["app.test"]);
const CA = [APP.certificate];

Deno.test("a line about a request over TLS says what was settled", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  await using log = logAccess(proxy);
  await getSecure(proxy.httpsPort, "app.test", CA, { path: "/secret" });
  const [line] = await log.lines(1);
  assert.equal(line?.protocol, "https");
  assert.equal(line?.path, "/secret");
  assert.deepEqual([line?.tls_version, line?.tls_sni, line?.tls_alpn], [
    "TLSv1.3",
    "app.test",
    "http/1.1",
  ]);
  assert.match(
    line?.tls_cipher ?? "",
    /^TLS13_(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA(256|384)$/,
  );
});

Deno.test("a tunnel over TLS is a WSS one of its version", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
  await using log = logAccess(proxy);
  const wire = await connectSecure(proxy.httpsPort, "app.test", CA);
  await wire.write(
    "GET /ws HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
  );
  await wire.readThrough("\r\n\r\n");
  wire.close();
  const [upgrade, tunnel] = await log.lines(2);
  assert.deepEqual([upgrade?.protocol, upgrade?.status], ["https", 101]);
  assert.equal(tunnel?.protocol, "WSS-TLS1.3");
  assert.equal(tunnel?.tls_sni, "app.test");
});

Deno.test("TLS that passes leaves what its client asked for, and who has no route leaves nothing", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readSome();
    await wire.write("!");
  });
  await using proxy = await startTcpProxy({ backends: [origin.address], tags: [["team", "data"]] });
  await proxy.removeFrontend("db");
  await proxy.addFrontend("db", "*.test");
  await using log = logAccess(proxy);
  const offers = [["h2", "http/1.1"], ["http/1.1"], ["smtp", "h2"], []];
  for (const name of ["stranger.example", "a.b.test"]) {
    assert.equal(await sayUntilClosed(proxy.port, helloOf(name)), "");
  }
  for (const protocols of offers) {
    using wire = await connectRaw(proxy.port);
    await wire.write(helloOf("Db.test", ...protocols));
    await wire.readThrough("!");
  }
  const lines = await log.lines(offers.length);
  assert.deepEqual(
    lines.map((line) => [line.protocol, line.tls_sni, line.tls_alpn ?? null, line.tags]).sort(),
    ["h2", "http/1.1", null, null]
      .map((protocol) => ["TCP", "db.test", protocol, { team: "data" }]).sort(),
  );
  assert.deepEqual(lines.map((line) => line.tls_version ?? null), [null, null, null, null]);
});

function helloOf(name: string, ...protocols: string[]): Uint8Array {
  const offered = protocols.length === 0 ? [] : [alpn(...protocols)];
  return records(helloMessage({ extensions: [serverName(name), ...offered] }));
}
