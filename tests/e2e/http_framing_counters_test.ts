import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { startProxy } from "../support/session/proxy.ts";
import { waitFor } from "../support/wait.ts";

const ENCODING = "http.frontend.transfer_encoding_smuggling";
const LENGTH = "http.frontend.content_length_invalid";
const TRAILERS = "http.trailer.field_limit_exceeded";

const HEAD = "POST / HTTP/1.1\r\nHost: app.test\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

const ROWS: readonly (readonly [name: string, request: string])[] = [
  [ENCODING, `${HEAD}${CHUNKED}Content-Length: 3\r\n\r\n`],
  [ENCODING, `${HEAD}Transfer-Encoding: gzip\r\n${CHUNKED}\r\n`],
  [ENCODING, `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n`],
  [LENGTH, `${HEAD}Content-Length: +3\r\n\r\nabc`],
  [LENGTH, `${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  [TRAILERS, `${HEAD}${CHUNKED}\r\n0\r\nT: ${"x".repeat(9_000)}\r\n\r\n`],
];

Deno.test("requests that could be read in two ways are counted by what is wrong with their framing", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  const expected = new Map([[ENCODING, 0], [LENGTH, 0], [TRAILERS, 0]]);
  for (const [name, request] of ROWS) {
    using wire = await connectRaw(proxy.port);
    await wire.write(request);
    const { status } = await readResponse(wire);
    assert.ok(status >= 400, `${status} for ${JSON.stringify(request.slice(0, 80))}`);
    expected.set(name, (expected.get(name) ?? 0) + 1);
    await waitFor(name, () => proxy.count(name) === expected.get(name));
  }
  for (const [name, count] of expected) assert.equal(proxy.count(name), count, name);
});
