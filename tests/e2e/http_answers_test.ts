// Answers of our own: which template is used in which situation, and what becomes of the connection.

import assert from "node:assert/strict";
import { startOrigin } from "../support/http/origin.ts";
import { freePort } from "../support/ports.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, get, readResponse, sayUntilClosed } from "../support/http/raw_client.ts";

const GET = "GET / HTTP/1.1\r\nHost: app.test\r\n\r\n";

function custom(status: number, reason: string): [string, string] {
  const text =
    `HTTP/1.1 ${status} ${reason}\r\nX-Custom: ${status}\r\nConnection: close\r\n\r\nbody ${status}`;
  return [String(status), text];
}

const ANSWERS = new Map([
  custom(400, "Bad Request"),
  custom(404, "Not Found"),
  custom(502, "Bad Gateway"),
  custom(503, "Service Unavailable"),
]);

Deno.test("custom answers are given for no route, no backend, no request and no response", async () => {
  await using babbling = startOrigin({ kind: "raw", bytes: "TEST\r\n\r\n" });
  await using closing = startOrigin({ kind: "close" });
  await using proxy = await startProxy({ listener: { answers: ANSWERS } });
  const expectCustom = async (bytes: string, status: number) => {
    const text = await sayUntilClosed(proxy.port, bytes);
    assert.ok(text.startsWith(`HTTP/1.1 ${status} `), text);
    assert.match(text, new RegExp(`\r\nX-Custom: ${status}\r\n`));
    assert.ok(text.endsWith(`\r\n\r\nbody ${status}`), text);
  };
  await expectCustom("GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n", 404);
  await expectCustom(GET, 503);
  await expectCustom("HELLO\r\n\r\n", 400);
  await proxy.addBackend("app", babbling.address);
  await expectCustom(GET, 502);
  await proxy.removeBackend("app", babbling.address);
  await proxy.addBackend("app", closing.address);
  await expectCustom(GET, 502);
});

Deno.test("a cluster's own 503 is given when its backend refuses", async () => {
  await using proxy = await startProxy({
    backends: [`127.0.0.1:${freePort()}`],
    listener: { answers: ANSWERS },
  });
  await proxy.addCluster("app", {
    answers: new Map([["503", "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater"]]),
  });
  const response = await get(proxy.port, "app.test");
  assert.deepEqual([response.status, response.text], [503, "later"]);
});

Deno.test("a refused backend answers 503 each time and hurts nobody else", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [`127.0.0.1:${freePort()}`] });
  await proxy.addFrontend("well");
  await proxy.addBackend("well", origin.address);
  for (let i = 0; i < 5; i++) {
    assert.equal((await get(proxy.port, "app.test")).status, 503);
    assert.equal((await get(proxy.port, "well.test")).status, 200);
  }
  assert.equal(proxy.count("http.status.5xx"), 5);
});

Deno.test("frontends added under a wildcard win by their longer path on an open connection", async () => {
  await using everything = startOrigin({ kind: "fixed", body: "everything" });
  await using api = startOrigin({ kind: "fixed", body: "api" });
  await using proxy = await startProxy();
  const hostname = "*.sozu.io";
  await proxy.addBackend("all", everything.address);
  await proxy.addFrontend("all", { hostname, path: { kind: 0, value: "" } });
  using wire = await connectRaw(proxy.port);
  const ask = async () => {
    await wire.write("GET /api/x HTTP/1.1\r\nHost: www.sozu.io\r\n\r\n");
    return (await readResponse(wire)).text;
  };
  assert.equal(await ask(), "everything");
  await proxy.addBackend("api", api.address);
  await proxy.addFrontend("api", { hostname, path: { kind: 0, value: "/api" } });
  assert.equal(await ask(), "api");
});

Deno.test("X-Real-IP of the client passes, is added, is removed, or is replaced", async () => {
  const cases: [boolean, boolean, string[]][] = [
    [false, false, ["1.2.3.4"]],
    [true, false, ["1.2.3.4", "127.0.0.1"]],
    [false, true, []],
    [true, true, ["127.0.0.1"]],
  ];
  for (const [send, elide, expected] of cases) {
    await using origin = startOrigin({ kind: "fixed", body: "ok" });
    await using proxy = await startProxy({
      backends: [origin.address],
      listener: { send_x_real_ip: send, elide_x_real_ip: elide },
    });
    using wire = await connectRaw(proxy.port);
    await wire.write("GET / HTTP/1.1\r\nHost: app.test\r\nX-Real-IP: 1.2.3.4\r\n\r\n");
    assert.equal((await readResponse(wire)).status, 200);
    const values = origin.requests[0]?.headers.filter(([name]) => name === "x-real-ip");
    assert.deepEqual(values?.map(([, value]) => value), expected, `send ${send}, elide ${elide}`);
  }
});
