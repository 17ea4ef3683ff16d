import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse } from "../support/http/raw_client.ts";
import { waitFor, within } from "../support/wait.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

Deno.test("softStop lets the request in flight finish and says that the connection closes", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "late", delayMs: 300 });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  const stopped = proxy.plane.softStop();
  const response = await readResponse(wire);
  assert.equal(response.text, "late");
  assert.equal(response.header("connection"), "close");
  assert.equal((await wire.readToEnd()).length, 0);
  await within("the worker to be empty", 2_000, stopped);
});

Deno.test("softStop closes idle keep-alive clients at once", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).status, 200);
  // Far less than the least of the timeouts that would close them.
  await within("the worker to be empty", 1_000, proxy.plane.softStop());
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("softStop serves a request that is on its way to an idle connection, as its last", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  assert.equal((await readResponse(wire)).header("connection"), undefined);
  const stopped = proxy.plane.softStop();
  await wire.write(GET);
  const response = await readResponse(wire);
  assert.deepEqual([response.status, response.header("connection")], [200, "close"]);
  assert.equal((await wire.readToEnd()).length, 0);
  wire.close();
  await within("the worker to be empty", 2_000, stopped);
});

Deno.test("softStop ends an idle connection with an end of stream and no reset, though a request crosses it", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "late", delayMs: 500 });
  await using proxy = await startProxy({ backends: [origin.address] });
  using busy = await connectRaw(proxy.port);
  using idle = await connectRaw(proxy.port);
  await idle.write(GET);
  assert.equal((await readResponse(idle)).status, 200);
  await busy.write(GET);
  await waitFor("the request to arrive", () => origin.requests.length === 2);
  const stopped = proxy.plane.softStop();
  assert.equal((await idle.readToEnd()).length, 0);
  // What is sent after the end of the stream is thrown away; a reset would make the next read throw.
  await idle.write(GET);
  assert.equal((await idle.readToEnd()).length, 0);
  assert.equal((await readResponse(busy)).status, 200);
  busy.close();
  idle.close();
  await within("the worker to be empty", 2_000, stopped);
});

Deno.test("softStop gives the last response whole to a client that pipelines", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "x".repeat(500_000), delayMs: 100 });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET.repeat(3));
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  const stopped = proxy.plane.softStop();
  const response = await readResponse(wire);
  assert.deepEqual([response.text.length, response.header("connection")], [500_000, "close"]);
  assert.equal((await wire.readToEnd()).length, 0);
  wire.close();
  await within("the worker to be empty", 2_000, stopped);
});

Deno.test("softStop waits for the first request of a new connection and for the rest of a head", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using fresh = await connectRaw(proxy.port);
  using begun = await connectRaw(proxy.port);
  await begun.write(GET.slice(0, 20));
  await waitFor("both connections", () => proxy.count("client.connections") === 2);
  const stopped = proxy.plane.softStop();
  await new Promise((resolve) => setTimeout(resolve, 200));
  await fresh.write(GET);
  await begun.write(GET.slice(20));
  for (const wire of [fresh, begun]) {
    const response = await readResponse(wire);
    assert.deepEqual([response.status, response.header("connection")], [200, "close"]);
    wire.close();
  }
  await within("the worker to be empty", 2_000, stopped);
});

Deno.test("softStop leaves a tunnel alone until it is cut by hardStop", async () => {
  await using origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(
    "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n",
  );
  assert.equal((await readResponse(wire)).status, 101);
  let over = false;
  const stopped = proxy.plane.softStop().then(() => over = true);
  for (const text of ["one", "two", "three"]) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    await wire.write(text);
    assert.equal(await wire.readThrough(text), text);
  }
  assert.equal(over, false);
  proxy.plane.hardStop();
  await within("the worker to be empty", 2_000, stopped);
});

Deno.test("hardStop cuts the request in flight", async () => {
  await using origin = startOrigin({ kind: "silent" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET);
  await waitFor("the request to arrive", () => origin.requests.length === 1);
  proxy.plane.hardStop();
  assert.equal((await wire.readToEnd()).length, 0);
});

Deno.test("softStop keeps the promise of a response that had begun: one more request is served", async () => {
  await using origin = startOrigin((request) =>
    request.target === "/slow"
      ? { kind: "chunked", chunks: ["a", "b"], delayMs: 200 }
      : { kind: "fixed", body: "ok" }
  );
  await using proxy = await startProxy({ backends: [origin.address] });
  using wire = await connectRaw(proxy.port);
  await wire.write(GET.replace("/", "/slow"));
  const head = await wire.readThrough("\r\n\r\n");
  assert.doesNotMatch(head, /connection: close/i);
  const stopped = proxy.plane.softStop();
  await wire.readThrough("0\r\n\r\n");
  await wire.write(GET);
  const response = await readResponse(wire);
  assert.deepEqual([response.text, response.header("connection")], ["ok", "close"]);
  wire.close();
  await within("the worker to be empty", 2_000, stopped);
});
