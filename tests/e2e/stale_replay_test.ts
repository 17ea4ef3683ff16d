// A request that meets the end of a pooled connection: it is sent again where that can do no harm.

import assert from "node:assert/strict";
import { getFields } from "../support/h2/h2_client.ts";
import { headers } from "../support/h2/frames.ts";
import { startH2Proxy } from "../support/h2/h2_proxy.ts";
import { scriptedOrigin } from "../support/http/origin.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { startProxy } from "../support/session/proxy.ts";
import type { Wire } from "../support/session/wire.ts";
import { waitFor } from "../support/wait.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";

/**
 * A backend that answers the first request of each connection, and leaves after the head of the second one, having
 * said `last`.
 */
function leaving(heads: string[] = [], last = "") {
  return scriptedOrigin(async (wire, index) => {
    heads.push(await wire.readThrough("\r\n\r\n"));
    await wire.write(ANSWER + index);
    heads.push(await wire.readThrough("\r\n\r\n"));
    if (last !== "") await wire.write(last);
  });
}

function say(wire: Wire, method: string, body = ""): Promise<void> {
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return wire.write(`${method} / HTTP/1.1\r\nHost: app.test\r\n${length}\r\n${body}`);
}

Deno.test("requests without effect are sent again, byte for byte, when a pooled connection has ended", async () => {
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS", "TRACE"]) {
    const heads: string[] = [];
    await using origin = leaving(heads);
    await using proxy = await startProxy({ backends: [origin.address] });
    using wire = await connectRaw(proxy.port);
    await say(wire, "GET");
    assert.equal((await readResponse(wire)).text, "0");
    await say(wire, method, method === "PUT" ? "body" : "");
    assert.equal((await readResponse(wire)).text, "1", method);
    assert.match(heads[1] ?? "", new RegExp(`^${method} `));
    // With the same ids as well.
    assert.equal(heads[1], heads[2]);
    assert.equal(proxy.count("backend.retry.stale_upstream"), 1);
    assert.equal(proxy.count("backend.connections.error"), 0);
  }
});

Deno.test("other requests are answered 502 when a pooled connection has ended", async () => {
  for (const method of ["POST", "PATCH", "get"]) {
    await using origin = leaving();
    await using proxy = await startProxy({ backends: [origin.address] });
    using wire = await connectRaw(proxy.port);
    await say(wire, "GET");
    assert.equal((await readResponse(wire)).text, "0");
    await say(wire, method);
    assert.equal((await readResponse(wire)).status, 502, method);
    assert.equal(proxy.count("backend.retry.stale_upstream"), 0);
  }
});

Deno.test("a request is not sent again once a byte of a response has come", async () => {
  await using origin = leaving([], "H");
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await say(wire, "GET");
  assert.equal((await readResponse(wire)).text, "0");
  await say(wire, "GET");
  assert.equal((await readResponse(wire)).status, 502);
  assert.equal(proxy.count("backend.retry.stale_upstream"), 0);
});

Deno.test("a request is not sent again when its connection was a new one", async () => {
  await using origin = scriptedOrigin(async (wire) => void await wire.readThrough("\r\n\r\n"));
  await using proxy = await startProxy({ backends: [origin.address] });
  assert.equal((await get(proxy.port, "app.test")).status, 502);
  assert.equal(origin.accepted, 1);
});

Deno.test("a pooled connection is one of the attempts that a request has", async () => {
  await using origin = leaving();
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addCluster("app", { max_connection_attempts: 1 });
  using wire = await connectRaw(proxy.port);
  await say(wire, "GET");
  assert.equal((await readResponse(wire)).text, "0");
  await say(wire, "GET");
  assert.equal((await readResponse(wire)).status, 503);
  assert.equal(origin.accepted, 1);
  await waitFor("the count", () => proxy.count("backend.connect.retries_exhausted") === 1);
});

Deno.test("requests of HTTP/2 clients are sent again as well", async () => {
  await using origin = leaving();
  await using proxy = await startH2Proxy([origin.address]);
  await using client = await proxy.open();
  for (const [id, text] of [[1, "0"], [3, "1"]] as const) {
    await client.send(headers(id, getFields("/")));
    assert.equal((await client.finished(id)).text, text);
  }
  assert.equal(proxy.ours.count("backend.retry.stale_upstream"), 1);
});
