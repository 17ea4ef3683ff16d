import assert from "node:assert/strict";
import { scriptedOrigin, startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { waitFor } from "../support/wait.ts";
import { latin1 } from "../support/session/wire.ts";

const UPGRADE = "GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: keep-alive, Upgrade\r\n" +
  "Upgrade: websocket\r\n\r\n";

Deno.test("101 turns the connection into a pipe in both directions", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "websocket" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  const response = await readResponse(wire);
  assert.equal(response.status, 101);
  assert.equal(response.header("upgrade"), "websocket");
  assert.equal(response.header("connection"), "upgrade");
  assert.equal(origin.requests[0]?.header("connection"), "upgrade");
  for (const text of ["ping", "\0\xff\r\n", "x".repeat(100_000)]) {
    await wire.write(text);
    assert.equal(latin1(await wire.readExactly(text.length)), text);
  }
});

Deno.test("bytes that came with the 101 or right behind the request are delivered", async () => {
  let heard = "";
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfirst",
    );
    heard = latin1(await wire.readExactly(5));
    await wire.write("last");
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE + "early");
  assert.equal((await readResponse(wire)).status, 101);
  assert.equal(latin1(await wire.readToEnd()), "firstlast");
  assert.equal(heard, "early");
});

Deno.test("each direction of a tunnel ends on its own", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    );
    const all = latin1(await wire.readToEnd());
    await wire.write(`heard ${all}`);
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  assert.equal((await readResponse(wire)).status, 101);
  await wire.write("everything");
  await wire.closeWrite();
  assert.equal(latin1(await wire.readToEnd()), "heard everything");
  await waitFor(
    "both connections to be gone",
    () => origin.open === 0 && proxy.count("client.connections") === 0,
  );
});

Deno.test("h2c is not upgraded: the request is served as HTTP/1.1", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" +
      "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
  );
  const response = await readResponse(wire);
  assert.equal(response.status, 200);
  assert.doesNotMatch(response.text, /h2c|http2-settings|upgrade/i);
});

Deno.test("an upgraded connection that stays silent ends after the shorter timeout", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "websocket" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { back_timeout: 1, front_timeout: 60 },
  });
  using wire = await connectRaw(proxy.port);
  await wire.write(UPGRADE);
  assert.equal((await readResponse(wire)).status, 101);
  assert.equal((await wire.readToEnd()).length, 0);
  await waitFor("the backend side to close", () => origin.open === 0);
});
