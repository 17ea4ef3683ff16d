// Clients that have ended their side and wait for what they asked for, however long it takes.

import assert from "node:assert/strict";
import { startHttpsProxy } from "../support/tls/https_proxy.ts";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";

const APP = certificateFor(["app.test"]);
const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody";

for (const tls of [false, true]) {
  for (
    const [name, sent, answers] of [["GET", GET, 1], ["POST", POST, 1], [
      "two",
      GET + GET,
      2,
    ]] as const
  ) {
    Deno.test(`a half-closed client (${name}) gets its late answer, ${tls ? "TLS" : "clear"}`, async () => {
      await using origin = startOrigin({ kind: "fixed", body: "late", delayMs: 700 });
      await using proxy = await startHttpsProxy({
        backends: [origin.address],
        certificates: [APP],
      });
      using wire = tls
        ? await connectSecure(proxy.httpsPort, "app.test", [APP.certificate])
        : await connectRaw(proxy.port);
      await wire.write(sent);
      await wire.closeWrite();
      for (let i = 0; i < answers; i++) assert.equal((await readResponse(wire)).text, "late");
      assert.equal((await wire.readToEnd()).length, 0);
      assert.equal(proxy.count("client.aborts"), 0);
    });
  }
}
