// Changes of a listener while it serves: what is new is for new connections, what is not mentioned stays.

import assert from "node:assert/strict";
import { ListenerType, type UpdateHttpListenerConfig } from "../../config/schema/messages.ts";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { socketAddress, startProxy, type TestProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse } from "../support/http/raw_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

function addressOf({ port }: TestProxy) {
  return socketAddress(`127.0.0.1:${port}`);
}

function update(proxy: TestProxy, patch: Partial<UpdateHttpListenerConfig>): Promise<void> {
  const value = { answers: new Map(), address: addressOf(proxy), ...patch };
  return proxy.apply({ kind: "update_http_listener", value });
}

function switchTo(proxy: TestProxy, active: boolean): Promise<void> {
  const value = { address: addressOf(proxy), proxy: ListenerType.HTTP };
  return active
    ? proxy.apply({ kind: "activate_listener", value: { ...value, from_scm: false } })
    : proxy.apply({ kind: "deactivate_listener", value: { ...value, to_scm: false } });
}

/** Milliseconds until a silent client of the listener is told that it took too long. */
async function requestTimeout({ port }: TestProxy): Promise<number> {
  using wire = await connectRaw(port);
  const start = performance.now();
  assert.equal((await readResponse(wire)).status, 408);
  return performance.now() - start;
}

function busy(text: string): [string, string] {
  return ["503", `HTTP/1.1 503 Busy\r\nContent-Length: ${text.length}\r\n\r\n${text}`];
}

Deno.test("a patch of timeouts is for new connections, and traffic goes on", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  using before = await connectRaw(proxy.port);
  await before.write(GET);
  assert.equal((await readResponse(before)).status, 200);
  await update(proxy, { request_timeout: 1, front_timeout: 1 });
  assert.ok(await requestTimeout(proxy) < 3_000);
  await before.write(GET);
  assert.equal((await readResponse(before)).status, 200);
  assert.equal((await get(proxy.port, "app.test")).status, 200);
});

Deno.test("a patch that mentions nothing changes nothing", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({
    backends: [origin.address],
    listener: { request_timeout: 1, sozu_id_header: "X-Edge-Id", answers: new Map([busy("a")]) },
  });
  await update(proxy, {});
  assert.match((await get(proxy.port, "app.test")).text, /\r\nX-Edge-Id: /);
  assert.ok(await requestTimeout(proxy) < 3_000);
  await proxy.removeBackend("app", origin.address);
  assert.equal((await get(proxy.port, "app.test")).text, "a");
});

Deno.test("a patch of answers keeps what clusters have of their own, and the other answers", async () => {
  const missing = "HTTP/1.1 404 Gone Fishing\r\nContent-Length: 0\r\n\r\n";
  await using proxy = await startProxy({
    listener: { answers: new Map([busy("old"), ["404", missing]]) },
  });
  await proxy.addCluster("own", { answers: new Map([busy("mine")]) });
  await proxy.addFrontend("own");
  await update(proxy, { answers: new Map([busy("new")]) });
  assert.equal((await get(proxy.port, "app.test")).text, "new");
  assert.equal((await get(proxy.port, "own.test")).text, "mine");
  assert.match((await get(proxy.port, "nobody.test")).head, /404 Gone Fishing/);
});

Deno.test("a patch with an answer that does not compile is refused and changes nothing", async () => {
  await using proxy = await startProxy({ listener: { answers: new Map([busy("old")]) } });
  const bad = new Map([["503", "nonsense"]]);
  await assert.rejects(update(proxy, { answers: bad, sozu_id_header: "X-New" }), /503/);
  const response = await get(proxy.port, "app.test");
  assert.equal(response.text, "old");
});

Deno.test("a patch for an address without a listener is refused", async () => {
  await using proxy = await startProxy();
  const address = socketAddress(`127.0.0.1:${freePort()}`);
  await assert.rejects(update(proxy, { address, front_timeout: 5 }), /No HTTP listener/);
});

Deno.test("a patch while the listener is inactive is in force when it is active again", async () => {
  await using origin = startOrigin({ kind: "echo" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await switchTo(proxy, false);
  await assert.rejects(get(proxy.port, "app.test"));
  await update(proxy, { request_timeout: 1, sozu_id_header: "X-Edge-Id" });
  await switchTo(proxy, true);
  assert.match((await get(proxy.port, "app.test")).text, /\r\nX-Edge-Id: /);
  assert.ok(await requestTimeout(proxy) < 3_000);
});
