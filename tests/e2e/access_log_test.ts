import assert from "node:assert/strict";
import { abruptClient } from "../support/http/abrupt_client.ts";
import { type JsonAccessLine, logAccess } from "../support/observe/access_log.ts";
import { startOrigin } from "../support/http/origin.ts";
import { startProxy } from "../support/session/proxy.ts";
import { connectRaw, readResponse, request, sayUntilClosed } from "../support/http/raw_client.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { pause, waitFor } from "../support/wait.ts";
import type { Wire } from "../support/session/wire.ts";

function only(lines: readonly JsonAccessLine[]): JsonAccessLine {
  assert.equal(lines.length, 1, JSON.stringify(lines, null, 1));
  return lines[0] as JsonAccessLine;
}

function localAddress({ conn }: Wire): string {
  return `${conn.localAddr.hostname}:${conn.localAddr.port}`;
}

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

Deno.test("a request leaves one line with everything known about it", async () => {
  const origin = startOrigin({ kind: "fixed", body: "hello", delayMs: 60 });
  await using proxy = await startProxy({ backends: [`127.0.0.1:${origin.port}`] });
  await using log = logAccess(proxy);
  await proxy.addFrontend("app", {
    hostname: "tagged.test",
    tags: new Map([["team", "edge"], ["env", "test"]]),
  });
  const wire = await connectRaw(proxy.port);
  const head = "GET /a?b=1 HTTP/1.1\r\nHost: tagged.test\r\nUser-Agent: curl/8 (x)\r\n" +
    "X-Forwarded-For: 198.51.100.7\r\n";
  await wire.write(`${head}X-Request-Id: mine\r\n\r\n`);
  const before = Date.now();
  const first = await readResponse(wire);
  await wire.write(`${head}\r\n`);
  const second = await readResponse(wire);
  const [one, two] = await log.lines(2) as [JsonAccessLine, JsonAccessLine];
  const {
    time,
    session_id,
    request_id,
    client_address,
    request_time_us,
    service_time_us,
    response_time_us,
  } = one;
  assert.ok(Math.abs(Date.parse(time) - before) < 5_000, time);
  assert.match(session_id ?? "", ULID);
  assert.equal(client_address, localAddress(wire));
  assert.match(request_id ?? "", ULID);
  assert.ok(request_time_us >= 60_000 && request_time_us < 10_000_000, String(request_time_us));
  assert.ok(service_time_us < request_time_us - 50_000, `${service_time_us}`);
  assert.ok((response_time_us ?? 0) >= 60_000 && (response_time_us ?? 0) <= request_time_us);
  assert.equal(two.session_id, session_id);
  assert.notEqual(two.request_id, request_id);
  assert.equal(two.x_request_id, two.request_id);
  assert.ok(first.head.includes(`Sozu-Id: ${request_id}`));
  assert.ok(second.head.includes(`Sozu-Id: ${two.request_id}`));
  const { pid: _, ...rest } = one as JsonAccessLine & { pid: number };
  assert.deepEqual(rest, {
    time,
    level: "INFO",
    tag: "WRK-00",
    session_id,
    request_id,
    cluster_id: "app",
    backend_id: `127.0.0.1:${origin.port}`,
    client_address,
    backend_address: `127.0.0.1:${origin.port}`,
    protocol: "http",
    method: "GET",
    authority: "tagged.test",
    path: "/a?b=1",
    status: 200,
    message: "H1::Complete",
    request_time_us,
    service_time_us,
    response_time_us,
    bytes_in: head.length + "X-Request-Id: mine\r\n\r\n".length,
    bytes_out: first.head.length + "hello".length,
    tags: { env: "test", team: "edge" },
    user_agent: "curl/8 (x)",
    x_request_id: "mine",
    x_forwarded_for: "198.51.100.7",
  });
  wire.close();
  await origin.stop();
});

Deno.test("a request whose head had to make room for its body leaves its line all the same", async () => {
  const origin = startOrigin({ kind: "echo-body" });
  await using proxy = await startProxy({ backends: [`127.0.0.1:${origin.port}`] });
  await using log = logAccess(proxy);
  const body = "x".repeat(300_000);
  const wire = await connectRaw(proxy.port);
  const head = `POST /upload HTTP/1.1\r\nHost: app.test\r\nUser-Agent: uploader\r\n` +
    `Content-Length: ${body.length}\r\n\r\n`;
  await wire.write(head);
  await pause(20);
  for (let at = 0; at < body.length; at += 50_000) {
    await wire.write(body.slice(at, at + 50_000));
    await pause(5);
  }
  const response = await readResponse(wire);
  assert.equal(response.body.length, body.length);
  const line = only(await log.lines(1));
  assert.equal(line.method, "POST");
  assert.equal(line.path, "/upload");
  assert.equal(line.user_agent, "uploader");
  assert.equal(line.bytes_in, head.length + body.length);
  assert.equal(line.bytes_out, response.head.length + body.length);
  wire.close();
  await origin.stop();
});

Deno.test("every answer of our own leaves one line that says why", async () => {
  const origin = startOrigin({ kind: "close" });
  await using proxy = await startProxy({ listener: { request_timeout: 1 } });
  await using log = logAccess(proxy);
  await proxy.addCluster("broken");
  await proxy.addFrontend("broken");
  await proxy.addBackend("broken", `127.0.0.1:${origin.port}`);
  await proxy.addCluster("moved");
  await proxy.addFrontend("moved", { redirect: 1 });
  await proxy.addFrontend(null, { hostname: "denied.test" });
  const cases: [string, number, string][] = [
    ["GET / HTTP/1.1\r\nHost: nowhere.test\r\n\r\n", 404, "no_route"],
    ["GET / HTTP/1.1\r\nHost: app.test\r\n\r\n", 503, "no_backend"],
    ["GET / HTTP/1.1\r\nHost: broken.test\r\n\r\n", 502, "backend_closed"],
    ["GET / HTTP/1.1\r\nHost: moved.test\r\n\r\n", 301, "redirected"],
    ["GET / HTTP/1.1\r\nHost: denied.test\r\n\r\n", 401, "denied"],
    ["GE(T / HTTP/1.1\r\n\r\n", 400, "malformed_request"],
    ["GET / HTTP/1.1\r\nHost: app.test", 408, "client_timeout"],
  ];
  for (const [said] of cases) await sayUntilClosed(proxy.port, said);
  const lines = await log.lines(cases.length);
  assert.deepEqual(
    lines.map(({ status, reason }) => [status, reason]),
    cases.map(([, status, reason]) => [status, reason]),
  );
  for (const [i, line] of lines.entries()) {
    const complete = i < 5;
    assert.equal(line.authority !== undefined && line.method === "GET", complete, String(i));
    assert.equal(line.backend_id !== undefined, i === 2, String(i));
    assert.ok(line.bytes_out > 0);
  }
  await origin.stop();
});

Deno.test("a request that is refused while it is read leaves what was read of it", async () => {
  await using origin = startOrigin({ kind: "fixed", body: "ok" });
  await using proxy = await startProxy({ backends: [origin.address] });
  await using log = logAccess(proxy);
  const cases: [said: string, told: (string | undefined)[]][] = [
    ["GET /a HTTP/1.1\r\nHost: a.test\r\nBad Name: x\r\n\r\n", ["GET", "a.test", "/a"]],
    ["PUT /b HTTP/1.1\r\nX: y\r\nBad Name: x\r\n\r\n", ["PUT", undefined, "/b"]],
    ["PUT /c HTTP/2.0\r\n\r\n", ["PUT", undefined, "/c"]],
    ["PUT /\x01 HTTP/1.1\r\n\r\n", ["PUT", undefined, undefined]],
    [
      "POST /d?e HTTP/1.1\r\nHost: d.test\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      ["POST", "d.test", "/d?e"],
    ],
    ["GET / HTTP/1.1\r\nHost: bad_(host)\r\n\r\n", ["GET", "bad_(host)", "/"]],
    ["(ET /f HTTP/1.1\r\nHost: f.test\r\n\r\n", [undefined, undefined, undefined]],
  ];
  // A request before it, whose offsets mean nothing for the one that is refused.
  const before = "OPTIONS /first HTTP/1.1\r\nHost: app.test\r\n\r\n";
  for (const [said] of cases) {
    await sayUntilClosed(proxy.port, said);
    await sayUntilClosed(proxy.port, before + said);
  }
  const refused = (await log.lines(cases.length * 3)).filter(({ status }) => status === 400);
  assert.deepEqual(
    refused.map(({ method, authority, path }) => [method, authority, path]),
    cases.flatMap(([, told]) => [told, told]),
  );
});

Deno.test("an upgrade leaves a line for the request and one for the tunnel", async () => {
  const origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  await using proxy = await startProxy({ backends: [`127.0.0.1:${origin.port}`] });
  await using log = logAccess(proxy);
  const wire = await connectRaw(proxy.port);
  const head = "GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: echo\r\n";
  await wire.write(`${head}User-Agent: ws\r\n\r\n`);
  await wire.readThrough("\r\n\r\n");
  const [upgrade] = await log.lines(1);
  assert.deepEqual([upgrade?.status, upgrade?.message], [101, "H1::Upgrade"]);
  await wire.write("x".repeat(1000));
  await wire.readExactly(1000);
  wire.close();
  const [, tunnel] = await log.lines(2);
  assert.equal(tunnel?.protocol, "WS");
  assert.equal(tunnel?.level, "INFO");
  assert.deepEqual([tunnel?.bytes_in, tunnel?.bytes_out], [1000, 1000]);
  assert.equal(tunnel?.request_id, upgrade?.request_id);
  assert.equal(tunnel?.path, "/chat");
  assert.equal(tunnel?.user_agent, undefined);
  await origin.stop();
});

Deno.test("a client that breaks off, and a backend that does, leave one line each", async () => {
  const origin = startOrigin(({ target }) =>
    target === "/silent" ? { kind: "silent" } : { kind: "break-off", announced: 100, sent: 10 }
  );
  await using proxy = await startProxy({ backends: [`127.0.0.1:${origin.port}`] });
  await using log = logAccess(proxy);
  using client = await abruptClient(proxy.port);
  await client.send("GET /silent HTTP/1.1\r\nHost: app.test\r\n\r\n");
  await waitFor("the request", () => origin.requests.length === 1);
  client.reset();
  const gone = only(await log.lines(1));
  assert.deepEqual([gone.level, gone.status, gone.message], ["INFO", undefined, "session close"]);
  await sayUntilClosed(proxy.port, "GET /short HTTP/1.1\r\nHost: app.test\r\n\r\n");
  const [, broken] = await log.lines(2);
  assert.deepEqual([broken?.status, broken?.message], [200, "session close"]);
  await pause(150);
  assert.equal((await log.lines(2)).length, 2);
  await origin.stop();
});

Deno.test("a connection refused at the limit leaves one line", async () => {
  await using proxy = await startProxy({ server: { max_connections: 1n } });
  await using log = logAccess(proxy);
  const first = await connectRaw(proxy.port);
  await waitFor("the first", () => proxy.count("client.connections") === 1);
  const second = await connectRaw(proxy.port);
  assert.equal((await second.readToEnd()).length, 0);
  const line = only(await log.lines(1));
  assert.equal(line.level, "ERROR");
  assert.equal(line.message, "connection refused: max_connections");
  assert.equal(line.client_address, localAddress(second));
  first.close();
  second.close();
});

Deno.test("the log filter decides what of the access log is written, also while it runs", async () => {
  await using proxy = await startProxy();
  await using log = logAccess(proxy);
  const ask = async (path: string) => {
    await sayUntilClosed(
      proxy.port,
      `GET ${path} HTTP/1.1\r\nHost: nowhere.test\r\nConnection: close\r\n\r\n`,
    );
    await waitFor("the end of the request", () => proxy.count("client.connections") === 0);
  };
  log.filter("error");
  await ask("/1");
  log.filter("info,sozu_lib::access=off");
  await ask("/2");
  log.filter("off,sozu_lib::access=info");
  await ask("/3");
  log.filter("warn");
  await ask("/4");
  log.filter("debug");
  await ask("/5");
  assert.deepEqual((await log.lines(2)).map(({ path }) => path), ["/3", "/5"]);
});

Deno.test("hostile requests leave one line each, whatever they hold", async () => {
  const origin = startOrigin({ kind: "fixed", body: "" });
  await using proxy = await startProxy({ backends: [`127.0.0.1:${origin.port}`] });
  await using log = logAccess(proxy);
  const agents = ['"}\\', "\t\x80\xff[x] | y", "a, user-agent=b", "\u00e9"];
  for (const agent of agents) {
    await request(
      proxy.port,
      `GET /%0a" HTTP/1.1\r\nHost: app.test\r\nUser-Agent: ${agent}\r\nConnection: close\r\n\r\n`,
    );
  }
  const lines = await log.lines(agents.length);
  assert.equal(lines.length, agents.length);
  assert.equal(lines[0]?.user_agent, agents[0]);
  await origin.stop();
});

Deno.test("a TCP connection leaves one line, however it ends", async () => {
  const origin = startOrigin({ kind: "upgrade", protocol: "echo" });
  await using proxy = await startTcpProxy({
    backends: [origin.address],
    listener: { front_timeout: 1, back_timeout: 1 },
    tags: [["team", "data"]],
  });
  await using log = logAccess(proxy);
  const wire = await connectRaw(proxy.port);
  const said = "GET / HTTP/1.1\r\n\r\n";
  await wire.write(said);
  const answer = await wire.readThrough("\r\n\r\n");
  await pause(50);
  wire.close();
  const line = only(await log.lines(1));
  const { time, session_id, request_time_us, service_time_us, response_time_us } = line;
  assert.match(session_id ?? "", ULID);
  assert.ok(request_time_us >= 50_000 && service_time_us < request_time_us);
  const { pid: _, ...rest } = line as JsonAccessLine & { pid: number };
  assert.deepEqual(rest, {
    time,
    level: "INFO",
    tag: "WRK-00",
    session_id,
    client_address: line.client_address,
    cluster_id: "db",
    backend_id: origin.address,
    backend_address: origin.address,
    protocol: "TCP",
    request_time_us,
    service_time_us,
    response_time_us,
    bytes_in: said.length,
    bytes_out: answer.length,
    tags: { team: "data" },
  });
  const silent = await connectRaw(proxy.port);
  await silent.readToEnd();
  const [, idle] = await log.lines(2);
  assert.deepEqual([idle?.level, idle?.message], ["ERROR", "frontend socket timeout"]);
  await proxy.removeBackend("db", origin.address);
  await sayUntilClosed(proxy.port, "");
  const [, , lost] = await log.lines(3);
  assert.deepEqual([lost?.level, lost?.reason, lost?.backend_id], [
    "INFO",
    "no_backend",
    undefined,
  ]);
  assert.equal((await log.lines(3)).length, 3);
  await origin.stop();
});

Deno.test("a request is over once its last answer is sent, not once its client leaves", async () => {
  await using proxy = await startProxy();
  await using log = logAccess(proxy);
  using wire = await connectRaw(proxy.port);
  await wire.write("GET /last HTTP/1.1\r\nHost: nowhere.test\r\n\r\n");
  await wire.readToEnd();
  // The client has not closed: its connection lingers.
  assert.equal(only(await log.lines(1)).path, "/last");
  assert.equal(proxy.count("http.active_requests"), 0);
  assert.equal(proxy.count("client.connections"), 1);
});
