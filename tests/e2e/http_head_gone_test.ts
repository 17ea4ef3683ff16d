// What is said of a request whose head has made room for its body.

import assert from "node:assert/strict";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { scriptedOrigin } from "../support/http/scripted_origin.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("an answer to an upload tells its own route, whatever lies where its head was", async () => {
  let heard = 0;
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    while (heard < 3_000) heard += (await wire.readSome(10_000)).length;
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write("POST /mine HTTP/1.1\r\nHost: app.test\r\nContent-Length: 9000\r\n\r\n");
  await waitFor("the request to be out", () => origin.accepted === 1);
  for (let i = 0; i < 3; i++) {
    await wire.write("secret".repeat(500));
    await waitFor("it to arrive", () => heard >= Math.min(3_000, 3_000 * (i + 1)));
  }
  const response = await readResponse(wire);
  assert.equal(response.status, 502);
  assert.match(response.text, /"route": "POST app\.test\/mine"/);
  assert.doesNotMatch(response.text, /secret|cret|secr/);
});
