// Answers that come while the client still sends its body: a client that writes all of it before it reads
// gets them, in clear and over TLS.

import assert from "node:assert/strict";
import { type HttpsProxy, startHttpsProxy } from "../support/tls/https_proxy.ts";
import { scriptedOrigin } from "../support/http/origin.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { certificateFor } from "../support/tls/test_certificates.ts";
import { connectSecure } from "../support/tls/tls_client.ts";
import { pause, waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

const APP = certificateFor(["app.test"]);
const BODY = new Uint8Array(8_000_000).fill(120);
const HEAD = `POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: ${BODY.length}\r\n\r\n`;
const REFUSAL = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nmuch";
const NOTHING = new Uint8Array(0);
/** For all that a busy machine has to move. */
const DEADLINE = { deadlineMs: 20_000 };

/** Answers when it has the head, and reads nothing more. */
const deaf = async (wire: Wire) => {
  await wire.readThrough("\r\n\r\n");
  await wire.write(REFUSAL);
  for (;;) {
    await pause(50);
    await wire.conn.write(NOTHING);
  }
};

/** The same, and says that it has nothing more to say. */
const leaving = async (wire: Wire) => {
  await wire.readThrough("\r\n\r\n");
  await wire.write(REFUSAL);
  await wire.closeWrite();
  for (;;) {
    await pause(50);
    await wire.conn.write(NOTHING);
  }
};

/** Never answers and never reads. */
const silent = async (wire: Wire) => {
  await wire.readThrough("\r\n\r\n");
  for (;;) {
    await pause(50);
    await wire.conn.write(NOTHING);
  }
};

function open(proxy: HttpsProxy, tls: boolean): Promise<Wire> {
  return tls
    ? connectSecure(proxy.httpsPort, "app.test", [APP.certificate])
    : connectRaw(proxy.port);
}

interface Row {
  readonly name: string;
  readonly status: number;
  readonly head: string;
  readonly script: ((wire: Wire) => Promise<void>) | null;
}

const ROWS: readonly Row[] = [
  { name: "a backend that stops reading", status: 413, head: HEAD, script: deaf },
  { name: "a backend that ends", status: 413, head: HEAD, script: leaving },
  { name: "a backend that does nothing", status: 504, head: HEAD, script: silent },
  { name: "no backend", status: 503, head: HEAD, script: null },
  { name: "no route", status: 404, head: HEAD.replace("app.test", "x.test"), script: null },
  { name: "a malformed head", status: 400, head: HEAD.replace("Host", "Ho st"), script: null },
];

for (const tls of [false, true]) {
  for (const { name, status, head, script } of ROWS) {
    const way = tls ? "over TLS" : "in clear";
    Deno.test(`the answer of ${name} reaches a client that writes 8 MB first, ${way}`, async () => {
      await using origin = scriptedOrigin(script ?? deaf);
      await using proxy = await startHttpsProxy({
        backends: script === null ? [] : [origin.address],
        certificates: [APP],
        listener: { back_timeout: 1 },
        https: { back_timeout: 1, strict_sni_binding: false },
      });
      using wire = await open(proxy, tls);
      await wire.write(head);
      await wire.write(BODY);
      const response = await readResponse(wire, DEADLINE);
      assert.equal(response.status, status);
      assert.equal(response.header("connection"), "close");
      assert.equal((await wire.readToEnd()).length, 0);
      // A head that is refused has no body.
      assert.equal(proxy.count("http.close.request_incomplete"), status === 400 ? 0 : 1);
    });
  }

  Deno.test(`a body flows on to a backend that has answered, ${tls ? "TLS" : "clear"}`, async () => {
    let received = 0;
    await using origin = scriptedOrigin(async (wire) => {
      await wire.readThrough("\r\n\r\n");
      await wire.write(REFUSAL);
      // Slower than the client sends, so that the answer is over long before the body is.
      for (let i = 0; received < BODY.length; i++) {
        const count = (await wire.readSome()).length;
        if (count === 0) return;
        received += count;
        if (i % 16 === 0) await pause(20);
      }
      await wire.readToEnd();
    });
    await using proxy = await startHttpsProxy({ backends: [origin.address], certificates: [APP] });
    using wire = await open(proxy, tls);
    await wire.write(HEAD);
    await wire.write(BODY);
    const response = await readResponse(wire, DEADLINE);
    assert.equal(response.status, 413);
    assert.equal(response.header("connection"), "close");
    await waitFor("the whole body", () => received === BODY.length, DEADLINE);
  });
}
