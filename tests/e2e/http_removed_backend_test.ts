import assert from "node:assert/strict";
import { EventKind } from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";
import { waitFor } from "../support/wait.ts";
import { latin1 } from "../support/session/wire.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("a removed backend finishes its exchange, then its connection closes and operators hear of it", async () => {
  await using origin = startOrigin({
    kind: "chunked",
    chunks: ["one", "two", "three"],
    delayMs: 100,
  });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  await proxy.removeBackend("app", origin.address);
  assert.equal((await get(proxy.port, "app.test")).status, 503);
  assert.equal((await readResponse(wire)).text, "onetwothree");
  await waitFor("its connection to close", () => origin.open === 0);
  await waitFor(
    "the event",
    () => proxy.events.some(({ kind }) => kind === EventKind.REMOVED_BACKEND_HAS_NO_CONNECTIONS),
  );
});

Deno.test("a tunnel to a removed backend goes on", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "websocket" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 101);
  await proxy.removeBackend("app", origin.address);
  for (const text of ["ping", "pong"]) {
    await wire.write(text);
    assert.equal(latin1(await wire.readExactly(text.length)), text);
  }
});

Deno.test("blue-green: a client that keeps its connection is served all along", async () => {
  await using blue = startOrigin({ kind: "fixed", body: "blue" });
  await using green = startOrigin({ kind: "fixed", body: "green" });
  await using proxy = await startProxy({ backends: [blue.address] });
  using wire = await connectRaw(proxy.port);
  const ask = async () => {
    await wire.write(GET);
    const response = await readResponse(wire);
    assert.equal(response.status, 200);
    return response.text;
  };
  assert.equal(await ask(), "blue");
  await proxy.addBackend("app", green.address);
  assert.deepEqual([await ask(), await ask()].sort(), ["blue", "green"]);
  await proxy.removeBackend("app", blue.address);
  for (let i = 0; i < 5; i++) assert.equal(await ask(), "green");
  assert.equal(proxy.count("http.status.5xx"), 0);
});

Deno.test("a backend that dies between two requests is left at once for another one", async () => {
  const dying = startOrigin({ kind: "fixed", body: "dying" });
  await using other = startOrigin({ kind: "fixed", body: "other" });
  await using proxy = await startProxy({ backends: [dying.address, other.address] });
  using wire = await connectRaw(proxy.port);
  const ask = async () => {
    await wire.write(GET);
    return (await readResponse(wire)).text;
  };
  assert.equal(await ask(), "dying");
  await dying.stop();
  const start = performance.now();
  for (let i = 0; i < 4; i++) assert.equal(await ask(), "other");
  assert.ok(performance.now() - start < 1_000);
});
