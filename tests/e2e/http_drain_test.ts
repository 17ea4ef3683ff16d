import assert from "node:assert/strict";
import { startOrigin } from "../support/origin.ts";
import { startProxy } from "../support/proxy.ts";
import { connectRaw, readResponse } from "../support/raw_client.ts";
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
  await within("the worker to be empty", 100, proxy.plane.softStop());
  assert.equal((await wire.readToEnd()).length, 0);
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
