// Backends behind unix sockets.

import assert from "node:assert/strict";
import http2 from "node:http2";
import { createServer, type Server } from "node:net";
import { type AddBackend, HealthCheckMode } from "../../config/schema/messages.ts";
import { get } from "../support/http/raw_client.ts";
import { socketAddress, startProxy, type TestPlane } from "../support/session/proxy.ts";
import { startTcpProxy } from "../support/session/tcp_proxy.ts";
import { waitFor } from "../support/wait.ts";

/** A server of HTTP/1.1 at a unix socket that says who it is. */
async function unixOrigin(path: string, text: string) {
  const seen: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      seen.push(String(bytes));
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    seen,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function unixBackend(cluster: string, path: string, address = "192.0.2.1:80"): AddBackend {
  return {
    cluster_id: cluster,
    backend_id: "one",
    address: socketAddress(address),
    unix_path: path,
  };
}

function add(proxy: TestPlane, cluster: string, path: string): Promise<void> {
  return proxy.apply({ kind: "add_unix_backend", value: unixBackend(cluster, path) });
}

async function inDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await work(`${directory}/app.sock`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("requests reach a backend behind a unix socket, and its connections are kept", () =>
  inDirectory(async (path) => {
    await using origin = await unixOrigin(path, "one");
    await using proxy = await startProxy();
    await add(proxy, "app", path);
    for (let i = 0; i < 3; i++) assert.equal((await get(proxy.port, "app.test")).text, "one");
    assert.equal(proxy.count("backend.connections"), 1);
    assert.match(origin.seen[0] ?? "", /^GET \/ HTTP\/1\.1\r\nHost: app\.test\r\n/);
  }));

Deno.test("an abstract name is as good as a path", async () => {
  const name = `sozu-test-${crypto.randomUUID()}`;
  await using _ = await unixOrigin(`\0${name}`, "abstract");
  await using proxy = await startProxy();
  await add(proxy, "app", `@${name}`);
  assert.equal((await get(proxy.port, "app.test")).text, "abstract");
});

Deno.test("backends of HTTP/2 and of TCP may stand behind unix sockets as well", () =>
  inDirectory(async (path) => {
    const server = http2.createServer();
    server.on("stream", (stream) => {
      stream.respond({ ":status": 200 });
      stream.end("h2");
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    {
      await using proxy = await startProxy();
      await proxy.addCluster("app", { http2: true });
      await add(proxy, "app", path);
      assert.equal((await get(proxy.port, "app.test")).text, "h2");
    }
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await using tcpOrigin = await unixOrigin(`${path}2`, "tcp");
    await using tcp = await startTcpProxy();
    await add(tcp, "db", `${path}2`);
    assert.equal((await get(tcp.port, "app.test")).text, "tcp");
    assert.equal(tcpOrigin.seen.length, 1);
  }));

Deno.test("a socket that is not there is a failed connection, whatever listens at the address", () =>
  inDirectory(async (path) => {
    await using proxy = await startProxy();
    await add(proxy, "app", path);
    assert.equal((await get(proxy.port, "app.test")).status, 503);
    assert.equal(proxy.count("backend.connections.error"), 1);
  }));

Deno.test("a backend that is added again may move to another socket, and leaves no request behind", () =>
  inDirectory(async (path) => {
    await using one = await unixOrigin(path, "one");
    await using _ = await unixOrigin(`${path}2`, "two");
    await using proxy = await startProxy();
    await add(proxy, "app", path);
    assert.equal((await get(proxy.port, "app.test")).text, "one");
    await add(proxy, "app", `${path}2`);
    for (let i = 0; i < 3; i++) assert.equal((await get(proxy.port, "app.test")).text, "two");
    assert.equal(one.seen.length, 1);
    await proxy.apply({ kind: "remove_backend", value: unixBackend("app", path) });
    assert.equal((await get(proxy.port, "app.test")).status, 503);
    await waitFor("its connections to close", () => proxy.count("backend.connections") === 0);
  }));

/** A probe each second, of HTTP or of a connection that stands. */
function probe(proxy: TestPlane, mode: HealthCheckMode): Promise<void> {
  return proxy.apply({
    kind: "set_health_check",
    value: {
      cluster_id: "app",
      config: {
        uri: "/health",
        interval: 1,
        timeout: 1,
        healthy_threshold: 1,
        unhealthy_threshold: 1,
        expected_status: 0,
        mode,
        accepted_statuses: [],
        headers: [],
      },
    },
  });
}

Deno.test("health checks dial the socket too, and name the address as host", () =>
  inDirectory(async (path) => {
    await using origin = await unixOrigin(path, "up");
    await using proxy = await startProxy();
    await add(proxy, "app", path);
    await probe(proxy, HealthCheckMode.HEALTH_CHECK_MODE_HTTP);
    await waitFor("a probe", () => proxy.count("health_check.success") > 0);
    assert.match(origin.seen[0] ?? "", /^GET \/health HTTP\/1\.1\r\nHost: 192\.0\.2\.1:80\r\n/);
  }));

Deno.test("a health check over TCP is content with a connection to the socket, and misses it when it goes", () =>
  inDirectory(async (path) => {
    await using proxy = await startProxy();
    await add(proxy, "app", path);
    {
      await using origin = await unixOrigin(path, "up");
      await probe(proxy, HealthCheckMode.HEALTH_CHECK_MODE_TCP);
      await waitFor("a probe", () => proxy.count("health_check.success") > 0);
      assert.deepEqual(origin.seen, []);
      assert.equal(proxy.count("health_check.failure"), 0);
    }
    await waitFor("a probe that fails", () => proxy.count("health_check.down") > 0);
  }));
