// CONNECT: refused unless the cluster allows it, and then a tunnel as soon as its backend agrees.

import assert from "node:assert/strict";
import { findProgram } from "../bench/load/tools.ts";
import { startProxy, type TestProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse, request } from "../support/http/raw_client.ts";
import { type ScriptedOrigin, scriptedOrigin } from "../support/http/scripted_origin.ts";
import { waitFor } from "../support/wait.ts";
import { latin1, type Wire } from "../support/session/wire.ts";

const CURL = findProgram("curl");

const CONNECT = "CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n";

async function startAllowing(origin: ScriptedOrigin): Promise<TestProxy> {
  const proxy = await startProxy({ backends: [origin.address] });
  await proxy.addCluster("app", { allow_connect: true });
  return proxy;
}

/** Reads a head, sends `answer`, and echoes what follows in capitals until the client ends. */
function echoingOrigin(answer: string): { origin: ScriptedOrigin; heads: string[] } {
  const heads: string[] = [];
  const origin = scriptedOrigin(async (wire) => {
    heads.push(await wire.readThrough("\r\n\r\n"));
    await wire.write(answer);
    while (!wire.ended) await wire.write(latin1(await wire.readSome(10_000)).toUpperCase());
    await wire.write("bye");
  });
  return { origin, heads };
}

async function assertTunnel(wire: Wire): Promise<void> {
  for (const text of ["ping", "get / http/1.1\r\n\r\n", "x".repeat(100_000)]) {
    await wire.write(text);
    assert.equal(latin1(await wire.readExactly(text.length)), text.toUpperCase());
  }
  await wire.closeWrite();
  assert.equal(latin1(await wire.readToEnd()), "bye");
}

Deno.test("CONNECT is answered 405 where nobody allowed it, whatever follows it", async () => {
  const { origin } = echoingOrigin("HTTP/1.1 200 OK\r\n\r\n");
  await using _ = origin;
  await using proxy = await startProxy({ backends: [origin.address] });
  await proxy.addFrontend(null, { hostname: "denied.test" });
  const hidden = "GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n";
  for (const host of ["app.test", "denied.test", "nowhere.test"]) {
    using wire = await connectRaw(proxy.port);
    await wire.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n${hidden}`);
    const response = await readResponse(wire);
    assert.equal(response.status, 405, host);
    assert.equal(response.header("allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    assert.equal(response.header("connection"), "close");
    assert.equal((await wire.readToEnd()).length, 0);
  }
  assert.equal(origin.accepted, 0);
});

Deno.test("CONNECT that is allowed opens a tunnel on any 2xx, in which framing means nothing", async () => {
  for (
    const answer of [
      "HTTP/1.1 200 Connection established\r\n\r\n",
      "HTTP/1.0 200 Connection established\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
      "HTTP/1.1 299 Fine\r\nTransfer-Encoding: chunked\r\nConnection: close\r\nX-Kept: 1\r\n\r\n",
    ]
  ) {
    const { origin, heads } = echoingOrigin(answer);
    await using _ = origin;
    await using proxy = await startAllowing(origin);
    using wire = await connectRaw(proxy.port);
    await wire.write(CONNECT);
    let response = await readResponse(wire, { method: "HEAD" });
    if (response.status === 100) response = await readResponse(wire, { method: "HEAD" });
    assert.match(answer, new RegExp(`${response.status} [A-Z]`));
    for (const name of ["content-length", "transfer-encoding", "connection"]) {
      assert.equal(response.header(name), undefined, name);
    }
    assert.match(heads[0] ?? "", /^CONNECT app\.test:443 HTTP\/1\.1\r\nHost: app\.test:443\r\n/);
    await assertTunnel(wire);
    assert.equal(proxy.count("http.upgrades"), 1);
    await waitFor("both to be gone", () => proxy.count("client.connections") === 0);
  }
});

Deno.test("CONNECT delivers what came with either head", async () => {
  await using origin = scriptedOrigin(async (wire) => {
    await wire.readThrough("\r\n\r\n");
    await wire.write("HTTP/1.1 200 OK\r\n\r\nfirst ");
    await wire.write(`heard ${latin1(await wire.readExactly(5))}`);
  });
  await using proxy = await startAllowing(origin);
  using wire = await connectRaw(proxy.port);
  await wire.write(CONNECT.replace("HTTP/1.1", "HTTP/1.0") + "early");
  assert.equal((await readResponse(wire, { method: "HEAD" })).status, 200);
  assert.equal(latin1(await wire.readToEnd()), "first heard early");
});

Deno.test("CONNECT that its backend refuses is the last request of its connection", async () => {
  const seen: string[] = [];
  await using origin = scriptedOrigin(async (wire) => {
    seen.push(await wire.readThrough("\r\n\r\n"));
    await wire.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
    seen.push(latin1(await wire.readToEnd()));
  });
  await using proxy = await startAllowing(origin);
  using wire = await connectRaw(proxy.port);
  await wire.write(`${CONNECT}GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n`);
  const response = await readResponse(wire);
  assert.deepEqual([response.status, response.text], [403, "no"]);
  assert.equal(response.header("connection"), "close");
  assert.equal((await wire.readToEnd()).length, 0);
  await waitFor("the backend side to close", () => origin.open === 0);
  assert.doesNotMatch(seen.join(), /hidden/);
  assert.equal(origin.accepted, 1);
});

Deno.test("CONNECT with a body, or on a route that rewrites, is refused", async () => {
  const { origin } = echoingOrigin("HTTP/1.1 200 OK\r\n\r\n");
  await using _ = origin;
  await using proxy = await startAllowing(origin);
  await proxy.addFrontend("app", { hostname: "rewritten.test", rewrite_host: "inner.test" });
  await proxy.addFrontend("app", { hostname: "moved.test", rewrite_path: "/elsewhere" });
  const head = CONNECT.slice(0, -2);
  for (const framing of ["Content-Length: 4\r\n\r\nbody", "Transfer-Encoding: chunked\r\n\r\n"]) {
    assert.equal((await request(proxy.port, head + framing)).status, 400, framing);
  }
  for (const host of ["rewritten.test", "moved.test"]) {
    const answer = await request(proxy.port, CONNECT.replaceAll("app.test", host));
    assert.equal(answer.status, 405, host);
  }
  assert.equal(origin.accepted, 0);
});

Deno.test("CONNECT asks for no upgrade and takes none", async () => {
  const { origin, heads } = echoingOrigin(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
  );
  await using _ = origin;
  await using proxy = await startAllowing(origin);
  const lines = "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n";
  assert.equal((await request(proxy.port, CONNECT.slice(0, -2) + lines)).status, 502);
  assert.doesNotMatch(heads[0] ?? "", /upgrade/i);
});

Deno.test({
  name: "curl reaches a server behind a CONNECT",
  ignore: CURL === null,
  async fn() {
    await using origin = scriptedOrigin(async (wire) => {
      await wire.readThrough("\r\n\r\n");
      await wire.write("HTTP/1.1 200 Connection established\r\n\r\n");
      const inner = await wire.readThrough("\r\n\r\n");
      const body = inner.split(" ")[1] ?? "";
      await wire.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      await wire.readToEnd();
    });
    await using proxy = await startAllowing(origin);
    const { stdout } = await new Deno.Command(CURL ?? "", {
      args: ["-sS", "-p", "-x", `http://127.0.0.1:${proxy.port}`, "http://app.test:80/inner"],
      env: { no_proxy: "" },
    }).output();
    assert.equal(new TextDecoder().decode(stdout), "/inner");
  },
});
