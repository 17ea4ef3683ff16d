// Interim responses without end, for a client that does not read.

import assert from "node:assert/strict";
import { getFields, H2Client } from "../support/h2/h2_client.ts";
import { scriptedOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";

const HINTS = `HTTP/1.1 103 Early Hints\r\nLink: <${"x".repeat(8_000)}>\r\n\r\n`;
/** More than the buffers of both kernels take. */
const MANY_BYTES = 64 * 1024 * 1024;

Deno.test("a client that does not read stops a backend that sends interim responses without end", async () => {
  let sent = 0;
  const stopped = Promise.withResolvers<void>();
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    while (sent < MANY_BYTES) {
      const stalled = setTimeout(stopped.resolve, 1_500);
      await wire.write(HINTS);
      clearTimeout(stalled);
      sent += HINTS.length;
    }
    stopped.resolve();
  });
  const listener = { h2c_prior_knowledge: true };
  await using proxy = await startProxy({ backends: [origin.address], listener });
  await using client = await H2Client.open(proxy.port, "clear");
  await client.request(1, getFields());
  await client.see(/^HEADERS/);
  client.pause();
  await stopped.promise;
  assert.ok(sent < MANY_BYTES, "all of it was taken");
});
